//! A seeded split that keeps class shares equal and groups whole.

use std::collections::BTreeSet;

use hilum_core::{ClassIndex, ClassName, GroupId, Split};
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use thiserror::Error;

use super::SplitFractions;
use super::groups::{assign_units, units_of};
use crate::{Dataset, Sample};

/// Data that cannot be divided with every class in every split.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StratifyError {
    /// Fewer images of a class than splits.
    #[error(
        "class `{class}` has {count} images; to be in each of {needed} splits it needs {needed} or more\nhint: add images, leave the class out, or divide into fewer splits"
    )]
    TooFewImages {
        /// The class.
        class: ClassName,
        /// How many images there are.
        count: usize,
        /// How many there must be.
        needed: usize,
    },
    /// Images of a class from fewer groups than splits; a group is never divided.
    #[error(
        "class `{class}` comes from {count} groups; to be in each of {needed} splits it needs {needed} or more\nhint: slices of one patient must stay together; add patients, or divide into fewer splits"
    )]
    TooFewGroups {
        /// The class.
        class: ClassName,
        /// How many groups hold it.
        count: usize,
        /// How many there must be.
        needed: usize,
    },
    /// Groups of several classes that cannot be dealt out so that every split gets each class.
    #[error(
        "no way was found to keep groups whole and give `{split}` images of class `{class}`\nhint: add patients with that class, divide into fewer splits, or try another seed"
    )]
    NoArrangement {
        /// The class.
        class: ClassName,
        /// The split that would lack it.
        split: Split,
    },
}

/// Divides a dataset anew, whatever split it had.
///
/// Each class is dealt out in the given shares, and none misses a split. Samples of one
/// [group](Sample::group) stay together, which comes before exact shares. Without groups every
/// count is within one of scikit-learn's `train_test_split(stratify=...)`. The same dataset,
/// shares and seed give the same split.
///
/// # Errors
/// [`StratifyError`] if a class has fewer images or groups than there are splits.
pub fn resplit(
    dataset: &Dataset,
    fractions: SplitFractions,
    seed: u64,
) -> Result<Dataset, StratifyError> {
    let mut dataset = dataset.clone();
    // The order of reading must not matter, only the files.
    dataset.samples.sort_by(|a, b| a.relative.cmp(&b.relative));
    check_counts(&dataset, fractions)?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let splits = if has_groups(&dataset.samples) {
        assign_groups(&dataset, fractions, &mut rng)?
    } else {
        assign_samples(&dataset, fractions, &mut rng)
    };
    for (sample, split) in dataset.samples.iter_mut().zip(splits) {
        sample.split = split;
    }
    dataset.sort();
    Ok(dataset)
}

/// The same dataset with all samples in `split`.
#[must_use]
pub fn all_in(dataset: &Dataset, split: Split) -> Dataset {
    let mut dataset = dataset.clone();
    for sample in &mut dataset.samples {
        sample.split = split;
    }
    dataset.sort();
    dataset
}

fn has_groups(samples: &[Sample]) -> bool {
    let mut seen = BTreeSet::new();
    samples
        .iter()
        .filter_map(|sample| sample.group.as_ref())
        .any(|group| !seen.insert(group))
}

fn check_counts(dataset: &Dataset, fractions: SplitFractions) -> Result<(), StratifyError> {
    let needed = fractions.splits().count();
    for class in dataset.classes.indices() {
        let of_class = || {
            dataset
                .samples
                .iter()
                .filter(|sample| sample.class == class)
        };
        let count = of_class().count();
        let name = || dataset.classes.name(class).clone();
        if count < needed {
            return Err(StratifyError::TooFewImages {
                class: name(),
                count,
                needed,
            });
        }
        let groups: BTreeSet<&GroupId> = of_class().filter_map(|s| s.group.as_ref()).collect();
        let alone = of_class().filter(|sample| sample.group.is_none()).count();
        let group_count = groups.len() + alone;
        if group_count < needed {
            return Err(StratifyError::TooFewGroups {
                class: name(),
                count: group_count,
                needed,
            });
        }
    }
    Ok(())
}

