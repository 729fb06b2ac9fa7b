//! Folds against scikit-learn's, and what groups demand of them.

#![allow(clippy::unwrap_used, reason = "what fails here is a failed test")]

use std::collections::{BTreeMap, BTreeSet};

use hilum_core::{ClassIndex, ClassName, Classes, GroupId};
use hilum_dataset::{Divisible, FoldsError, hold_out, stratified_folds};
use serde_json::Value;

/// Slices with class and patient.
struct Slices {
    truth: Vec<ClassIndex>,
    groups: Vec<Option<GroupId>>,
    classes: Classes,
}

impl Slices {
    fn new(class_count: usize) -> Self {
        let names = (0..class_count).map(|class| ClassName::new(format!("class{class}")));
        Self {
            truth: Vec::new(),
            groups: Vec::new(),
            classes: Classes::new(names).unwrap(),
        }
    }

    fn add(&mut self, class: usize, group: Option<usize>, count: usize) {
        let group = group.map(|group| GroupId(format!("patient-{group}")));
        self.truth.extend(vec![ClassIndex::new(class); count]);
        self.groups.extend(vec![group; count]);
    }

    fn divisible(&self) -> Divisible<'_> {
        Divisible {
            truth: &self.truth,
            groups: &self.groups,
            classes: &self.classes,
        }
    }

    fn folds(&self, fold_count: usize, seed: u64) -> Vec<usize> {
        stratified_folds(self.divisible(), fold_count, seed).unwrap()
    }

    /// How many slices of each class each fold has.
    fn counts(&self, folds: &[usize], fold_count: usize) -> Vec<Vec<usize>> {
        let mut counts = vec![vec![0; self.classes.len()]; fold_count];
        for (fold, truth) in folds.iter().zip(&self.truth) {
            counts[*fold][truth.get()] += 1;
        }
        counts
    }
}

fn reference() -> Value {
    serde_json::from_str(include_str!("reference/folds.json")).unwrap()
}

/// As in `reference/make_folds.py`.
fn patients() -> Slices {
    let mut slices = Slices::new(3);
    for patient in 0..90 {
        slices.add(patient % 3, Some(patient), 3 + 7 * patient % 23);
        if patient % 5 == 0 {
            slices.add((patient + 1) % 3, Some(patient), 2);
        }
    }
    slices
}

/// As in `reference/make_folds.py`.
fn rare() -> Slices {
    let mut slices = Slices::new(2);
    for patient in 0..60 {
        slices.add(
            usize::from(patient % 8 == 0),
            Some(patient),
            1 + 5 * patient % 9,
        );
    }
    for slice in 0..40 {
        slices.add(usize::from(slice % 8 == 0), None, 1);
    }
    slices
}

/// How many slices the worst class of the worst fold is away from an equal share.
fn worst_distance(counts: &[Vec<usize>]) -> f64 {
    let distance = |class: usize| {
        let total: usize = counts.iter().map(|fold| fold[class]).sum();
        let equal = total as f64 / counts.len() as f64;
        let distances = counts.iter().map(|fold| (fold[class] as f64 - equal).abs());
        distances.fold(0.0, f64::max)
    };
    (0..counts[0].len()).map(distance).fold(0.0, f64::max)
}

#[test]
fn over_twenty_seeds_no_class_is_further_from_its_share_than_with_scikit_learn() {
    for (name, slices) in [("patients", patients()), ("rare", rare())] {
        for (fold_count, theirs) in reference()[name].as_object().unwrap() {
            let fold_count: usize = fold_count.parse().unwrap();
            let theirs: Vec<Vec<Vec<usize>>> = serde_json::from_value(theirs.clone()).unwrap();
            let theirs = theirs.iter().map(|counts| worst_distance(counts));
            let theirs = theirs.fold(0.0, f64::max);
            let ours = (0..20)
                .map(|seed| slices.counts(&slices.folds(fold_count, seed), fold_count))
                .map(|counts| worst_distance(&counts))
                .fold(0.0, f64::max);
            println!("{name}, {fold_count} folds: {ours:.2}, scikit-learn's {theirs:.2}");
            assert!(
                ours <= theirs + 1e-9,
                "{name}, {fold_count} folds: {ours}, {theirs}"
            );
        }
    }
}

