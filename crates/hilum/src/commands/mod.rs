//! The commands, one file each.

pub(crate) mod arch;
pub(crate) mod audit;
pub(crate) mod bench;
pub(crate) mod completions;
pub(crate) mod cross_validate;
pub(crate) mod demo;
pub(crate) mod evaluate;
pub(crate) mod export;
pub(crate) mod man;
pub(crate) mod predict;
pub(crate) mod search;
pub(crate) mod split;
pub(crate) mod train;
