//! Dealing out whole groups so that every part, a split or a fold, gets its share of every class.
//!
//! The largest groups are placed first, each where it brings the counts closest to what they
//! should be, as scikit-learn's `StratifiedGroupKFold` does; then single groups are moved as long
//! as that brings them closer still.

use std::collections::BTreeMap;

use hilum_core::{ClassIndex, GroupId};

/// Samples that stay together.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) positions: Vec<usize>,
    /// How many there are of each class that occurs, in class order.
    classes: Vec<(usize, f64)>,
}

impl Unit {
    pub(super) fn new(positions: Vec<usize>, classes: &[ClassIndex], class_count: usize) -> Self {
        let mut counts = vec![0.0; class_count];
        for position in &positions {
            counts[classes[*position].get()] += 1.0;
        }
        let classes = counts
            .into_iter()
            .enumerate()
            .filter(|(_, count)| *count > 0.0)
            .collect();
        Self { positions, classes }
    }

    /// Lets the number of samples count as one more class, numbered `class`.
    pub(super) fn count_size_as(&mut self, class: usize) {
        self.classes.push((class, self.positions.len() as f64));
    }
}

/// Each group as a unit, and each sample without a group as one of its own; these come first.
pub(super) fn units_of(
    classes: &[ClassIndex],
    groups: &[Option<&GroupId>],
    class_count: usize,
) -> Vec<Unit> {
    let mut grouped: BTreeMap<&GroupId, Vec<usize>> = BTreeMap::new();
    let mut units: Vec<Unit> = Vec::new();
    for (position, group) in groups.iter().enumerate() {
        match group {
            Some(group) => grouped.entry(group).or_default().push(position),
            None => units.push(Unit::new(vec![position], classes, class_count)),
        }
    }
    let whole = grouped
        .into_values()
        .map(|positions| Unit::new(positions, classes, class_count));
    units.extend(whole);
    units
}

/// More than any deviation of counts can weigh: a class in every part comes first.
const MISSING_CLASS: f64 = 1e6;
const ROUND_COUNT: usize = 20;

/// More units than this are even enough without looking at all pairs of them.
const SWAP_LIMIT: usize = 3000;

/// As [`assign_units`]; then pairs of units change places as long as that brings the counts
/// closer still.
pub(super) fn assign_units_evenly(
    units: &[Unit],
    shares: &[f64],
    class_count: usize,
) -> Vec<usize> {
    let mut assigned = assign_units(units, shares, class_count);
    let mut board = Board::new(units, shares, class_count);
    board.missing_class = MISSING_CLASS;
    for (unit, part) in units.iter().zip(&assigned) {
        board.place(unit, *part, 1.0);
    }
    let mut swaps = units.len() <= SWAP_LIMIT;
    for _ in 0..ROUND_COUNT {
        if !std::mem::take(&mut swaps) {
            break;
        }
        for (first, a) in units.iter().enumerate() {
            for (second, b) in units.iter().enumerate().skip(first + 1) {
                if board.swap_if_better([a, b], [assigned[first], assigned[second]]) {
                    assigned.swap(first, second);
                    swaps = true;
                }
            }
        }
    }
    assigned
}

/// The part of each unit, where part `p` should get `shares[p]` of every class. Deterministic;
/// `units` should stand from large to small.
pub(super) fn assign_units(units: &[Unit], shares: &[f64], class_count: usize) -> Vec<usize> {
    let mut board = Board::new(units, shares, class_count);
    let mut assigned: Vec<usize> = Vec::with_capacity(units.len());
    for unit in units {
        let part = board.best_for(unit);
        board.place(unit, part, 1.0);
        assigned.push(part);
    }
    board.missing_class = MISSING_CLASS;
    for _ in 0..ROUND_COUNT {
        let mut moved = false;
        // From small to large, so that a class that is missing comes with the least upheaval.
        for (unit, part) in units.iter().zip(&mut assigned).rev() {
            board.place(unit, *part, -1.0);
            let best = board.best_for(unit);
            if best != *part && board.cost(unit, best) + 1e-9 < board.cost(unit, *part) {
                *part = best;
                moved = true;
            }
            board.place(unit, *part, 1.0);
        }
        if !moved {
            break;
        }
    }
    assigned
}

/// How many samples of each class each part has and should have.
struct Board {
    /// The parts that get a share.
    parts: Vec<usize>,
    target: Vec<Vec<f64>>,
    placed: Vec<Vec<f64>>,
    /// What it is worth that a class gets into a part at all; 0 while the first counts build up,
    /// or the second-largest group would go to the smallest part.
    missing_class: f64,
}

impl Board {
    fn new(units: &[Unit], shares: &[f64], class_count: usize) -> Self {
        let mut totals = vec![0.0; class_count];
        for (class, count) in units.iter().flat_map(|unit| &unit.classes) {
            totals[*class] += count;
        }
        let targets = |total: f64| shares.iter().map(|share| share * total).collect();
        Self {
            parts: (0..shares.len())
                .filter(|part| shares[*part] > 0.0)
                .collect(),
            target: totals.into_iter().map(targets).collect(),
            placed: vec![vec![0.0; shares.len()]; class_count],
            missing_class: 0.0,
        }
    }

    fn place(&mut self, unit: &Unit, part: usize, sign: f64) {
        for (class, count) in &unit.classes {
            self.placed[*class][part] += sign * count;
        }
    }

    /// The first of the parts where `unit` costs least.
    fn best_for(&self, unit: &Unit) -> usize {
        let mut best = self.parts[0];
        for part in &self.parts[1..] {
            if self.cost(unit, *part) < self.cost(unit, best) - 1e-9 {
                best = *part;
            }
        }
        best
    }

    /// Whether two units of different parts have changed places, which they do if it costs less.
    fn swap_if_better(&mut self, [a, b]: [&Unit; 2], [of_a, of_b]: [usize; 2]) -> bool {
        if of_a == of_b {
            return false;
        }
        self.place(a, of_a, -1.0);
        self.place(b, of_b, -1.0);
        let now = self.cost(a, of_a) + self.cost(b, of_b);
        let is_better = self.cost(a, of_b) + self.cost(b, of_a) + 1e-9 < now;
        let [to_a, to_b] = if is_better {
            [of_b, of_a]
        } else {
            [of_a, of_b]
        };
        self.place(a, to_a, 1.0);
        self.place(b, to_b, 1.0);
        is_better
    }

    /// What placing `unit` in `part` adds to the relative squared distance from the targets.
    fn cost(&self, unit: &Unit, part: usize) -> f64 {
        unit.classes
            .iter()
            .map(|(class, count)| {
                let (has, target) = (self.placed[*class][part], self.target[*class][part]);
                let distance = |placed: f64| (placed - target).powi(2) / target;
                let first = if has == 0.0 { self.missing_class } else { 0.0 };
                distance(has + count) - distance(has) - first
            })
            .sum()
    }
}
