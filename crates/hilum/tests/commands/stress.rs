//! What `hilum evaluate` says of changed slices.

use std::path::Path;

use hilum_imaging::{
    Change, DatasetSettings, DecodeLimits, PhantomFormat, Window, decode_file, write_dataset,
    write_png,
};
use serde_json::Value;

use crate::workplace::{CLASSES, Finished, QUICK, Workplace};

fn evaluate(workplace: &Workplace, data: &str, more: &[&str]) -> (Finished, Value) {
    let model = [
        "--model",
        "runs/first/model.safetensors",
        "--format",
        "json",
    ];
    let arguments = [&["evaluate", data], &model[..], more].concat();
    let finished = workplace.hilum(&arguments);
    let metrics = serde_json::from_str(&finished.succeeds().stdout).expect("JSON");
    (finished, metrics)
}

/// The slices of a split after a change, as files of their own.
fn write_changed(from: &Path, to: &Path, change: Change) {
    for class in CLASSES {
        for file in std::fs::read_dir(from.join(class)).expect("a class") {
            let file = file.expect("a file").path();
            let limits = DecodeLimits::default();
            let slice = decode_file(&file, Window::LUNG, &limits).expect("a slice");
            let changed = change.apply(&slice.pixels, 0).expect("a change");
            let folder = to.join(class);
            std::fs::create_dir_all(&folder).expect("a folder");
            write_png(&folder.join(file.file_name().expect("a name")), &changed).expect("a slice");
        }
    }
}

fn row<'a>(table: &'a Value, change: &str, amount: f64) -> &'a Value {
    let rows = table["rows"].as_array().expect("rows");
    let found = rows
        .iter()
        .find(|row| row["change"] == change && row["amount"] == amount);
    found.unwrap_or_else(|| panic!("no {change} by {amount}"))
}

#[test]
fn a_row_is_what_an_evaluation_of_changed_files_says() {
    let workplace = Workplace::new();
    workplace.slices();
    // Long enough to tell the classes apart, and short enough to lose them again.
    let train = ["train", "slices", "--name", "first", "--epochs", "10"];
    workplace.hilum(&[&train, &QUICK[..]].concat()).succeeds();
    let (_, metrics) = evaluate(&workplace, "slices", &["--stress", "full"]);
    let table = &metrics["stress"];
    let mut moved = 0;
    for change in [
        Change::Brightness(0.75),
        Change::Contrast(1.25),
        Change::WindowCentre(-0.1),
        Change::WindowWidth(1.25),
        Change::Jpeg(20),
        Change::Size(0.5),
        Change::Rotation(20.0),
        Change::Sharpness(0.0),
    ] {
        let folder = format!("changed/{}", change.name());
        let (from, to) = (workplace.path("slices/test"), workplace.path(&folder));
        write_changed(&from, &to.join("test"), change);
        let arguments = [
            "--stress",
            "off",
            "--out",
            &format!("out/{}", change.name()),
        ];
        let (_, expected) = evaluate(&workplace, &folder, &arguments);
        let row = row(table, change.name(), change.amount());
        assert_eq!(row["abstained"], expected["abstained"]["count"], "{change}");
        let expected = &expected["as_is"];
        assert_eq!(row["accuracy"], expected["accuracy"], "{change}");
        assert_eq!(row["macro_f1"], expected["macro_f1"], "{change}");
        assert_eq!(row["count"], expected["count"], "{change}");
        let counts = expected["confusion"]["counts"].as_array().expect("rows");
        for (at, class) in CLASSES.iter().enumerate() {
            let called: u64 = counts.iter().filter_map(|row| row[at].as_u64()).sum();
            assert_eq!(row["predicted"][class], called, "{change}: {class}");
        }
        moved += usize::from(row["macro_f1"] != table["macro_f1"]);
    }
    assert!(moved > 2, "{moved} changes did something: {table}");
}

