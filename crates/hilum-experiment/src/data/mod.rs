//! Reading a dataset, and the gate that every number passes.

mod audited;
mod read;

pub(crate) use audited::{Audited, for_evaluation, for_training, look_at};
pub use read::UnreadableFiles;
pub(crate) use read::{labelled, load_split, read};
