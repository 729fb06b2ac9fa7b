//! Folds for cross-validation: stratified, and whole groups on one side.

use std::collections::BTreeSet;

use hilum_core::{ClassIndex, ClassName, Classes, GroupId};
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use thiserror::Error;

use super::groups::{assign_units_evenly, units_of};

/// Samples that are to be divided; both lists hold one entry a sample.
#[derive(Debug, Clone, Copy)]
pub struct Divisible<'a> {
    /// What each sample shows.
    pub truth: &'a [ClassIndex],
    /// What must stay together; a sample without a group stands alone.
    pub groups: &'a [Option<GroupId>],
    /// All classes.
    pub classes: &'a Classes,
}

/// Samples that cannot be divided with every class in every part.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FoldsError {
    /// Nothing would be held out, or nothing would be left.
    #[error("{count} folds divide nothing\nhint: use 2 or more; 5 and 10 are usual")]
    TooFewFolds {
        /// How many were asked for.
        count: usize,
    },
    /// A share that leaves one side empty.
    #[error("a share of {percent}% cannot be held out\nhint: it must lie between 0 and 100")]
    Share {
        /// What was asked for, in percent.
        percent: String,
    },
    /// Fewer groups of a class than parts.
    #[error(
        "class `{class}` has {count} images or groups of images that can be told apart; to be in each of {needed} parts it needs {needed} or more\nhint: use fewer folds, or add patients; a group is never divided"
    )]
    TooFew {
        /// The class.
        class: ClassName,
        /// How many groups and single samples hold it.
        count: usize,
        /// How many there must be.
        needed: usize,
    },
    /// Groups of several classes that cannot be dealt out so that every part gets each class.
    #[error(
        "no way was found to keep groups whole and have class `{class}` in every part\nhint: use fewer folds or another seed, or add patients with that class"
    )]
    NoArrangement {
        /// The class.
        class: ClassName,
    },
}

/// The fold of each sample, from 0: about equally many of each class in every fold, groups whole.
///
/// The goal of scikit-learn's `StratifiedGroupKFold`, and its first step: groups are shuffled,
/// then the largest are placed first, each in the fold whose counts it brings closest to an equal
/// share (scikit-learn sorts by the deviation of the class counts, which is the same order for
/// groups of one class). Then single groups move, and pairs of groups change places, as long as
/// that evens the counts further, so that no class is missing from a fold if that can be had. The same samples, in the same order,
/// and the same seed give the same folds.
///
/// # Errors
/// [`FoldsError`] if a fold would lack a class.
///
/// # Panics
/// If truth and groups differ in length.
pub fn stratified_folds(
    samples: Divisible<'_>,
    fold_count: usize,
    seed: u64,
) -> Result<Vec<usize>, FoldsError> {
    if fold_count < 2 {
        return Err(FoldsError::TooFewFolds { count: fold_count });
    }
    let shares = vec![1.0 / fold_count as f64; fold_count];
    samples.deal(&shares, seed)
}

/// Whether each sample is held out: a `share` of every class, groups whole, every class on both
/// sides.
///
/// # Errors
/// [`FoldsError`] if one side would lack a class.
///
/// # Panics
/// If truth and groups differ in length.
pub fn hold_out(samples: Divisible<'_>, share: f64, seed: u64) -> Result<Vec<bool>, FoldsError> {
    if !(share > 0.0 && share < 1.0) {
        let percent = (share * 100.0).to_string();
        return Err(FoldsError::Share { percent });
    }
    let parts = samples.deal(&[1.0 - share, share], seed)?;
    Ok(parts.into_iter().map(|part| part == 1).collect())
}

impl Divisible<'_> {
    fn deal(&self, shares: &[f64], seed: u64) -> Result<Vec<usize>, FoldsError> {
        assert_eq!(self.truth.len(), self.groups.len(), "one group a sample");
        self.check_counts(shares.len())?;
        let class_count = self.classes.len();
        let groups: Vec<Option<&GroupId>> = self.groups.iter().map(Option::as_ref).collect();
        let mut units = units_of(self.truth, &groups, class_count);
        units.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        units.sort_by_key(|unit| std::cmp::Reverse(unit.positions.len()));
        for unit in &mut units {
            // Parts should be of one size, too: what is left over of each class must not all go
            // to the first.
            unit.count_size_as(class_count);
        }
        let assigned = assign_units_evenly(&units, shares, class_count + 1);
        let mut parts = vec![0; self.truth.len()];
        for (unit, part) in units.iter().zip(assigned) {
            for position in &unit.positions {
                parts[*position] = part;
            }
        }
        self.check_arrangement(&parts, shares.len())?;
        Ok(parts)
    }

    fn check_counts(&self, needed: usize) -> Result<(), FoldsError> {
        for class in self.classes.indices() {
            let of_class = || {
                let pairs = self.truth.iter().zip(self.groups);
                pairs.filter(move |(truth, _)| **truth == class)
            };
            let groups: BTreeSet<&GroupId> =
                of_class().filter_map(|(_, group)| group.as_ref()).collect();
            let alone = of_class().filter(|(_, group)| group.is_none()).count();
            let count = groups.len() + alone;
            if count < needed {
                let class = self.classes.name(class).clone();
                return Err(FoldsError::TooFew {
                    class,
                    count,
                    needed,
                });
            }
        }
        Ok(())
    }

    fn check_arrangement(&self, parts: &[usize], part_count: usize) -> Result<(), FoldsError> {
        let held: BTreeSet<(ClassIndex, usize)> = self
            .truth
            .iter()
            .copied()
            .zip(parts.iter().copied())
            .collect();
        for class in self.classes.indices() {
            if (0..part_count).any(|part| !held.contains(&(class, part))) {
                let class = self.classes.name(class).clone();
                return Err(FoldsError::NoArrangement { class });
            }
        }
        Ok(())
    }
}
