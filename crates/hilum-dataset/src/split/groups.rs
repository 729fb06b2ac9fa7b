//! Dealing out whole groups so that every split gets its share of every class.
//!
//! The largest groups are placed first, each where it brings the counts closest to what they
//! should be, as scikit-learn's `StratifiedGroupKFold` does; then single groups are moved as long
//! as that brings them closer still.

use hilum_core::Split;

use super::SplitFractions;
use crate::Sample;

/// Samples that stay together.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) positions: Vec<usize>,
    /// How many there are of each class that occurs, in class order.
    classes: Vec<(usize, f64)>,
}

impl Unit {
    pub(super) fn new(positions: Vec<usize>, samples: &[Sample], class_count: usize) -> Self {
        let mut counts = vec![0.0; class_count];
        for position in &positions {
            counts[samples[*position].class.get()] += 1.0;
        }
        let classes = counts
            .into_iter()
            .enumerate()
            .filter(|(_, count)| *count > 0.0)
            .collect();
        Self { positions, classes }
    }
}

/// More than any deviation of counts can weigh: a class in every split comes first.
const MISSING_CLASS: f64 = 1e6;
const ROUND_COUNT: usize = 20;

/// The split of each unit. Deterministic; `units` should stand from large to small.
pub(super) fn assign_units(
    units: &[Unit],
    fractions: SplitFractions,
    class_count: usize,
) -> Vec<Split> {
    let mut board = Board::new(units, fractions, class_count);
    let mut assigned: Vec<Split> = Vec::with_capacity(units.len());
    for unit in units {
        let split = board.best_for(unit);
        board.place(unit, split, 1.0);
        assigned.push(split);
    }
    board.missing_class = MISSING_CLASS;
    for _ in 0..ROUND_COUNT {
        let mut moved = false;
        // From small to large, so that a class that is missing comes with the least upheaval.
        for (unit, split) in units.iter().zip(&mut assigned).rev() {
            board.place(unit, *split, -1.0);
            let best = board.best_for(unit);
            if best != *split && board.cost(unit, best) + 1e-9 < board.cost(unit, *split) {
                *split = best;
                moved = true;
            }
            board.place(unit, *split, 1.0);
        }
        if !moved {
            break;
        }
    }
    assigned
}

/// How many samples of each class each split has and should have.
struct Board {
    splits: Vec<Split>,
    target: Vec<[f64; 3]>,
    placed: Vec<[f64; 3]>,
    /// What it is worth that a class gets into a split at all; 0 while the first counts build up,
    /// or the second-largest group would go to the smallest split.
    missing_class: f64,
}

impl Board {
    fn new(units: &[Unit], fractions: SplitFractions, class_count: usize) -> Self {
        let mut totals = vec![0.0; class_count];
        for (class, count) in units.iter().flat_map(|unit| &unit.classes) {
            totals[*class] += count;
        }
        Self {
            splits: fractions.splits().collect(),
            target: totals
                .into_iter()
                .map(|total| fractions.shares().map(|share| share * total))
                .collect(),
            placed: vec![[0.0; 3]; class_count],
            missing_class: 0.0,
        }
    }

    fn place(&mut self, unit: &Unit, split: Split, sign: f64) {
        for (class, count) in &unit.classes {
            self.placed[*class][split as usize] += sign * count;
        }
    }

    /// The first of the splits where `unit` costs least.
    fn best_for(&self, unit: &Unit) -> Split {
        let mut best = self.splits[0];
        for split in &self.splits[1..] {
            if self.cost(unit, *split) < self.cost(unit, best) - 1e-9 {
                best = *split;
            }
        }
        best
    }

    /// What placing `unit` in `split` adds to the relative squared distance from the targets.
    fn cost(&self, unit: &Unit, split: Split) -> f64 {
        let split = split as usize;
        unit.classes
            .iter()
            .map(|(class, count)| {
                let (has, target) = (self.placed[*class][split], self.target[*class][split]);
                let distance = |placed: f64| (placed - target).powi(2) / target;
                let first = if has == 0.0 { self.missing_class } else { 0.0 };
                distance(has + count) - distance(has) - first
            })
            .sum()
    }
}
