//! The folder of an evaluation.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::Path;

use hilum_metrics::EvaluationReport;
use hilum_report::{PlotFormat, WriteError, write_curves, write_evaluation};

use super::fixture;
use super::sections;
use super::written::{metrics, of_calibrated, read, with_clean_part, written};

const FILES: [&str; 9] = [
    "answers.csv",
    "confusion-matrix.svg",
    "metrics.json",
    "precision-recall.svg",
    "predictions.csv",
    "reliability.svg",
    "report.html",
    "risk-coverage.svg",
    "roc.svg",
];

fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn the_folder_holds_every_file_and_nothing_else() {
    let folder = written(&[0, 1, 2, 3], |_| ());
    assert_eq!(names_in(folder.path()), FILES);
}

/// Width and height in pixels, and how many of them a metre has, as the file says (PNG, third
/// edition, 11.2.1 and 11.3.4.3).
fn size_of(png: &[u8]) -> ([u32; 2], [u32; 2]) {
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    let found = png.windows(4).position(|name| name == b"pHYs").unwrap();
    assert_eq!(png[found + 12], 1, "the unit is the metre");
    (
        [number(16), number(20)],
        [number(found + 4), number(found + 8)],
    )
}

#[test]
fn plots_are_png_too_where_somebody_asks() {
    let classes = fixture::classes(&fixture::CHEST);
    let predictions = fixture::predictions(4, &[0, 1, 2, 3], 60);
    let report = fixture::report(&classes, &predictions);
    let folder = tempfile::tempdir().unwrap();
    let evaluated = fixture::evaluated(&report, &predictions);
    write_evaluation(folder.path(), &evaluated, PlotFormat::Png).unwrap();
    let curves = folder.path().join("curves.svg");
    let (history, context) = (fixture::history(9), fixture::context());
    write_curves(&curves, &history, &context, PlotFormat::Png).unwrap();
    let names = names_in(folder.path());
    let plots: Vec<&str> = names
        .iter()
        .filter_map(|name| name.strip_suffix(".svg"))
        .collect();
    assert_eq!(plots.len(), 6);
    for plot in plots {
        let png = std::fs::read(folder.path().join(format!("{plot}.png"))).unwrap();
        let drawing = read(&folder, &format!("{plot}.svg"));
        let side = |name: &str| -> u32 {
            let rest = drawing.split_once(&format!(" {name}=\"")).unwrap().1;
            rest.split('"').next().unwrap().parse().unwrap()
        };
        let (size, per_metre) = size_of(&png);
        assert_eq!(
            size,
            [side("width"), side("height")].map(|side| 2 * side),
            "{plot}"
        );
        // 192 an inch of 25.4 mm.
        assert_eq!(per_metre, [7559; 2], "{plot}");
    }
}

#[test]
fn a_stress_table_has_a_plot_of_its_own() {
    let classes = fixture::classes(&fixture::CHEST);
    let predictions = fixture::predictions(4, &[0, 1, 2, 3], 60);
    let stress = sections::stress(&classes, &predictions);
    let folder = written(&[0, 1, 2, 3], |report| report.stress = Some(stress.clone()));
    let drawing = read(&folder, "stress.svg");
    for row in &stress.rows {
        assert!(drawing.contains(&format!(">{}<", row.says)), "{}", row.says);
    }
    assert!(!names_in(written(&[0, 1], |_| ()).path()).contains(&"stress.svg".to_owned()));
}

#[test]
fn metrics_json_has_the_keys_that_programs_rely_on() {
    let folder = written(&[0, 1, 2, 3], |_| ());
    let metrics: serde_json::Value = serde_json::from_str(&read(&folder, "metrics.json")).unwrap();
    assert_eq!(metrics["split"], "valid");
    assert_eq!(metrics["clean"], metrics["as_is"]);
    assert_eq!(metrics["audit"]["state"], "not_audited");
    let scores = &metrics["as_is"];
    assert_eq!(scores["count"], 60);
    let keys = [
        "accuracy",
        "balanced_accuracy",
        "macro_f1",
        "weighted_f1",
        "macro_auroc",
        "log_loss",
        "ece",
    ];
    for key in keys {
        assert!(scores[key].is_f64(), "{key}");
    }
    for name in fixture::CHEST {
        let class = &scores["per_class"][name];
        assert_eq!(class["support"], 15, "{name}");
        for key in ["precision", "recall", "f1", "auroc"] {
            assert!(class[key].is_f64(), "{key} of {name}");
        }
    }
    assert_eq!(
        scores["confusion"]["classes"],
        serde_json::json!(fixture::CHEST)
    );
    assert_eq!(scores["confusion"]["counts"].as_array().unwrap().len(), 4);
    for key in ["accuracy", "macro_f1", "macro_auroc"] {
        let interval = &scores["intervals"][key];
        assert!(
            interval["low"].as_f64().unwrap() <= scores[key].as_f64().unwrap(),
            "{key}"
        );
        assert!(
            scores[key].as_f64().unwrap() <= interval["high"].as_f64().unwrap(),
            "{key}"
        );
        assert_eq!(interval["level"], 0.95);
    }
}

#[test]
fn metrics_json_reads_back_as_the_same_report() {
    let classes = fixture::classes(&fixture::CHEST);
    let predictions = fixture::predictions(4, &[0, 1, 2, 3], 60);
    let report = fixture::report(&classes, &predictions);
    let folder = tempfile::tempdir().unwrap();
    write_evaluation(
        folder.path(),
        &fixture::evaluated(&report, &predictions),
        PlotFormat::Svg,
    )
    .unwrap();
    let text = read(&folder, "metrics.json");
    assert_eq!(
        serde_json::from_str::<EvaluationReport>(&text).unwrap(),
        report
    );
}

