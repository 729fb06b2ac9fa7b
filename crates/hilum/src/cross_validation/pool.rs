//! The slices that are divided into folds, decoded once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use hilum_core::{AuditSummary, GroupId, Split};
use hilum_dataset::audit::{Audit, is_inferred};
use hilum_dataset::{Dataset, Divisible};
use hilum_imaging::Recipe;
use hilum_train::{FeatureCache, LabelledSlice, TrainingData};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::audited::{self, Audited};
use crate::data;
use crate::error::CommandError;
use crate::screen::Screen;
use crate::settings::DataSettings;

/// What must stay on one side of every fold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Grouping {
    /// Patients that the data names; where it names none, slices that look like one scan: a guess.
    Inferred,
    /// Patients that the data names.
    Given,
    /// Nothing: every slice stands alone.
    None,
}

#[derive(Debug, Error)]
enum PoolError {
    #[error(
        "`{}` names no patients\nhint: add a `group` column to a manifest, or guess with `--group inferred`", path.display()
    )]
    NoGroups { path: PathBuf },
    #[error(
        "`test` cannot be cross-validated\nhint: it judges the final model, once; folds are made of `train` and `valid`"
    )]
    Test,
    #[error("`{name}` is no split that folds are made of\nhint: give `train`, `valid`, or both")]
    UnknownSplit { name: String },
}

/// A split that folds may be made of.
pub(crate) fn parse_split(name: &str) -> Result<Split, String> {
    let error = match name.parse() {
        Ok(Split::Test) => PoolError::Test,
        Ok(split) => return Ok(split),
        Err(_) => PoolError::UnknownSplit {
            name: name.to_owned(),
        },
    };
    Err(error.to_string())
}

/// Slices of known class, in the dataset's order.
pub(crate) struct Pool {
    /// The splits that they came from; never the test split.
    pub(crate) dataset: Dataset,
    /// What is known of the data.
    pub(crate) audit: Audit,
    /// One a slice.
    pub(crate) paths: Vec<PathBuf>,
    /// One a slice.
    pub(crate) groups: Vec<Option<GroupId>>,
    /// Decoded once, for all folds.
    pub(crate) slices: Vec<LabelledSlice>,
    /// What frozen layers made of slices, for all folds and trials.
    pub(crate) features: FeatureCache,
}

/// Reads, audits and mends as `hilum train` does, then pools `splits` and decodes them. Features
/// that do not fit the memory go to the folder `runs`.
pub(crate) fn gather(
    settings: &DataSettings,
    recipe: &Recipe,
    splits: &[Split],
    grouping: Grouping,
    runs: &Path,
    screen: &Screen,
) -> Result<Pool, CommandError> {
    let Audited { dataset, audit } = audited::for_training(settings, screen)?;
    let groups = match grouping {
        Grouping::Inferred => audit.similarity_groups(&dataset),
        Grouping::Given => dataset.samples().iter().map(|s| s.group.clone()).collect(),
        Grouping::None => vec![None; dataset.samples().len()],
    };
    let dataset = dataset
        .with_groups(groups)
        .retain(|_, sample| splits.contains(&sample.split));
    let mut pool = Pool {
        audit,
        paths: Vec::new(),
        groups: Vec::new(),
        slices: Vec::new(),
        features: FeatureCache::new(FeatureCache::DEFAULT_LIMIT_BYTES, runs),
        dataset,
    };
    for split in splits {
        let loaded = data::load_split(&pool.dataset, *split, recipe, settings, screen)?;
        for slice in &loaded.slices {
            let sample = &pool.dataset.samples()[slice.sample_index];
            pool.paths.push(sample.path.clone());
            pool.groups.push(sample.group.clone());
        }
        let slices = data::labelled(&pool.dataset, loaded);
        pool.slices.extend(slices);
    }
    // A slice varies alike in whichever fold it is trained on.
    let numbered = pool.slices.iter_mut().enumerate();
    numbered.for_each(|(number, slice)| slice.number = number);
    if grouping == Grouping::Given && pool.groups.iter().all(Option::is_none) {
        let path = settings.path.clone();
        return Err(CommandError::bad_input(PoolError::NoGroups { path }));
    }
    pool.say_what_is_grouped(grouping, screen);
    Ok(pool)
}

impl Pool {
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

    fn say_what_is_grouped(&self, grouping: Grouping, screen: &Screen) {
        let mut groups: BTreeMap<&GroupId, usize> = BTreeMap::new();
        for group in self.groups.iter().flatten() {
            *groups.entry(group).or_default() += 1;
        }
        let (guessed, named): (Vec<_>, Vec<_>) = groups
            .into_iter()
            .partition(|(group, _)| is_inferred(group));
        let slices = |groups: &[(&GroupId, usize)]| groups.iter().map(|(_, n)| n).sum::<usize>();
        if !named.is_empty() {
            screen.note(format_args!(
                "{} slices are kept together in {} groups that the data names",
                slices(&named),
                named.len()
            ));
        }
        if !guessed.is_empty() {
            screen.warn(format_args!(
                "{} of {} slices are kept together in {} inferred groups: a guess from how alike \
                 slices are; unlike slices of one patient are not among them, so the figures may \
                 flatter",
                slices(&guessed),
                self.slices.len(),
                guessed.len()
            ));
        }
        if named.is_empty() && guessed.is_empty() {
            let why = match grouping {
                Grouping::None => "`--group none` keeps nothing together",
                _ => "no patient is named and no slices look like one scan",
            };
            screen.warn(format_args!(
                "{why}: if patients have several slices, the figures flatter"
            ));
        }
    }
}
