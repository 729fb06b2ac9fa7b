//! `hilum evaluate`.

use serde_json::Value;

use crate::workplace::{CLASSES, QUICK, Workplace, names_in};

const MODEL: [&str; 2] = ["--model", "runs/first/model.safetensors"];

fn evaluate(workplace: &Workplace, more: &[&str]) -> crate::workplace::Finished {
    let mut arguments = vec!["evaluate", "slices"];
    arguments.extend(MODEL);
    arguments.extend(more);
    workplace.hilum(&arguments)
}

#[test]
fn an_evaluation_leaves_every_file() {
    let workplace = Workplace::new();
    workplace.model();
    let finished = evaluate(&workplace, &[]);
    assert!(
        finished.succeeds().stdout.contains("9 slices of `test`"),
        "{}",
        finished.stdout
    );
    assert_eq!(
        names_in(&workplace.path("runs/first/evaluation")),
        [
            "answers.csv",
            "confusion-matrix.svg",
            "metrics.json",
            "precision-recall.svg",
            "predictions.csv",
            "reliability.svg",
            "report.html",
            "risk-coverage.svg",
            "roc.svg",
            "stress.svg",
        ]
    );
}

#[test]
fn plots_are_png_too_where_somebody_asks() {
    let workplace = Workplace::new();
    workplace.slices();
    let mut train = vec![
        "train", "slices", "--name", "first", "--epochs", "1", "--plots", "png",
    ];
    train.extend(QUICK);
    workplace.hilum(&train).succeeds();
    assert!(workplace.path("runs/first/curves.png").is_file());
    evaluate(&workplace, &["--plots", "png"]).succeeds();
    let folder = workplace.path("runs/first/evaluation");
    let names = names_in(&folder);
    let plots = names.iter().filter_map(|name| name.strip_suffix(".svg"));
    for plot in plots {
        let file = std::fs::read(folder.join(format!("{plot}.png"))).unwrap();
        assert_eq!(&file[1..4], b"PNG", "{plot}");
    }
    assert_eq!(names.iter().filter(|name| name.contains(".png")).count(), 6);
    evaluate(&workplace, &["--plots", "jpeg"]).refuses(&["jpeg", "svg", "png"]);
}

#[test]
fn the_report_shows_the_slices_to_look_at() {
    let workplace = Workplace::new();
    workplace.model();
    evaluate(&workplace, &[]).succeeds();
    let read = |name: &str| {
        let path = workplace.path("runs/first/evaluation").join(name);
        std::fs::read_to_string(path).unwrap()
    };
    let predictions = read("predictions.csv");
    let rows = predictions.lines().skip(1);
    let rows: Vec<Vec<&str>> = rows.map(|row| row.split(',').collect()).collect();
    let right = rows.iter().filter(|row| row[1] == row[2]).count();
    let page = read("report.html");
    let shown = |sign: &str| page.matches(&format!("<b>{sign} called ")).count();
    assert_eq!(shown("✓"), right.min(6));
    assert_eq!(shown("✕"), (rows.len() - right).min(6));
    assert_eq!(
        page.matches("data:image/png;base64,").count(),
        shown("✓") + shown("✕")
    );
}

#[test]
fn the_split_is_the_one_that_was_asked_for() {
    let workplace = Workplace::new();
    workplace.model();
    let finished = evaluate(&workplace, &["--split", "valid", "--format", "json"]);
    let printed: Value = serde_json::from_str(&finished.succeeds().stdout).unwrap();
    assert_eq!(printed["split"], "valid");
    let file = std::fs::read_to_string(workplace.path("runs/first/evaluation/metrics.json"));
    assert_eq!(
        serde_json::from_str::<Value>(&file.unwrap()).unwrap(),
        printed
    );
    let predictions =
        std::fs::read_to_string(workplace.path("runs/first/evaluation/predictions.csv")).unwrap();
    assert_eq!(predictions.lines().count(), 1 + 9);
    assert!(
        predictions
            .lines()
            .skip(1)
            .all(|line| line.contains("valid")),
        "{predictions}"
    );
}