#[test]
fn metrics_json_from_before_a_metric_was_there_still_opens() {
    let folder = written(&[0, 1, 2, 3], |_| ());
    let mut metrics: serde_json::Value =
        serde_json::from_str(&read(&folder, "metrics.json")).unwrap();
    let figures = metrics["as_is"].as_object_mut().unwrap();
    assert!(figures.remove("log_cosh").is_some());
    figures.insert("a_metric_of_tomorrow".to_owned(), serde_json::json!(0.5));
    let report: EvaluationReport = serde_json::from_value(metrics).unwrap();
    assert_eq!(report.as_is.scores.log_cosh, None);
    assert!(report.as_is.scores.accuracy.is_some());
}

#[test]
fn predictions_csv_reads_back_to_the_bit() {
    let classes = fixture::classes(&["a,b", "normal"]);
    let mut predictions = fixture::predictions(2, &[0, 1], 40);
    predictions[0].path = "a folder, with \"quotes\"/slice.png".into();
    let report = fixture::report(&classes, &predictions);
    let folder = tempfile::tempdir().unwrap();
    write_evaluation(
        folder.path(),
        &fixture::evaluated(&report, &predictions),
        PlotFormat::Svg,
    )
    .unwrap();

    let mut reader = csv::Reader::from_path(folder.path().join("predictions.csv")).unwrap();
    let header: Vec<&str> = reader.headers().unwrap().iter().collect();
    assert_eq!(header, ["path", "truth", "predicted", "a,b", "normal"]);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), predictions.len());
    for (row, prediction) in rows.iter().zip(&predictions) {
        assert_eq!(&row[0], prediction.path.to_str().unwrap());
        assert_eq!(&row[1], classes.name(prediction.truth).as_str());
        let predicted = prediction.probabilities.most_likely();
        assert_eq!(&row[2], classes.name(predicted).as_str());
        let values: Vec<f64> = row
            .iter()
            .skip(3)
            .map(|text| text.parse().unwrap())
            .collect();
        assert_eq!(values, prediction.probabilities.as_slice());
    }
}

#[test]
fn plots_are_of_the_clean_slices_and_say_so() {
    let folder = with_clean_part(None);
    for name in [
        "confusion-matrix",
        "roc",
        "precision-recall",
        "reliability",
        "risk-coverage",
    ] {
        let drawing = read(&folder, &format!("{name}.svg"));
        assert!(drawing.contains("48 of 60 slices"), "{name}");
    }
    // What scikit-learn's formula makes of the clean slices stands in the legend of the ROC.
    let area = metrics(&folder)["clean"]["macro_auroc"].as_f64().unwrap();
    assert!(read(&folder, "roc.svg").contains(&format!(">{area:.3}<")));
}

#[test]
fn writing_again_replaces_the_files_and_leaves_nothing_beside_them() {
    let folder = written(&[0, 1, 2, 3], |_| ());
    let classes = fixture::classes(&fixture::CHEST);
    let predictions = fixture::predictions(4, &[0, 1, 2, 3], 8);
    let report = fixture::report(&classes, &predictions);
    write_evaluation(
        folder.path(),
        &fixture::evaluated(&report, &predictions),
        PlotFormat::Svg,
    )
    .unwrap();
    assert_eq!(names_in(folder.path()), FILES);
    assert_eq!(read(&folder, "predictions.csv").lines().count(), 9);
}

#[test]
fn a_file_that_cannot_be_replaced_stays_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("curves.svg");
    std::fs::create_dir_all(path.join("in-the-way")).unwrap();
    let error = write_curves(
        &path,
        &fixture::history(3),
        &fixture::context(),
        PlotFormat::Svg,
    )
    .unwrap_err();
    assert!(error.to_string().contains("curves.svg"));
    assert!(error.to_string().contains("\nhint: "));
    let WriteError::Disk { path: named, .. } = &error else {
        panic!("another error: {error}");
    };
    assert_eq!(named, &path);
    assert_eq!(names_in(folder.path()), ["curves.svg"]);
    assert_eq!(names_in(&path), ["in-the-way"]);
}

#[test]
fn answers_csv_says_what_the_user_is_told() {
    let (folder, report) = of_calibrated(false);
    let mut reader = csv::Reader::from_path(folder.path().join("answers.csv")).unwrap();
    let header: Vec<String> = reader
        .headers()
        .unwrap()
        .iter()
        .map(str::to_owned)
        .collect();
    assert_eq!(
        header,
        ["path", "truth", "class", "abstained", "reason", "set"]
    );
    let rows: Vec<_> = reader.records().map(|row| row.unwrap()).collect();
    assert_eq!(rows.len(), 200);
    let abstained = report.answers.abstained.unwrap();
    let silent = rows.iter().filter(|row| &row[3] == "true");
    assert_eq!(silent.count(), abstained.count);
    assert!(
        rows.iter()
            .all(|row| row[2].is_empty() == (&row[3] == "true"))
    );
    let held = rows
        .iter()
        .filter(|row| row[5].split("; ").any(|name| name == &row[1]));
    let coverage = report.answers.conformal.unwrap().coverage.unwrap();
    assert!((held.count() as f64 / 200.0 - coverage).abs() < 1e-12);
}
