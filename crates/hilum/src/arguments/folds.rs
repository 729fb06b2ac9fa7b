//! How folds are made, whichever command makes them.

use clap::Args;
use hilum_core::Split;
use hilum_experiment::{FoldSettings, Grouping, InnerValid, parse_split};

use super::one_of;

/// What is divided into folds, and how.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Folds")]
pub(crate) struct FoldArguments {
    /// What is divided into folds: `train`, `valid`, or both
    #[arg(long, value_name = "SPLITS", value_delimiter = ',', default_value = "train,valid", value_parser = parse_split)]
    splits: Vec<Split>,

    /// What stays on one side of every fold
    #[arg(long, value_name = "GROUP", value_parser = one_of::<Grouping>(Grouping::WORDS), default_value_t = Grouping::Inferred)]
    group: Grouping,

    /// Share of what is trained on that chooses epoch and learning rate; 10% if anything is chosen
    #[arg(long, value_name = "PERCENT")]
    inner_valid: Option<InnerValid>,
}

impl FoldArguments {
    /// The same for the library, with `fold_count` folds.
    pub(crate) fn settings(&self, fold_count: usize) -> FoldSettings {
        FoldSettings {
            splits: self.splits.clone(),
            group: self.group,
            inner_valid: self.inner_valid,
            fold_count,
        }
    }
}
