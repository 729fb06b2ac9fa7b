//! `hilum audit`, and the gate that `train` and `evaluate` pass.

use serde_json::Value;

use crate::workplace::{CLASSES, QUICK, Workplace};

fn copy(workplace: &Workplace, from: &str, to: &str) {
    std::fs::copy(workplace.path(from), workplace.path(to)).expect("a copy");
}

fn audit(workplace: &Workplace) -> (i32, Value) {
    let finished = workplace.hilum(&["audit", "slices", "--format", "json"]);
    (
        finished.code,
        serde_json::from_str(&finished.stdout).expect("one object"),
    )
}

fn rules(audit: &Value) -> Vec<&str> {
    let findings = audit["findings"].as_array().expect("a list");
    findings
        .iter()
        .map(|finding| finding["rule"].as_str().expect("a name"))
        .collect()
}

fn train(workplace: &Workplace, more: &[&str]) -> crate::workplace::Finished {
    let mut arguments = vec!["train", "slices", "--epochs", "1"];
    arguments.extend(QUICK);
    arguments.extend(more);
    workplace.hilum(&arguments)
}

#[test]
fn clean_data_has_no_errors_and_exits_with_0() {
    let workplace = Workplace::new();
    workplace.slices();
    let (code, audit) = audit(&workplace);
    assert_eq!(code, 0, "{audit}");
    assert_eq!(audit["splits"]["train"]["files"], 18);
    assert_eq!(audit["splits"]["train"]["distinct"], 18);
    assert_eq!(audit["splits"]["valid"]["classes"][CLASSES[1]], 3);
    for finding in audit["findings"].as_array().unwrap() {
        assert_eq!(finding["severity"], "warning", "{finding}");
    }
}

