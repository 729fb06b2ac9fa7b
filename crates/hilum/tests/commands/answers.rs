//! When a model says "I don't know", and what its answers are worth.

use serde_json::Value;

use crate::workplace::{Finished, Workplace};

fn predict(workplace: &Workplace, more: &[&str]) -> Finished {
    let model = ["--model", "runs/first/model.safetensors"];
    let arguments = [&["predict", "slices/test"], &model[..], more].concat();
    workplace.hilum(&arguments)
}

fn lines(finished: &Finished) -> Vec<Value> {
    let parse = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
    finished.stdout.lines().map(parse).collect()
}

#[test]
fn below_a_threshold_there_is_no_class_in_any_format() {
    let workplace = Workplace::new();
    workplace.model();
    let threshold = ["--threshold", "1", "--margin", "0"];
    let json = [&threshold[..], &["--format", "json"]].concat();
    let finished = predict(&workplace, &json);
    let lines = lines(finished.succeeds());
    assert_eq!(lines.len(), 9);
    for line in &lines {
        assert_eq!(line["class"], Value::Null, "{line}");
        assert_eq!(line["abstained"], true);
        assert_eq!(line["reason"], "below --threshold");
        assert_eq!(line["probabilities"].as_object().unwrap().len(), 3);
    }

    let csv = [&threshold[..], &["--format", "csv"]].concat();
    let finished = predict(&workplace, &csv);
    let mut reader = csv::Reader::from_reader(finished.succeeds().stdout.as_bytes());
    let header = reader.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|one| one == name).unwrap();
    for row in reader.records() {
        let row = row.unwrap();
        assert_eq!(&row[column("class")], "");
        assert_eq!(&row[column("abstained")], "true");
        assert_eq!(&row[column("reason")], "below --threshold");
        assert_eq!(&row[column("calibrated")], "false");
    }

    let finished = predict(&workplace, &threshold);
    let table = &finished.succeeds().stdout;
    assert!(table.contains("I don't know: unsure"), "{table}");
    assert!(
        table.contains("unsure = below --threshold (9 slices)"),
        "{table}"
    );
}

#[test]
fn a_margin_of_one_is_a_tie_and_never_answers_all_the_same() {
    let workplace = Workplace::new();
    workplace.model();
    let reasons = |more: &[&str]| -> Vec<Value> {
        let finished = predict(&workplace, &[more, &["--format", "json"]].concat());
        let lines = lines(finished.succeeds());
        lines.iter().map(|line| line["reason"].clone()).collect()
    };
    let tie = ["two classes are as likely"; 9];
    assert_eq!(reasons(&["--margin", "1"]), tie);
    let none = vec![Value::Null; 9];
    assert_eq!(reasons(&["--margin", "1", "--abstain", "ood"]), none);
    assert_eq!(reasons(&["--margin", "1", "--abstain", "never"]), none);
}

#[test]
fn when_it_abstains_is_said_and_what_says_nothing_is_refused() {
    let workplace = Workplace::new();
    workplace.model();
    let finished = predict(&workplace, &["--threshold", "0.7"]);
    let said = finished.succeeds().stderr.replace('\n', " ");
    for words in [
        "two classes differ by less than 0.05",
        "below a probability of 0.7",
        "no detector",
        "not calibrated",
    ] {
        assert!(said.contains(words), "no `{words}` in: {said}");
    }
    predict(&workplace, &["--coverage", "1"]).refuses(&["`--coverage 1`", "hint: "]);
    predict(&workplace, &["--margin", "2"]).refuses(&["`--margin 2`", "hint: "]);
    let never = ["--abstain", "never", "--threshold", "0.5"];
    predict(&workplace, &never).refuses(&["`--abstain never`", "hint: "]);
    let unknown = predict(&workplace, &["--abstain", "sometimes"]);
    assert_ne!(unknown.code, 0);
    assert!(unknown.stderr.contains("uncertain"), "{}", unknown.stderr);
}
