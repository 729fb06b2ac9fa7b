//! Training on all but one fold and predicting that fold, over and over.
//!
//! **Invariants**: the test split is never read for it. What is held out decides nothing: not the
//! epoch, not the learning rate, not the end of a run. Settings that choose by validation get an
//! inner part of what is trained on for that; all others never look.

mod continuing;
mod grouping;
mod inner_valid;
mod plan;
mod pool;
mod predictions;
mod training;

pub use continuing::ContinueError;
pub(crate) use continuing::{Begun, begin_or_go_on};
pub use grouping::{Group, Grouped};
pub(crate) use inner_valid::inner_share;
pub use inner_valid::{InnerValid, InnerValidError};
pub(crate) use plan::{Fold, Plan};
pub(crate) use pool::{Pool, gather};
pub use pool::{PoolError, parse_split};
pub use predictions::ForeignPredictions;
pub(crate) use predictions::write_predictions;
pub(crate) use training::{FoldRun, Reached, out_of_fold};

use std::path::PathBuf;

use hilum_core::{Grouping, Split};

use crate::settings::RunSettings;

/// How slices are divided into folds, whichever verb divides them.
#[derive(Debug, Clone, PartialEq)]
pub struct FoldSettings {
    /// What is divided: train, valid, or both.
    pub splits: Vec<Split>,
    /// What stays on one side of every fold.
    pub group: Grouping,
    /// How much of what is trained on chooses epoch and learning rate; 10% if anything is chosen
    /// and nothing is said.
    pub inner_valid: Option<InnerValid>,
    /// Into how many folds.
    pub fold_count: usize,
}

impl Default for FoldSettings {
    /// Five folds of train and valid, groups inferred where none are named.
    fn default() -> Self {
        Self {
            splits: vec![Split::Train, Split::Valid],
            group: Grouping::Inferred,
            inner_valid: None,
            fold_count: 5,
        }
    }
}

impl FoldSettings {
    /// Each split once, in the usual order.
    pub(crate) fn splits(&self) -> Vec<Split> {
        let mut splits = self.splits.clone();
        splits.sort();
        splits.dedup();
        splits
    }
}

/// Where the results of many trainings go: `runs/name`, begun or gone on with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Workplace {
    /// The folder of all runs.
    pub(crate) runs: PathBuf,
    /// What the work is called.
    pub(crate) name: String,
}

/// The name of a work on `settings`, unless the user has another.
pub(crate) fn default_name(settings: &RunSettings, what: &str) -> String {
    format!("{}-{what}", settings.network.architecture.name())
}
