//! Why models cannot be compared.

use std::path::PathBuf;

use hilum_core::Split;
use thiserror::Error;

/// Why models cannot be compared.
#[derive(Debug, Error)]
pub enum CompareError {
    /// There is nothing to compare with.
    #[error(
        "one model alone cannot be compared\nhint: give two or more runs, evaluations or models"
    )]
    Alone,
    /// Nothing that was judged, and nothing that judges.
    #[error(
        "`{}` is no run, no evaluation and no model\n\
         hint: give `runs/NAME`, a folder that `hilum evaluate` wrote, or a `model.safetensors`",
        path.display()
    )]
    Unknown {
        /// What was given.
        path: PathBuf,
    },
    /// A run or a model that nobody evaluated.
    #[error(
        "`{}` holds no evaluation{}\n\
         hint: name the data that all are judged on: `--data DATA --split valid`; or evaluate it first: \
         `hilum evaluate DATA --model {}`",
        path.display(),
        of(*split),
        model.display()
    )]
    NotEvaluated {
        /// What was given.
        path: PathBuf,
        /// Its model.
        model: PathBuf,
        /// The split that was asked for.
        split: Option<Split>,
    },
    /// A file of an evaluation that is not one.
    #[error(
        "`{}` is not what `hilum evaluate` writes: {problem}\nhint: evaluate the model again",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// Models that tell other classes apart.
    #[error(
        "the models tell other classes apart\n  {first}: {first_classes}\n  {other}: {other_classes}\n\
         hint: models are compared on one task; if it is one and the names differ, evaluate them with `--class-map FROM=TO`"
    )]
    Classes {
        /// One of them.
        first: String,
        /// Its classes.
        first_classes: String,
        /// The other.
        other: String,
        /// Its classes.
        other_classes: String,
    },
    /// Evaluations of other slices.
    #[error(
        "the models were not judged on the same slices: {shared} are shared by all{}\nhint: {}",
        listed(counts),
        if *shared > 0 {
            "judge all on the same with `--data DATA --split SPLIT`, or compare those that they share with `--shared`"
        } else {
            "judge all on the same with `--data DATA --split SPLIT`"
        }
    )]
    Slices {
        /// How many all have.
        shared: usize,
        /// What each was judged on, by its name.
        counts: Vec<(String, String)>,
    },
    /// A slice that is of two classes.
    #[error(
        "`{}` is of class `{first_truth}` for {first} and of class `{other_truth}` for {other}\n\
         hint: judge all on the same data with `--data DATA --split SPLIT`",
        path.display()
    )]
    Truth {
        /// The slice.
        path: PathBuf,
        /// One of the models.
        first: String,
        /// What the slice is for it.
        first_truth: String,
        /// Another one.
        other: String,
        /// What the slice is for that.
        other_truth: String,
    },
    /// The place of the results is taken.
    #[error(
        "`{}` holds a comparison already\nhint: choose another folder with `--out`, or replace it with `--force`",
        path.display()
    )]
    Taken {
        /// The folder.
        path: PathBuf,
    },
}

/// A line each.
fn listed(counts: &[(String, String)]) -> String {
    let line = |(name, count): &(String, String)| ["\n  ", name, ": ", count].concat();
    counts.iter().map(line).collect()
}

fn of(split: Option<Split>) -> String {
    split.map_or(String::new(), |split| format!(" of `{split}`"))
}