#[test]
fn metrics_have_the_keys_that_programs_rely_on() {
    let workplace = Workplace::new();
    workplace.model();
    let finished = evaluate(&workplace, &["--format", "json"]);
    let metrics: Value = serde_json::from_str(&finished.succeeds().stdout).unwrap();
    for key in [
        "count",
        "accuracy",
        "balanced_accuracy",
        "macro_f1",
        "weighted_f1",
        "macro_auroc",
        "log_loss",
        "ece",
        "per_class",
        "confusion",
        "intervals",
    ] {
        assert!(metrics["as_is"].get(key).is_some(), "{key}");
    }
    for key in ["precision", "recall", "f1", "support", "auroc"] {
        assert!(
            metrics["as_is"]["per_class"][CLASSES[0]].get(key).is_some(),
            "{key}"
        );
    }
    assert_eq!(
        metrics["as_is"]["confusion"]["classes"],
        serde_json::json!(CLASSES)
    );
    assert_eq!(
        metrics["clean"], metrics["as_is"],
        "nothing had to be left out"
    );
    assert_eq!(metrics["leaked"]["count"], 0);
    assert_eq!(metrics["leaked"]["of"], metrics["as_is"]["count"]);
}

#[test]
fn evaluating_twice_gives_the_same_numbers() {
    let workplace = Workplace::new();
    workplace.model();
    let first = evaluate(&workplace, &["--format", "json"]).stdout;
    let second = evaluate(&workplace, &["--format", "json", "--out", "again"]).stdout;
    assert_eq!(first, second);
    assert!(workplace.path("again/report.html").is_file());
}

#[test]
fn a_split_that_is_not_there_is_never_replaced_by_another() {
    let workplace = Workplace::new();
    workplace.model();
    std::fs::remove_dir_all(workplace.path("slices/test")).unwrap();
    evaluate(&workplace, &[]).refuses(&["no images for `test`", "hint:"]);
    assert!(!workplace.path("runs/first/evaluation").exists());
}

#[test]
fn a_model_of_other_classes_is_refused_with_both_lists() {
    let workplace = Workplace::new();
    workplace.model();
    let finished = evaluate(&workplace, &["--class-map", "normal=healthy"]);
    finished.refuses(&["`normal`", "`healthy`", "model:", "data:", "hint:"]);
}

#[test]
fn a_model_that_is_truncated_altered_or_foreign_is_refused() {
    let workplace = Workplace::new();
    let model = workplace.model();
    let whole = std::fs::read(&model).unwrap();

    std::fs::write(&model, &whole[..whole.len() - 100]).unwrap();
    evaluate(&workplace, &[]).refuses(&["model.safetensors", "truncated"]);

    let mut altered = whole.clone();
    let last = altered.len() - 1;
    altered[last] ^= 1;
    std::fs::write(&model, &altered).unwrap();
    evaluate(&workplace, &[]).refuses(&["model.safetensors", "altered"]);

    std::fs::write(&model, "not a model").unwrap();
    evaluate(&workplace, &[]).refuses(&["model.safetensors"]);

    std::fs::remove_file(&model).unwrap();
    evaluate(&workplace, &[]).refuses(&["model.safetensors"]);
}

#[test]
fn the_answers_say_what_a_comparison_goes_by() {
    let workplace = Workplace::new();
    workplace.model();
    // The same pixels under another name: a repeat.
    std::fs::copy(
        workplace.path("slices/test/normal/0.png"),
        workplace.path("slices/test/normal/again.png"),
    )
    .unwrap();
    evaluate(&workplace, &[]).succeeds();
    let answers =
        std::fs::read_to_string(workplace.path("runs/first/evaluation/answers.csv")).unwrap();
    let mut lines = answers.lines();
    let header = "path,truth,class,abstained,reason,set,group,clean,content";
    assert_eq!(lines.next(), Some(header));
    let of = |name: &str| -> Vec<&str> {
        let line = answers.lines().find(|line| line.contains(name)).unwrap();
        line.rsplit(',').take(3).collect()
    };
    let [first, again, other] = ["normal/0.png", "normal/again.png", "normal/1.png"].map(of);
    let content = 0;
    assert_eq!(first[content].len(), 32);
    assert_eq!(first[content], again[content]);
    assert_ne!(first[content], other[content]);
    let clean = 1;
    let clean = [first[clean], again[clean], other[clean]];
    assert_eq!(clean.iter().filter(|is| **is == "true").count(), 2);
    assert_eq!(lines.count(), 10);
}
