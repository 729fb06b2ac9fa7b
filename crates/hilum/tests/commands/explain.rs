//! `hilum explain`, and heat in evaluations.

use std::fs;

use serde_json::Value;

use crate::workplace::{Finished, Workplace};

const SLICE: &str = "slices/test/normal/0.png";

fn explain(workplace: &Workplace, more: &[&str]) -> Finished {
    let mut arguments = vec!["explain", "--model", "runs/first/model.safetensors"];
    arguments.extend(more);
    workplace.hilum(&arguments)
}

fn lines(finished: &Finished) -> Vec<Value> {
    let parse = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
    finished.stdout.lines().map(parse).collect()
}

#[test]
fn every_slice_gets_a_line_a_picture_and_a_map_of_its_own_size() {
    let workplace = Workplace::new();
    workplace.model();
    let arguments = ["slices/test", "--out", "heat", "--format", "json"];
    let finished = explain(&workplace, &arguments);
    let lines = lines(finished.succeeds());
    assert_eq!(lines.len(), 9);
    for line in &lines {
        assert_eq!(line["method"], "grad-cam");
        assert_eq!(
            line["layer"], "stage2.relu",
            "the last of five cells a side"
        );
        assert_eq!(line["sanity"]["mode"], "fast");
        assert!(line["probability"].as_f64().unwrap() <= 1.0);
        assert!(line.get("inside_lungs").is_some(), "{line}");
        let [picture, map] = ["picture", "map"].map(|key| {
            let path = workplace.path(line[key].as_str().unwrap());
            fs::read(path).unwrap()
        });
        assert!(picture.starts_with(b"\x89PNG"));
        assert!(map.starts_with(b"\x93NUMPY"));
        assert!(String::from_utf8_lossy(&map).contains("'shape': (32, 32)"));
    }
    assert!(workplace.path("heat/sheet-1.png").exists());
}

#[test]
fn every_method_has_a_map_and_the_table_says_where_heat_lies() {
    let workplace = Workplace::new();
    workplace.model();
    for method in [
        "grad-cam",
        "grad-cam++",
        "hires-cam",
        "layer-cam",
        "eigen-cam",
        "score-cam",
        "occlusion",
        "integrated-gradients",
        "smooth-grad",
    ] {
        let arguments = [
            SLICE, "--method", method, "--out", method, "--sanity", "off",
        ];
        let finished = explain(&workplace, &arguments);
        let table = &finished.succeeds().stdout;
        assert!(
            table.contains("lungs") && table.contains("checks"),
            "{table}"
        );
        assert!(workplace.path(method).join("0.npy").exists(), "{method}");
    }
}

#[test]
fn what_does_not_exist_is_named_with_a_hint_and_nothing_is_written() {
    let workplace = Workplace::new();
    workplace.model();
    for (arguments, says) in [
        (
            ["--class", "adenocarcinom"],
            "did you mean `adenocarcinoma`?",
        ),
        (["--layer", "stage4.rely"], "did you mean `stage4.relu`?"),
        (["--layer", "classifier"], "has no places"),
        (["--method", "grad-can"], "grad-cam"),
    ] {
        let mut all = vec![SLICE, "--out", "heat"];
        all.extend(arguments);
        let finished = explain(&workplace, &all);
        assert_ne!(finished.code, 0, "{arguments:?}");
        assert!(finished.stderr.contains(says), "{}", finished.stderr);
        assert!(!workplace.path("heat").exists(), "{arguments:?}");
    }
}

#[test]
fn pictures_do_not_go_among_others_unasked() {
    let workplace = Workplace::new();
    workplace.model();
    let arguments = [SLICE, "--out", "heat", "--sanity", "off"];
    explain(&workplace, &arguments).succeeds();
    let again = explain(&workplace, &arguments);
    assert_eq!(again.code, 1);
    assert!(again.stderr.contains("--force"), "{}", again.stderr);
    let mut forced = arguments.to_vec();
    forced.push("--force");
    explain(&workplace, &forced).succeeds();
}

#[test]
fn an_evaluation_says_where_heat_lies_by_class() {
    let workplace = Workplace::new();
    workplace.model();
    let model = "runs/first/model.safetensors";
    let finished = workplace.hilum(&[
        "evaluate",
        "slices",
        "--model",
        model,
        "--explain",
        "--stress",
        "off",
        "--format",
        "json",
    ]);
    let report: Value = serde_json::from_str(&finished.succeeds().stdout).unwrap();
    let heat = &report["heat"];
    assert_eq!(heat["method"], "grad-cam");
    let counts = heat["per_class"].as_object().unwrap().values();
    let count: u64 = counts.map(|shares| shares["count"].as_u64().unwrap()).sum();
    assert_eq!(Some(count), heat["all"]["count"].as_u64());
    let page = fs::read_to_string(workplace.path("runs/first/evaluation/report.html")).unwrap();
    assert!(page.contains("The heat for"), "maps of cases");
}
