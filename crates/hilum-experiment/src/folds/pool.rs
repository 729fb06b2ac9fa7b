//! The slices that are divided into folds, decoded once.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use hilum_core::{AuditSummary, GroupId, Grouping, Split};
use hilum_dataset::audit::Audit;
use hilum_dataset::{Dataset, Divisible};
use hilum_imaging::{Recipe, SliceFingerprint, SliceSet};
use hilum_train::{FeatureCache, LabelledSlice, TrainingData};
use hilum_weights::KnownSlices;
use rayon::ThreadPool;
use rayon::prelude::*;
use thiserror::Error;

use super::{FoldSettings, Grouped};
use crate::data::{self, Audited};
use crate::session::Session;
use crate::settings::DataSettings;
use crate::{Event, ExperimentError};

/// Why slices cannot be divided into folds.
#[derive(Debug, Error)]
pub enum PoolError {
    /// No patients are named, and only named ones were to be kept together.
    #[error(
        "`{}` names no patients\nhint: add a `group` column to a manifest, or guess with `--group inferred`", path.display()
    )]
    NoGroups {
        /// The data.
        path: PathBuf,
    },
    /// The test split was to be divided.
    #[error(
        "`test` cannot be cross-validated\nhint: it judges the final model, once; folds are made of `train` and `valid`"
    )]
    Test,
    /// There is no such split.
    #[error("`{name}` is no split that folds are made of\nhint: give `train`, `valid`, or both")]
    UnknownSplit {
        /// What was given.
        name: String,
    },
}

/// A split that folds may be made of.
///
/// # Errors
/// [`PoolError::Test`] or [`PoolError::UnknownSplit`].
pub fn parse_split(name: &str) -> Result<Split, PoolError> {
    match name.parse() {
        Ok(Split::Test) => Err(PoolError::Test),
        Ok(split) => Ok(split),
        Err(_) => Err(PoolError::UnknownSplit {
            name: name.to_owned(),
        }),
    }
}

/// Slices of known class, in the dataset's order.
pub(crate) struct Pool {
    /// The splits that they came from; never the test split.
    pub(crate) dataset: Dataset,
    /// Those that there are of those that were asked for.
    pub(crate) splits: Vec<Split>,
    /// What is known of the data.
    pub(crate) audit: Audit,
    /// One a slice.
    pub(crate) paths: Vec<PathBuf>,
    /// One a slice.
    pub(crate) groups: Vec<Option<GroupId>>,
    /// One a slice: by what a model knows it again.
    pub(crate) fingerprints: Vec<SliceFingerprint>,
    /// Decoded once, for all folds.
    pub(crate) slices: Vec<LabelledSlice>,
    /// What frozen layers made of slices, for all folds and trials.
    pub(crate) features: FeatureCache,
}

