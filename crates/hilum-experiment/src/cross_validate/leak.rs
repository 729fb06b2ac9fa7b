//! The same recipe with folds by slice, to see what leakage would have claimed.
//!
//! It is what somebody does who looks at nothing: files as they lie, copies and contradictions
//! among them, every slice dealt out on its own, for the folds as for what chooses the epoch.

use std::collections::HashSet;
use std::path::PathBuf;

use hilum_core::Grouping;
use hilum_metrics::{Leak, OutOfFold};
use hilum_train::RunFolder;
use rayon::ThreadPool;
use thiserror::Error;

use super::CrossValidation;
use super::rounds::Rounds;
use crate::folds::{FoldSettings, Pool, Workplace};
use crate::session::Session;
use crate::settings::RunSettings;
use crate::{Event, ExperimentError};

/// The folder of the trainings by slice, below that of the others.
const FOLDER: &str = "by-slice";

/// Why there is no leak to measure.
#[derive(Debug, Error)]
pub enum LeakError {
    /// Nothing was to be kept together.
    #[error(
        "`--leak` holds folds by slice against folds by group, and `--group none` keeps nothing together\nhint: leave `--group none` out: groups are inferred where the data names none"
    )]
    NoGrouping,
    /// There is nothing that could stand on both sides of a fold.
    #[error(
        "`{}` has no groups that could leak between folds: no patient has two slices, no slices look like one scan, and none are copies\nhint: name the patients in the `group` column of a manifest, or leave `--leak` out", path.display()
    )]
    NoGroups {
        /// The data.
        path: PathBuf,
    },
}

/// Refuses, before anything is trained, slices between which nothing can leak.
pub(super) fn check(rounds: &Rounds<'_>) -> Result<(), LeakError> {
    let pool = &rounds.pool;
    if rounds.settings.group == Grouping::None {
        return Err(LeakError::NoGrouping);
    }
    // Copies are gone from mended data; a split by slice would have had them on both sides.
    if has_groups(pool) || !pool.audit.mended.is_empty() {
        return Ok(());
    }
    let path = rounds.settings.run.data.path.clone();
    Err(LeakError::NoGroups { path })
}

fn has_groups(pool: &Pool) -> bool {
    let mut seen = HashSet::new();
    let mut groups = pool.groups.iter().flatten();
    groups.any(|group| !seen.insert(group))
}

/// What was predicted by group, and where its results are.
pub(super) struct ByGroup<'a> {
    pub(super) run: RunSettings,
    /// The slices that were judged.
    pub(super) paths: HashSet<PathBuf>,
    pub(super) predictions: &'a [OutOfFold],
    pub(super) folder: &'a RunFolder,
}

/// Trains the same by slice, in a folder of its own, and compares.
pub(super) fn measure(
    request: &CrossValidation,
    by_group: ByGroup<'_>,
    workers: &ThreadPool,
    session: &Session<'_>,
) -> Result<Leak, ExperimentError> {
    let mut run = by_group.run;
    run.data.as_is = true;
    let folds = FoldSettings {
        group: Grouping::None,
        ..request.folds.clone()
    };
    // What there is to say of the data was said of its mended part.
    let rounds = Rounds::plan(request, run, &folds, workers, &session.silent())?;
    session.tell(&Event::FoldsBySlice {
        slices: rounds.pool.slices.len(),
        of_groups: by_group.paths.len(),
    });
    let workplace = Workplace {
        runs: by_group.folder.path().to_owned(),
        name: FOLDER.to_owned(),
    };
    let begun = rounds.begin(&workplace, session)?;
    let predictions = rounds.train(&begun.folder, session)?;
    let report = rounds.judge(&predictions);
    rounds.write(&begun.folder, &predictions, &report, session)?;
    let positions = rounds.positions();
    let is_judged = positions.iter().map(|position| {
        let path = &rounds.pool.paths[*position];
        by_group.paths.contains(path)
    });
    let is_judged: Vec<bool> = is_judged.collect();
    let class_count = rounds.pool.dataset.classes().len();
    Ok(Leak::compute(
        class_count,
        &predictions,
        &is_judged,
        by_group.predictions,
    ))
}
