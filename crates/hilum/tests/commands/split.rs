//! `hilum split`.

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

#[test]
fn shares_that_are_not_the_whole_are_refused() {
    let workplace = Workplace::new();
    flat(&workplace);
    let finished = workplace.hilum(&["split", "flat", "--out", "m.csv", "--fractions", "70/20/20"]);
    finished.refuses(&["70/20/20"]);
}