fn assign_samples(
    dataset: &Dataset,
    fractions: SplitFractions,
    rng: &mut ChaCha8Rng,
) -> Vec<Split> {
    let mut splits = vec![Split::Train; dataset.samples.len()];
    for class in dataset.classes.indices() {
        let mut positions = positions_of(&dataset.samples, class);
        positions.shuffle(rng);
        let counts = apportion(positions.len(), fractions);
        let mut rest = positions.into_iter();
        for (split, count) in Split::ALL.into_iter().zip(counts) {
            for position in rest.by_ref().take(count) {
                splits[position] = split;
            }
        }
    }
    splits
}

fn positions_of(samples: &[Sample], class: ClassIndex) -> Vec<usize> {
    (0..samples.len())
        .filter(|position| samples[*position].class == class)
        .collect()
}

/// Divides `count` by largest remainders, then sees to it that no split with a share gets nothing.
fn apportion(count: usize, fractions: SplitFractions) -> [usize; 3] {
    let exact = fractions.shares().map(|share| share * count as f64);
    // An exact 7.0 may be 6.999... in floating point.
    let mut counts = exact.map(|value| (value + 1e-9).floor() as usize);
    let mut order = [0, 1, 2];
    order.sort_by(|a, b| {
        let remainder = |position: &usize| exact[*position] - counts[*position] as f64;
        remainder(b).total_cmp(&remainder(a))
    });
    let missing = count - counts.iter().sum::<usize>();
    for position in order.into_iter().take(missing) {
        counts[position] += 1;
    }
    for split in fractions.splits() {
        if counts[split as usize] == 0 {
            let largest = (0..3)
                .max_by_key(|position| counts[*position])
                .expect("there are three splits");
            counts[largest] -= 1;
            counts[split as usize] += 1;
        }
    }
    counts
}

fn assign_groups(
    dataset: &Dataset,
    fractions: SplitFractions,
    rng: &mut ChaCha8Rng,
) -> Result<Vec<Split>, StratifyError> {
    let class_count = dataset.classes.len();
    let classes: Vec<ClassIndex> = dataset.samples.iter().map(|sample| sample.class).collect();
    let groups: Vec<Option<&GroupId>> = dataset
        .samples
        .iter()
        .map(|sample| sample.group.as_ref())
        .collect();
    let mut units = units_of(&classes, &groups, class_count);
    units.shuffle(rng);
    units.sort_by_key(|unit| std::cmp::Reverse(unit.positions.len()));
    let assigned = assign_units(&units, &fractions.shares(), class_count);
    let mut splits = vec![Split::Train; dataset.samples.len()];
    for (unit, part) in units.iter().zip(assigned) {
        for position in &unit.positions {
            splits[*position] = Split::ALL[part];
        }
    }
    check_arrangement(dataset, fractions, &splits)?;
    Ok(splits)
}

fn check_arrangement(
    dataset: &Dataset,
    fractions: SplitFractions,
    splits: &[Split],
) -> Result<(), StratifyError> {
    let held: BTreeSet<(Split, ClassIndex)> = splits
        .iter()
        .zip(&dataset.samples)
        .map(|(split, sample)| (*split, sample.class))
        .collect();
    for split in fractions.splits() {
        for class in dataset.classes.indices() {
            if !held.contains(&(split, class)) {
                return Err(StratifyError::NoArrangement {
                    class: dataset.classes.name(class).clone(),
                    split,
                });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remainders_go_to_the_largest_and_no_split_is_left_out() {
        let fractions = SplitFractions::default();
        assert_eq!(apportion(10, fractions), [7, 1, 2]);
        assert_eq!(apportion(3, fractions), [1, 1, 1]);
        assert_eq!(apportion(613, fractions), [429, 61, 123]);
        let no_test = SplitFractions::new(0.9, 0.1, 0.0).unwrap();
        assert_eq!(apportion(4, no_test), [3, 1, 0]);
    }
}
