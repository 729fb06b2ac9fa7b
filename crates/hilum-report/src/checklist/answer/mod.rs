//! What the facts answer, by what is asked. Each function is a [`Topic`](super::item::Topic).

pub(super) mod data;
pub(super) mod evaluation;
pub(super) mod failures;
pub(super) mod labels;
pub(super) mod model;
pub(super) mod partitions;
pub(super) mod preparation;
pub(super) mod robustness;
pub(super) mod sample_size;
pub(super) mod training;
