//! Whether a classifier that has learned nothing could have done as well.

use std::collections::BTreeMap;

use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;

use super::confusion::Confusion;
use super::held_out::HeldOut;

/// How often the classes are dealt anew.
const ROUND_COUNT: usize = 1999;

/// How often luck does as well, once for all classes and once for each against the rest.
pub(in crate::audit) struct Luck {
    pub(in crate::audit) all: f64,
    pub(in crate::audit) of_class: Vec<f64>,
}

/// Deals the classes anew among the groups that were left out together, and counts how often what
/// was predicted then fits as well.
///
/// Without a connection between slices and classes, those of a fold are exchangeable: the
/// classifier has not seen them. Groups keep together, as slices of one scan have one class and
/// look alike (Good, Permutation, parametric and bootstrap tests of hypotheses, 2005; p-values by
/// Phipson and Smyth, 2010).
pub(in crate::audit) fn luck(
    held_out: &HeldOut,
    groups: &[usize],
    classes: &[usize],
    class_count: usize,
) -> Luck {
    let units = Units::of(held_out, groups, classes, class_count);
    let observed = units.confusion(&units.classes);
    let mut random = ChaCha8Rng::seed_from_u64(0);
    let (mut all, mut of_class) = (1_usize, vec![1_usize; class_count]);
    let mut dealt = units.classes.clone();
    for _ in 0..ROUND_COUNT {
        for fold in &units.folds {
            dealt[fold.clone()].shuffle(&mut random);
        }
        let confusion = units.confusion(&dealt);
        all += usize::from(confusion.skill() >= observed.skill() - 1e-12);
        for (class, count) in of_class.iter_mut().enumerate() {
            let is_as_good = confusion.skill_of(class) >= observed.skill_of(class) - 1e-12;
            *count += usize::from(is_as_good);
        }
    }
    let share = |count: usize| count as f64 / (ROUND_COUNT + 1) as f64;
    Luck {
        all: share(all),
        of_class: of_class.into_iter().map(share).collect(),
    }
}

/// Rows of one fold, group and class, fold after fold.
struct Units {
    classes: Vec<usize>,
    /// How many rows of each are called what.
    predicted: Vec<Vec<usize>>,
    folds: Vec<std::ops::Range<usize>>,
    class_count: usize,
}

impl Units {
    fn of(held_out: &HeldOut, groups: &[usize], classes: &[usize], class_count: usize) -> Self {
        let mut units: BTreeMap<(usize, usize, usize), Vec<usize>> = BTreeMap::new();
        for (row, class) in classes.iter().enumerate() {
            let unit = units
                .entry((held_out.folds[row], groups[row], *class))
                .or_insert_with(|| vec![0; class_count]);
            unit[held_out.predicted(row)] += 1;
        }
        let mut folds: Vec<std::ops::Range<usize>> = Vec::new();
        let mut last = None;
        for (at, (fold, _, _)) in units.keys().enumerate() {
            if last == Some(*fold) {
                folds.last_mut().expect("a fold has begun").end = at + 1;
            } else {
                folds.push(at..at + 1);
                last = Some(*fold);
            }
        }
        Self {
            classes: units.keys().map(|(_, _, class)| *class).collect(),
            predicted: units.into_values().collect(),
            folds,
            class_count,
        }
    }

    fn confusion(&self, classes: &[usize]) -> Confusion {
        let mut confusion = Confusion::new(self.class_count);
        for (truth, predicted) in classes.iter().zip(&self.predicted) {
            for (class, count) in predicted.iter().enumerate() {
                confusion.add(*truth, class, *count);
            }
        }
        confusion
    }
}

#[cfg(test)]
mod tests {
    use rand::RngExt as _;

    use super::*;

    fn said(predicted: &[usize]) -> HeldOut {
        HeldOut {
            folds: (0..predicted.len()).map(|row| row % 5).collect(),
            votes: predicted
                .iter()
                .map(|class| {
                    (0..2)
                        .map(|one| f64::from(u8::from(one == *class)))
                        .collect()
                })
                .collect(),
            gains: Vec::new(),
        }
    }

    #[test]
    fn guesses_are_luck_as_often_as_they_should_be() {
        // 200 sets of 20 slices each: a p-value of 0.05 or less comes in one of twenty of them.
        let mut random = ChaCha8Rng::seed_from_u64(7);
        let groups: Vec<usize> = (0..20).collect();
        let classes: Vec<usize> = (0..20).map(|row| row / 5 % 2).collect();
        let is_small = |_| {
            let guesses: Vec<usize> = (0..20).map(|_| random.random_range(0..2)).collect();
            luck(&said(&guesses), &groups, &classes, 2).all <= 0.05
        };
        let count = (0..200).map(is_small).filter(|is_small| *is_small).count();
        assert!(count <= 20, "{count} of 200");
    }

    #[test]
    fn twenty_slices_that_are_all_told_are_no_luck() {
        let groups: Vec<usize> = (0..20).collect();
        let classes: Vec<usize> = (0..20).map(|row| row / 5 % 2).collect();
        assert!(luck(&said(&classes), &groups, &classes, 2).all < 0.005);
    }

    #[test]
    fn four_scans_of_many_slices_could_be_luck() {
        // Fifty slices each, one class a scan: four coins that fall right.
        let rows = 0..200_usize;
        let groups: Vec<usize> = rows.clone().map(|row| row / 50).collect();
        let classes: Vec<usize> = rows.map(|row| row / 50 % 2).collect();
        let held_out = HeldOut {
            folds: groups.iter().map(|group| group / 2).collect(),
            ..said(&classes)
        };
        assert!(luck(&held_out, &groups, &classes, 2).all > 0.1);
    }
}
