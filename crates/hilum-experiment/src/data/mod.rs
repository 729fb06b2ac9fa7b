//! Reading a dataset, and the gate that every number passes.

mod audited;
mod known;
mod read;
mod unreadable;

pub(crate) use audited::{Audited, for_training, look_at, pass, with_patients, with_valid};
pub(crate) use known::{Known, all_slices, fingerprints, known_slices};
pub(crate) use read::{labelled, load_split, read};
pub use unreadable::UnreadableFiles;
