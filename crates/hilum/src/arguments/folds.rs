//! How folds are made, whichever command makes them.

use clap::Args;
use hilum_core::{Grouping, Split};
use hilum_experiment::settings::Word;
use hilum_experiment::{FoldSettings, InnerValid, parse_split};

use super::one_of;

const GROUPINGS: &[Word] = &[
    Word {
        name: Grouping::Inferred.name(),
        says: "Patients that the data names; where it names none, slices that look like one scan: a guess",
    },
    Word {
        name: Grouping::Given.name(),
        says: "Patients that the data names",
    },
    Word {
        name: Grouping::None.name(),
        says: "Nothing: every slice stands alone",
    },
];

/// What is divided into folds, and how.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Folds")]
pub(crate) struct FoldArguments {
    /// What is divided into folds: `train`, `valid`, or both
    #[arg(long, value_name = "SPLITS", value_delimiter = ',', default_value = "train,valid", value_parser = parse_split)]
    splits: Vec<Split>,

    /// What stays on one side of every fold
    #[arg(long, value_name = "GROUP", value_parser = one_of::<Grouping>(GROUPINGS), default_value_t = Grouping::Inferred)]
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