/// Reads, audits and mends as `hilum train` does, then pools the splits that
/// folds are made of and decodes them. Features
/// that do not fit the memory go to the folder `runs`.
pub(crate) fn gather(
    settings: &DataSettings,
    recipe: &Recipe,
    folds: &FoldSettings,
    runs: &Path,
    workers: &ThreadPool,
    session: &Session<'_>,
) -> Result<Pool, ExperimentError> {
    let Audited { dataset, audit } = data::for_training(settings, workers, session)?;
    let (mut splits, grouping) = (folds.splits(), folds.group);
    if splits.contains(&Split::Train) && dataset.of(Split::Valid).next().is_none() {
        // Folds make their own, and need none.
        splits.retain(|split| *split != Split::Valid);
    }
    let groups = match grouping {
        Grouping::Inferred => audit.similarity_groups(&dataset),
        Grouping::Given => dataset.samples().iter().map(|s| s.group.clone()).collect(),
        Grouping::None => vec![None; dataset.samples().len()],
    };
    let known = workers.install(|| by_path(&dataset, &audit));
    let dataset = dataset
        .with_groups(groups)
        .retain(|_, sample| splits.contains(&sample.split));
    let mut pool = Pool {
        audit,
        splits: splits.clone(),
        paths: Vec::new(),
        groups: Vec::new(),
        fingerprints: Vec::new(),
        slices: Vec::new(),
        features: FeatureCache::new(FeatureCache::DEFAULT_LIMIT_BYTES, runs),
        dataset,
    };
    for split in splits {
        let loaded = data::load_split(&pool.dataset, split, recipe, settings, workers, session)?;
        for slice in &loaded.slices {
            let sample = &pool.dataset.samples()[slice.sample_index];
            pool.paths.push(sample.path.clone());
            pool.groups.push(sample.group.clone());
            pool.fingerprints.push(known[&sample.path]);
        }
        let slices = data::labelled(&pool.dataset, loaded);
        pool.slices.extend(slices);
    }
    // A slice varies alike in whichever fold it is trained on.
    let numbered = pool.slices.iter_mut().enumerate();
    numbered.for_each(|(number, slice)| slice.number = number);
    if grouping == Grouping::Given && pool.groups.iter().all(Option::is_none) {
        let path = settings.path.clone();
        return Err(PoolError::NoGroups { path }.into());
    }
    session.tell(&Event::Grouped(&Grouped::of(grouping, &pool.groups)));
    Ok(pool)
}

/// The fingerprint of every file that could be decoded.
fn by_path(dataset: &Dataset, audit: &Audit) -> HashMap<PathBuf, SliceFingerprint> {
    let samples = dataset.samples().par_iter().zip(audit.facts());
    samples
        .filter_map(|(sample, facts)| Some((sample.path.clone(), facts.slice()?.fingerprint())))
        .collect()
}

impl Pool {
    /// What a model knows that learns from the slices at `train` and is watched on those at
    /// `valid`.
    pub(crate) fn known(&self, train: &[usize], valid: &[usize]) -> KnownSlices {
        let set = |positions: &[usize]| {
            SliceSet::new(
                positions
                    .iter()
                    .map(|position| self.fingerprints[*position]),
            )
        };
        KnownSlices::new(set(train), set(valid))
    }

    /// Copies of the slices at `positions`.
    pub(crate) fn subset(&self, positions: &[usize]) -> Vec<LabelledSlice> {
        let slice = |position: &usize| self.slices[*position].clone();
        positions.iter().map(slice).collect()
    }

    /// Calls `divide` with the samples at `positions`.
    pub(crate) fn divisible<T>(
        &self,
        positions: &[usize],
        divide: impl FnOnce(Divisible<'_>) -> T,
    ) -> T {
        let truth: Vec<_> = positions
            .iter()
            .map(|position| self.slices[*position].truth)
            .collect();
        let groups: Vec<_> = positions
            .iter()
            .map(|position| self.groups[*position].clone())
            .collect();
        divide(Divisible {
            truth: &truth,
            groups: &groups,
            classes: self.dataset.classes(),
        })
    }

    /// The group of each slice as a number from 0; a slice without a group has one to itself.
    pub(crate) fn group_numbers(&self) -> Vec<usize> {
        let mut numbers: BTreeMap<&GroupId, usize> = BTreeMap::new();
        let mut next = 0;
        let mut all = Vec::with_capacity(self.groups.len());
        for group in &self.groups {
            let known = group.as_ref().and_then(|group| numbers.get(group));
            let number = known.copied().unwrap_or(next);
            if number == next {
                next += 1;
                numbers.extend(group.as_ref().map(|group| (group, number)));
            }
            all.push(number);
        }
        all
    }

    /// What the audit said.
    pub(crate) fn summary(&self) -> AuditSummary {
        self.audit.summary()
    }

    /// Stands for every pixel, truth and class name: what two runs must share to be one.
    pub(crate) fn fingerprint(&self) -> String {
        TrainingData {
            classes: self.dataset.classes(),
            train: &self.slices,
            valid: &[],
        }
        .fingerprint()
    }
}
