//! Training on all but one fold and predicting that fold, over and over.
//!
//! **Invariants**: the test split is never read for it. What is held out decides nothing: not the
//! epoch, not the learning rate, not the end of a run. Settings that choose by validation get an
//! inner part of what is trained on for that; all others never look.

mod continuing;
mod fold;
mod plan;
mod pool;
mod predictions;

pub(crate) use continuing::begin_or_go_on;
pub(crate) use fold::{FoldRun, Progress, out_of_fold};
pub(crate) use plan::{InnerValid, Part, Plan, inner_share};
pub(crate) use pool::{Grouping, Pool, gather, parse_split};
pub(crate) use predictions::write_predictions;
