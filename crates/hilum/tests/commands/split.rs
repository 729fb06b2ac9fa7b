//! `hilum split`.

use std::collections::{BTreeMap, BTreeSet};

use hilum_imaging::{DatasetSettings, PhantomFormat, write_dataset};

use crate::workplace::{QUICK, Workplace};

/// `flat/CLASS/*`, ten slices of each of two classes.
fn flat(workplace: &Workplace) {
    for class in 0..2 {
        for number in 0..10 {
            let name = format!("flat/{}/{number}.png", ["benign", "malignant"][class]);
            workplace.write_slice(&name, class, class * 100 + number);
        }
    }
}

#[test]
fn a_flat_folder_becomes_a_manifest_that_trains() {
    let workplace = Workplace::new();
    flat(&workplace);
    workplace
        .hilum(&["split", "flat", "--out", "manifest.csv"])
        .succeeds();
    let manifest = std::fs::read_to_string(workplace.path("manifest.csv")).unwrap();
    assert!(manifest.starts_with("path,class,split"), "{manifest}");
    let count = |split: &str| {
        manifest
            .lines()
            .filter(|line| line.ends_with(split))
            .count()
    };
    assert_eq!(
        (count(",train"), count(",valid"), count(",test")),
        (14, 2, 4)
    );

    let mut arguments = vec!["train", "manifest.csv", "--epochs", "1"];
    arguments.extend(QUICK);
    workplace.hilum(&arguments).succeeds();
}

#[test]
fn a_manifest_is_not_overwritten_unless_forced() {
    let workplace = Workplace::new();
    flat(&workplace);
    std::fs::write(workplace.path("manifest.csv"), "mine").unwrap();
    workplace
        .hilum(&["split", "flat", "--out", "manifest.csv"])
        .refuses(&["manifest.csv", "--force"]);
    assert_eq!(
        std::fs::read_to_string(workplace.path("manifest.csv")).unwrap(),
        "mine"
    );
    workplace
        .hilum(&["split", "flat", "--out", "manifest.csv", "--force"])
        .succeeds();
}

/// Slices of 16 patients, three of each, whose files name no patient that is read.
fn phantoms(workplace: &Workplace) {
    let settings = DatasetSettings {
        train_per_class: 12,
        valid_per_class: 0,
        test_per_class: 0,
        slices_per_patient: 3,
        size: 128,
        seed: 9,
        format: PhantomFormat::Png,
    };
    write_dataset(&workplace.path("phantoms"), &settings, |_, _| {}).expect("phantoms");
}

#[test]
fn inferred_groups_stay_together_and_are_called_inferred() {
    let workplace = Workplace::new();
    phantoms(&workplace);
    let finished = workplace.hilum(&[
        "split",
        "phantoms/train",
        "--infer-groups",
        "--out",
        "manifest.csv",
    ]);
    let said = finished.stderr.clone();
    finished.succeeds();
    assert!(said.contains("inferred groups"), "{said}");
    let manifest = std::fs::read_to_string(workplace.path("manifest.csv")).expect("a manifest");
    let mut rows = manifest
        .lines()
        .map(|line| line.split(',').collect::<Vec<_>>());
    assert_eq!(rows.next(), Some(vec!["path", "class", "split", "group"]));
    let mut splits: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in rows.filter(|row| !row[3].is_empty()) {
        splits.entry(row[3]).or_default().insert(row[2]);
    }
    assert!(splits.len() >= 8, "{manifest}");
    for (group, splits) in &splits {
        assert!(group.starts_with("inferred-"), "{group}");
        assert_eq!(splits.len(), 1, "{group} is in {splits:?}");
    }
}

#[test]
fn nothing_is_inferred_unless_it_is_asked_for() {
    let workplace = Workplace::new();
    phantoms(&workplace);
    let finished = workplace.hilum(&["split", "phantoms/train", "--out", "manifest.csv"]);
    assert!(!finished.stderr.contains("inferred"), "{}", finished.stderr);
    finished.succeeds();
    let manifest = std::fs::read_to_string(workplace.path("manifest.csv")).expect("a manifest");
    assert!(manifest.starts_with("path,class,split\n"), "{manifest}");
}

#[test]
fn shares_that_are_not_the_whole_are_refused() {
    let workplace = Workplace::new();
    flat(&workplace);
    let finished = workplace.hilum(&["split", "flat", "--out", "m.csv", "--fractions", "70/20/20"]);
    finished.refuses(&["70/20/20"]);
}
