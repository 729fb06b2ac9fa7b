//! The stratified split against scikit-learn's, and what groups demand of it.

#![allow(clippy::unwrap_used, reason = "what fails here is a failed test")]

mod folder;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use folder::Folder;
use hilum_core::Split;
use hilum_dataset::{
    Dataset, Layout, ReadError, ReadSettings, SplitFractions, StratifyError, resplit,
};

fn reference() -> serde_json::Value {
    serde_json::from_str(include_str!("reference/splits.json")).unwrap()
}

fn counts(value: &serde_json::Value) -> Vec<Vec<usize>> {
    serde_json::from_value(value.clone()).unwrap()
}

fn split_counts(dataset: &Dataset) -> Vec<Vec<usize>> {
    Split::ALL
        .into_iter()
        .map(|split| dataset.class_counts(split))
        .collect()
}

#[test]
fn class_counts_are_within_one_of_scikit_learns() {
    let reference = reference();
    let folder = Folder::new();
    let sizes: Vec<usize> = serde_json::from_value(reference["class_sizes"].clone()).unwrap();
    for (class, size) in sizes.iter().enumerate() {
        folder.class(&format!("class{class}"), *size);
    }
    let dataset = Dataset::read(folder.path(), &ReadSettings::default()).unwrap();
    assert_eq!(dataset.layout(), Layout::ClassFolders);
    let expected = counts(&reference["ungrouped"]);
    for (split, (ours, theirs)) in split_counts(&dataset).iter().zip(&expected).enumerate() {
        for (a, b) in ours.iter().zip(theirs) {
            assert!(
                a.abs_diff(*b) <= 1,
                "split {split}: {ours:?}, scikit-learn {theirs:?}"
            );
        }
    }
}

/// The same patients as in `reference/make_splits.py`.
fn patients() -> (Folder, Dataset) {
    let folder = Folder::new();
    let mut manifest = "path,class,group\n".to_owned();
    let mut row = |class: usize, patient: usize, slice: usize| {
        let name = format!("{patient}-{class}-{slice}");
        folder.file(&name, b"");
        writeln!(manifest, "{name},class{class},{patient}").unwrap();
    };
    for patient in 0..90 {
        for slice in 0..3 + 7 * patient % 23 {
            row(patient % 3, patient, slice);
        }
        if patient % 5 == 0 {
            row((patient + 1) % 3, patient, 0);
            row((patient + 1) % 3, patient, 1);
        }
    }
    let path = folder.file("list.csv", manifest.as_bytes());
    let dataset = Dataset::read(&path, &ReadSettings::default()).unwrap();
    (folder, dataset)
}

/// The largest distance of a class's share from what it should be.
fn worst_deviation(counts: &[Vec<usize>]) -> f64 {
    let shares = [0.7, 0.1, 0.2];
    let mut worst = 0.0_f64;
    for class in 0..counts[0].len() {
        let total: usize = counts.iter().map(|split| split[class]).sum();
        for (split, share) in counts.iter().zip(shares) {
            worst = worst.max((split[class] as f64 / total as f64 - share).abs());
        }
    }
    worst
}

#[test]
fn groups_stay_whole_and_shares_are_as_even_as_scikit_learns() {
    let (_folder, dataset) = patients();
    let mut sides: BTreeMap<&str, BTreeSet<Split>> = BTreeMap::new();
    for sample in dataset.samples() {
        let group = &sample.group.as_ref().unwrap().0;
        sides.entry(group).or_default().insert(sample.split);
    }
    assert_eq!(sides.len(), 90);
    assert!(sides.values().all(|splits| splits.len() == 1));
    let ours = worst_deviation(&split_counts(&dataset));
    let theirs = worst_deviation(&counts(&reference()["grouped"]));
    assert!(ours <= theirs, "ours {ours}, scikit-learn's {theirs}");
}

#[test]
fn the_seed_decides_and_nothing_else() {
    let (_folder, dataset) = patients();
    let fractions = SplitFractions::default();
    let again = |seed| resplit(&dataset, fractions, seed).unwrap();
    assert_eq!(again(32), dataset);
    assert_eq!(resplit(&again(7), fractions, 32).unwrap(), dataset);
    assert_ne!(again(7), dataset);
}

#[test]
fn a_class_with_fewer_images_than_splits_is_told() {
    let folder = Folder::new();
    folder.class("a", 10);
    folder.class("b", 2);
    let error = Dataset::read(folder.path(), &ReadSettings::default()).unwrap_err();
    assert!(matches!(
        error,
        ReadError::Stratify(StratifyError::TooFewImages {
            count: 2,
            needed: 3,
            ..
        })
    ));
    let settings = ReadSettings {
        fractions: "80/20/0".parse().unwrap(),
        ..ReadSettings::default()
    };
    let dataset = Dataset::read(folder.path(), &settings).unwrap();
    assert_eq!(split_counts(&dataset), [vec![8, 1], vec![2, 1], vec![0, 0]]);
}

#[test]
fn a_class_from_fewer_patients_than_splits_is_told() {
    let folder = Folder::new();
    let mut manifest = "path,class,group\n".to_owned();
    for number in 0..20 {
        folder.file(&number.to_string(), b"");
        let class = if number < 10 { "a" } else { "b" };
        writeln!(manifest, "{number},{class},{class}{}", number % 2).unwrap();
    }
    let path = folder.file("list.csv", manifest.as_bytes());
    let error = Dataset::read(&path, &ReadSettings::default()).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("class `a` comes from 2 groups"),
        "{error}"
    );
}