#[test]
fn the_table_has_its_keys_and_is_of_the_slices_that_the_figures_are_of() {
    let workplace = Workplace::new();
    workplace.model();
    let (finished, metrics) = evaluate(&workplace, "slices", &[]);
    let table = &metrics["stress"];
    assert_eq!(table["of"], "clean");
    assert_eq!(table["count"], metrics["clean"]["count"]);
    assert_eq!(table["out_of"], table["count"]);
    assert_eq!(table["in_hounsfield"], 0);
    assert_eq!(table["macro_f1"], metrics["clean"]["macro_f1"]);
    assert_eq!(table["accuracy"], metrics["clean"]["accuracy"]);
    let rows = table["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 15);
    for row in rows {
        for key in [
            "change",
            "amount",
            "unit",
            "says",
            "small",
            "count",
            "accuracy",
            "macro_f1",
            "macro_f1_difference",
            "interval",
            "abstained",
            "agreement",
            "predicted",
        ] {
            assert!(!row[key].is_null(), "{key} of {row}");
        }
        let number = |value: &Value| value.as_f64().expect("a number");
        let difference = number(&row["macro_f1"]) - number(&table["macro_f1"]);
        let said = number(&row["macro_f1_difference"]);
        assert!((difference - said).abs() < 1e-12, "{row}");
    }
    let is_brittle = rows.iter().any(|row| {
        row["small"] == true && row["macro_f1_difference"].as_f64().expect("a number") < -0.10
    });
    let warns = finished.stderr.contains("small changes");
    assert_eq!(warns, is_brittle, "{}", finished.stderr);
}

#[test]
fn off_tries_nothing_and_other_words_are_refused() {
    let workplace = Workplace::new();
    workplace.model();
    let (_, metrics) = evaluate(&workplace, "slices", &["--stress", "off"]);
    assert!(metrics["stress"].is_null());
    let model = [
        "--model",
        "runs/first/model.safetensors",
        "--stress",
        "some",
    ];
    let finished = workplace.hilum(&[&["evaluate", "slices"], &model[..]].concat());
    assert_ne!(finished.code, 0);
    assert!(
        finished.stderr.contains("possible values: off, fast, full"),
        "{}",
        finished.stderr
    );
}

#[test]
fn a_person_is_told_of_the_worst_within_80_columns() {
    let workplace = Workplace::new();
    workplace.model();
    let arguments = [
        "evaluate",
        "slices",
        "--model",
        "runs/first/model.safetensors",
    ];
    let finished = workplace.hilum(&arguments);
    let said = &finished.succeeds().stdout;
    let mut lines = said
        .lines()
        .skip_while(|line| !line.contains("15 changes of"));
    let (first, second) = (lines.next().expect(said), lines.next().unwrap_or_default());
    assert!(
        first.starts_with("stress: 15 changes of 9 clean slices"),
        "{said}"
    );
    assert!(
        first.chars().count() <= 80 && second.chars().count() <= 80,
        "{said}"
    );
    assert!(
        second.contains("macro-F1") || first.contains("none costs"),
        "{said}"
    );
}

#[test]
fn slices_of_hounsfield_units_have_another_window_and_not_another_ramp() {
    let workplace = Workplace::new();
    let settings = DatasetSettings {
        train_per_class: 6,
        valid_per_class: 3,
        test_per_class: 3,
        slices_per_patient: 1,
        size: 64,
        seed: 5,
        format: PhantomFormat::Dicom,
    };
    write_dataset(&workplace.path("slices"), &settings, |_, _| {}).expect("phantoms");
    let train = ["train", "slices", "--name", "first", "--epochs", "2"];
    workplace.hilum(&[&train, &QUICK[..]].concat()).succeeds();
    let (_, metrics) = evaluate(&workplace, "slices", &[]);
    let table = &metrics["stress"];
    assert_eq!(table["count"], 12);
    assert_eq!(table["in_hounsfield"], table["count"]);
}
