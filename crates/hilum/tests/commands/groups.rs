//! Figures of patients and groups in `hilum evaluate`.

#![expect(clippy::unwrap_used, reason = "what fails here is a failed test")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hilum_imaging::{DatasetSettings, PhantomFormat, write_dataset};
use serde_json::Value;

use crate::workplace::{CLASSES, Workplace};

const MODEL: [&str; 2] = ["--model", "runs/first/model.safetensors"];

/// `A` is of two classes, `B` has a lesion in one of two slices.
const GROUPS: [(usize, usize, &str); 9] = [
    (0, 0, "A"),
    (0, 1, "A"),
    (2, 2, "A"),
    (0, 2, "B"),
    (1, 2, "B"),
    (1, 0, "N"),
    (1, 1, "N"),
    (2, 0, "S"),
    (2, 1, "S"),
];
/// What the others are.
const TRUTH: [(&str, usize); 3] = [("B", 0), ("N", 1), ("S", 2)];

fn manifest(workplace: &Workplace) {
    let mut manifest = "path,class,split,group\n".to_owned();
    for (class, number, group) in GROUPS {
        let name = CLASSES[class];
        writeln!(
            manifest,
            "slices/test/{name}/{number}.png,{name},test,{group}"
        )
        .unwrap();
    }
    std::fs::write(workplace.path("groups.csv"), manifest).unwrap();
}

fn evaluate(workplace: &Workplace, data: &str) -> Value {
    let mut arguments = vec!["evaluate", data, "--out", "evaluation", "--force"];
    arguments.extend(MODEL);
    arguments.extend(["--format", "json"]);
    let finished = workplace.hilum(&arguments);
    serde_json::from_str(&finished.succeeds().stdout).unwrap()
}

/// The probabilities of each slice, by path.
fn predictions(workplace: &Workplace) -> BTreeMap<String, Vec<f64>> {
    let csv = std::fs::read_to_string(workplace.path("evaluation/predictions.csv")).unwrap();
    let cells = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
    let mut lines = csv.lines().map(cells);
    let header = lines.next().unwrap();
    let columns = CLASSES.map(|class| header.iter().position(|name| name == class).unwrap());
    lines
        .map(|row| {
            let values = columns.map(|column| row[column].parse().unwrap());
            (row[0].clone(), values.to_vec())
        })
        .collect()
}

#[test]
fn groups_are_judged_beside_slices_and_drawn_for_intervals() {
    let workplace = Workplace::new();
    workplace.model();
    manifest(&workplace);
    let metrics = evaluate(&workplace, "groups.csv");
    let groups = &metrics["by_group"];
    assert_eq!(groups["unit"], "group");
    assert_eq!(groups["inferred"], false);
    assert_eq!(groups["of"], "clean");
    assert_eq!(groups["rule"], "suspicious-tenth");
    assert_eq!(groups["count"], 3);
    assert_eq!(groups["slices"], 6);
    assert_eq!(groups["of_several_classes"], 1);
    assert_eq!(metrics["drawn"], "groups");
    assert_eq!(metrics["as_is"]["count"], 9);
    for key in [
        "macro_f1",
        "balanced_accuracy",
        "ece",
        "per_class",
        "confusion",
    ] {
        assert!(groups.get(key).is_some(), "{key}");
    }
    assert!(
        groups["intervals"]["accuracy"]["low"].is_number(),
        "{groups}"
    );

    let predictions = predictions(&workplace);
    let is_right = |(group, truth): &(&str, usize)| {
        // Three slices or fewer are all asked.
        let members = GROUPS.iter().filter(|(_, _, name)| name == group);
        let mut sums = [0.0; 3];
        for (class, number, _) in members {
            let name = format!("/{}/{number}.png", CLASSES[*class]);
            let slice = predictions.iter().find(|(path, _)| path.ends_with(&name));
            for (sum, value) in sums.iter_mut().zip(slice.unwrap().1) {
                *sum += value;
            }
        }
        let largest = sums.iter().copied().fold(0.0, f64::max);
        sums[*truth] == largest
    };
    let right = TRUTH.iter().filter(|group| is_right(group)).count();
    assert_eq!(groups["accuracy"], right as f64 / 3.0);

    let mut arguments = vec!["evaluate", "groups.csv", "--out", "evaluation", "--force"];
    arguments.extend(MODEL);
    let text = workplace.hilum(&arguments).succeeds().stdout.clone();
    for words in [
        "by group",
        "3 groups of 6 slices",
        "1 of several classes is left out",
        "whole groups are drawn",
    ] {
        assert!(text.contains(words), "no `{words}` in:\n{text}");
    }
    let page = std::fs::read_to_string(workplace.path("evaluation/report.html")).unwrap();
    assert!(page.contains("<h3>By group</h3>") && page.contains("Intervals draw whole groups"));
}

#[test]
fn slices_that_belong_to_no_other_are_drawn_alone() {
    let workplace = Workplace::new();
    workplace.model();
    let mut rows = "path,class,split\n".to_owned();
    for class in CLASSES {
        for number in 0..2 {
            let relative = format!("noise/{class}-{number}.png");
            workplace.write_noise(&relative, class.len() * 100 + number);
            writeln!(rows, "{relative},{class},test").unwrap();
        }
    }
    std::fs::write(workplace.path("noise.csv"), rows).unwrap();
    let metrics = evaluate(&workplace, "noise.csv");
    assert!(metrics["by_group"].is_null(), "{}", metrics["by_group"]);
    assert_eq!(metrics["drawn"], "slices");
}

#[test]
fn patients_of_dicom_headers_are_the_groups() {
    let workplace = Workplace::new();
    let settings = DatasetSettings {
        train_per_class: 4,
        valid_per_class: 2,
        test_per_class: 4,
        slices_per_patient: 2,
        size: 64,
        seed: 5,
        format: PhantomFormat::Dicom,
    };
    write_dataset(&workplace.path("phantoms"), &settings, |_, _| {}).unwrap();
    let mut arguments = vec!["train", "phantoms", "--name", "first", "--epochs", "1"];
    arguments.extend(crate::workplace::QUICK);
    workplace.hilum(&arguments).succeeds();
    let metrics = evaluate(&workplace, "phantoms");
    assert_eq!(metrics["by_group"]["unit"], "patient");
    assert_eq!(metrics["by_group"]["count"], 8);
    assert_eq!(metrics["by_group"]["slices"], 16);
    assert_eq!(metrics["drawn"], "groups");
}
