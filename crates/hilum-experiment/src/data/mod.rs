//! Reading a dataset, and the gate that every number passes.

mod audited;
mod read;
mod unreadable;

pub(crate) use audited::{Audited, for_evaluation, for_training, look_at, with_valid};
pub(crate) use read::{labelled, load_split, read};
pub use unreadable::UnreadableFiles;