#[test]
fn without_groups_classes_and_folds_are_as_even_as_can_be() {
    let reference = reference();
    let sizes: Vec<usize> = serde_json::from_value(reference["class_sizes"].clone()).unwrap();
    let theirs: Vec<Vec<usize>> = serde_json::from_value(reference["alone"].clone()).unwrap();
    let mut slices = Slices::new(4);
    for (class, size) in sizes.iter().enumerate() {
        slices.add(class, None, *size);
    }
    let ours = slices.counts(&slices.folds(5, 32), 5);
    for class in 0..4 {
        let sorted = |counts: &[Vec<usize>]| {
            let mut of_class: Vec<usize> = counts.iter().map(|fold| fold[class]).collect();
            of_class.sort_unstable();
            of_class
        };
        assert_eq!(sorted(&ours), sorted(&theirs));
    }
    let totals: BTreeSet<usize> = ours.iter().map(|fold| fold.iter().sum()).collect();
    assert!(
        totals.last().unwrap() - totals.first().unwrap() <= 1,
        "{totals:?}"
    );
}

#[test]
fn groups_stay_whole_and_the_seed_decides() {
    let slices = patients();
    let folds = slices.folds(5, 32);
    let mut sides: BTreeMap<&GroupId, BTreeSet<usize>> = BTreeMap::new();
    for (group, fold) in slices.groups.iter().zip(&folds) {
        sides
            .entry(group.as_ref().unwrap())
            .or_default()
            .insert(*fold);
    }
    assert_eq!(sides.len(), 90);
    assert!(sides.values().all(|folds| folds.len() == 1));
    assert_eq!(slices.folds(5, 32), folds);
    assert_ne!(slices.folds(5, 33), folds);
}

#[test]
fn a_rare_class_misses_no_fold() {
    let mut slices = Slices::new(2);
    for patient in 0..20 {
        slices.add(0, Some(patient), 10);
    }
    // Three patients with the rare class: one for each fold, whatever that does to the counts.
    for (patient, count) in [(100, 30), (101, 2), (102, 1)] {
        slices.add(1, Some(patient), count);
    }
    for seed in 0..50 {
        let counts = slices.counts(&slices.folds(3, seed), 3);
        assert!(counts.iter().all(|fold| fold[1] > 0), "{counts:?}");
    }
}

#[test]
fn what_is_held_out_has_its_share_of_every_class_in_whole_groups() {
    let slices = patients();
    let held = hold_out(slices.divisible(), 0.1, 32).unwrap();
    for class in slices.classes.indices() {
        let of_class = slices
            .truth
            .iter()
            .zip(&held)
            .filter(|(truth, _)| **truth == class);
        let (count, held) = of_class.fold((0, 0), |(all, held), (_, is_held)| {
            (all + 1, held + usize::from(*is_held))
        });
        let share = f64::from(held as u32) / f64::from(count);
        assert!((share - 0.1).abs() < 0.01, "{share} of class {class:?}");
    }
    let side = |wanted: bool| -> BTreeSet<&GroupId> {
        let pairs = slices.groups.iter().zip(&held);
        pairs
            .filter(|(_, is_held)| **is_held == wanted)
            .filter_map(|(group, _)| group.as_ref())
            .collect()
    };
    assert!(side(true).is_disjoint(&side(false)));
}

#[test]
fn what_cannot_be_divided_is_told() {
    let mut slices = Slices::new(2);
    slices.add(0, None, 9);
    slices.add(1, Some(1), 4);
    slices.add(1, Some(2), 4);
    let refused = |fold_count| stratified_folds(slices.divisible(), fold_count, 32).unwrap_err();
    assert_eq!(refused(1), FoldsError::TooFewFolds { count: 1 });
    assert_eq!(
        refused(3),
        FoldsError::TooFew {
            class: ClassName::new("class1"),
            count: 2,
            needed: 3
        }
    );
    assert!(matches!(
        hold_out(slices.divisible(), 1.0, 32),
        Err(FoldsError::Share { .. })
    ));
    // Both classes in both parts cannot be had from one group that holds all of one class.
    let mut knot = Slices::new(2);
    knot.add(0, Some(1), 1);
    knot.add(1, Some(1), 1);
    knot.add(0, Some(2), 1);
    knot.add(0, Some(3), 1);
    let error = stratified_folds(knot.divisible(), 2, 32).unwrap_err();
    assert!(matches!(error, FoldsError::TooFew { .. }), "{error}");
}