#[test]
fn a_copy_of_a_test_slice_in_train_is_an_error_and_named() {
    let workplace = Workplace::new();
    workplace.slices();
    copy(
        &workplace,
        "slices/test/normal/0.png",
        "slices/train/normal/copy.png",
    );
    let (code, audit) = audit(&workplace);
    assert_eq!(code, 1);
    let finding = audit["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["rule"] == "duplicate-across-splits")
        .expect("the finding");
    assert_eq!(finding["severity"], "error");
    let files = finding["files"].as_array().unwrap();
    assert!(
        files
            .iter()
            .any(|file| file.as_str().unwrap().ends_with("copy.png")),
        "{files:?}"
    );
}

#[test]
fn training_leaves_out_copies_of_slices_that_judge_and_says_so() {
    let workplace = Workplace::new();
    workplace.slices();
    copy(
        &workplace,
        "slices/test/normal/0.png",
        "slices/train/normal/copy.png",
    );
    let finished = train(&workplace, &["--name", "mended"]);
    let said = &finished.succeeds().stderr;
    assert!(said.contains("mended: 1 images left `train`"), "{said}");
    assert!(said.contains("training on 18 slices"), "{said}");
    let audit = std::fs::read_to_string(workplace.path("runs/mended/audit.json")).unwrap();
    assert!(!rules(&serde_json::from_str(&audit).unwrap()).contains(&"duplicate-across-splits"));

    let finished = train(&workplace, &["--name", "as-is", "--as-is"]);
    let said = &finished.succeeds().stderr;
    assert!(said.contains("training on 19 slices"), "{said}");
    let audit = std::fs::read_to_string(workplace.path("runs/as-is/audit.json")).unwrap();
    assert!(rules(&serde_json::from_str(&audit).unwrap()).contains(&"duplicate-across-splits"));
}

#[test]
fn one_picture_of_two_classes_is_dropped_from_both() {
    let workplace = Workplace::new();
    workplace.slices();
    copy(
        &workplace,
        "slices/train/normal/0.png",
        "slices/train/adenocarcinoma/copy.png",
    );
    let (code, audit) = audit(&workplace);
    assert!(
        code == 1 && rules(&audit).contains(&"label-conflict"),
        "{audit}"
    );
    let finished = train(&workplace, &[]);
    assert!(
        finished.succeeds().stderr.contains("training on 17 slices"),
        "{}",
        finished.stderr
    );
}

#[test]
fn an_evaluation_gives_its_metrics_twice_where_there_are_copies() {
    let workplace = Workplace::new();
    workplace.model();
    copy(
        &workplace,
        "slices/train/normal/0.png",
        "slices/test/normal/copy.png",
    );
    copy(
        &workplace,
        "slices/test/normal/1.png",
        "slices/test/normal/repeat.png",
    );
    let finished = workplace.hilum(&[
        "evaluate",
        "slices",
        "--model",
        "runs/first/model.safetensors",
        "--format",
        "json",
    ]);
    let metrics: Value = serde_json::from_str(&finished.succeeds().stdout).unwrap();
    assert_eq!(metrics["as_is"]["count"], 11);
    assert_eq!(metrics["clean"]["count"], 9);
    let stamped = metrics["audit"].to_string();
    assert!(stamped.contains("duplicate-across-splits"), "{stamped}");
}

#[test]
fn the_mended_dataset_is_a_manifest_and_the_source_is_not_touched() {
    let workplace = Workplace::new();
    workplace.slices();
    copy(
        &workplace,
        "slices/test/normal/0.png",
        "slices/train/normal/copy.png",
    );
    let finished = workplace.hilum(&["audit", "slices", "--fix", "--out", "mended.csv"]);
    finished.succeeds();
    let manifest = std::fs::read_to_string(workplace.path("mended.csv")).unwrap();
    assert!(!manifest.contains("copy.png"), "{manifest}");
    assert_eq!(manifest.lines().count(), 1 + 18 + 9 + 9);
    assert!(workplace.path("slices/train/normal/copy.png").is_file());
}

#[test]
fn a_page_shows_data_and_findings() {
    let workplace = Workplace::new();
    workplace.slices();
    copy(
        &workplace,
        "slices/test/normal/0.png",
        "slices/train/normal/copy.png",
    );
    let finished = workplace.hilum(&["audit", "slices", "--out", "page"]);
    assert_eq!(finished.code, 1, "{}", finished.stderr);
    let page = std::fs::read_to_string(workplace.path("page/index.html")).unwrap();
    assert!(page.contains("duplicate-across-splits") && page.contains("copy.png"));
}

#[test]
fn every_rule_explains_itself() {
    let workplace = Workplace::new();
    for rule in hilum_dataset::audit::RULES.iter().map(|rule| rule.name) {
        let finished = workplace.hilum(&["audit", "--explain", rule]);
        assert!(finished.succeeds().stdout.contains(rule), "{rule}");
    }
    workplace
        .hilum(&["audit", "--explain", "duplicate"])
        .refuses(&["`duplicate`", "hint:"]);
}

/// The mistake that this program exists to make impossible: long class names in `train`, short
/// ones in `test`, and a loader that keeps what matches.
#[test]
fn long_names_in_train_and_short_ones_in_test_are_the_same_classes() {
    let workplace = Workplace::new();
    workplace.slices();
    for class in [CLASSES[0], CLASSES[2]] {
        let folder = workplace.path("slices/train");
        let long = format!("{class}_left.hilum_T1_N2_M0_IIIa");
        std::fs::rename(folder.join(class), folder.join(long)).unwrap();
    }
    let finished = train(&workplace, &["--name", "long"]);
    assert!(
        finished.succeeds().stderr.contains("training on 18 slices"),
        "{}",
        finished.stderr
    );

    // Names that no rule joins stop the run and list both sides.
    let folder = workplace.path("slices/test");
    std::fs::rename(folder.join(CLASSES[2]), folder.join("scc")).unwrap();
    train(&workplace, &[]).refuses(&["`scc`", "`squamous.cell.carcinoma`", "--class-map"]);
    let finished = train(&workplace, &["--class-map", "scc=squamous.cell.carcinoma"]);
    finished.succeeds();
}
