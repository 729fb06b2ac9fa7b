//! The folder of an evaluation.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::Path;

use hilum_core::{Severity, ValidationRole};
use hilum_metrics::{EvaluationReport, Leaked};
use hilum_report::{Evaluated, TrainingContext, WriteError, write_curves, write_evaluation};
use roxmltree::{Document, ParsingOptions};
use tempfile::TempDir;

use super::drawings::assert_texts_fit;
use super::fixture;

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

/// Writes an evaluation of four classes, of which `present` have slices; its folder.
fn written(present: &[usize], change: impl FnOnce(&mut EvaluationReport)) -> tempfile::TempDir {
    let classes = fixture::classes(&fixture::CHEST);
    let predictions = fixture::predictions(4, present, 60);
    let mut report = fixture::report(&classes, &predictions);
    change(&mut report);
    let folder = tempfile::tempdir().unwrap();
    write_evaluation(folder.path(), &fixture::evaluated(&report, &predictions)).unwrap();
    folder
}

fn read(folder: &tempfile::TempDir, name: &str) -> String {
    std::fs::read_to_string(folder.path().join(name)).unwrap()
}

#[test]
fn the_folder_holds_every_file_and_nothing_else() {
    let folder = written(&[0, 1, 2, 3], |_| ());
    assert_eq!(names_in(folder.path()), FILES);
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
    write_evaluation(folder.path(), &fixture::evaluated(&report, &predictions)).unwrap();
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
fn what_is_undefined_is_null_in_json_and_a_dash_on_the_page() {
    let folder = written(&[0, 2], |_| ());
    let metrics: serde_json::Value = serde_json::from_str(&read(&folder, "metrics.json")).unwrap();
    assert!(metrics["as_is"]["macro_auroc"].is_null());
    let absent = &metrics["as_is"]["per_class"]["squamous.cell.carcinoma"];
    assert!(absent["recall"].is_null() && absent["auroc"].is_null());
    assert!(read(&folder, "report.html").contains("<td>–</td>"));
}

#[test]
fn predictions_csv_reads_back_to_the_bit() {
    let classes = fixture::classes(&["a,b", "normal"]);
    let mut predictions = fixture::predictions(2, &[0, 1], 40);
    predictions[0].path = "a folder, with \"quotes\"/slice.png".into();
    let report = fixture::report(&classes, &predictions);
    let folder = tempfile::tempdir().unwrap();
    write_evaluation(folder.path(), &fixture::evaluated(&report, &predictions)).unwrap();

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
fn the_page_is_whole_well_formed_and_fetches_nothing() {
    let classes = fixture::classes(&fixture::CHEST);
    let predictions = fixture::predictions(4, &[0, 1, 2, 3], 60);
    let report = fixture::report(&classes, &predictions);
    let folder = tempfile::tempdir().unwrap();
    let history = fixture::history(5);
    let context = fixture::context();
    let evaluated = Evaluated {
        training: Some((&history, &context)),
        ..fixture::evaluated(&report, &predictions)
    };
    write_evaluation(folder.path(), &evaluated).unwrap();
    let page = read(&folder, "report.html");
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(&page, options).unwrap();
    let drawings = document
        .descendants()
        .filter(|node| node.has_tag_name((SVG, "svg")));
    // For a desk and for a telephone.
    assert_eq!(drawings.count(), 2 * 6);
    let outside = page.replace(&format!("xmlns=\"{SVG}\""), "");
    for word in ["http", "src=", "href=", "@import", "url("] {
        assert!(!outside.contains(word), "{word}");
    }
    for word in [
        "not a medical device",
        "weighted",
        "macro",
        "mobilenet-v2",
        "Cohen&#x27;s kappa",
    ] {
        assert!(page.contains(word), "{word}");
    }
}

const SVG: &str = "http://www.w3.org/2000/svg";

#[test]
fn the_page_always_says_what_the_audit_said() {
    let unaudited = read(&written(&[0, 1, 2, 3], |_| ()), "report.html");
    assert!(unaudited.contains("The data was not audited"));
    let findings = [("duplicate-across-splits", Severity::Error, 46)];
    let change = |report: &mut EvaluationReport| {
        report.audit = fixture::audited(&findings, &["a name was <mended>"]);
    };
    let audited = read(&written(&[0, 1, 2, 3], change), "report.html");
    assert!(audited.contains("do not trust these numbers"));
    assert!(audited.contains("<code>duplicate-across-splits</code>: 46 (error)"));
    assert!(audited.contains("a name was &lt;mended&gt;"));
    assert!(!audited.contains("nothing was found"));
}

#[test]
fn names_and_paths_that_look_like_markup_are_escaped() {
    let classes = fixture::classes(&["<img src=x>", "normal"]);
    let mut predictions = fixture::predictions(2, &[0, 1], 30);
    for prediction in &mut predictions {
        prediction.path = "<b>slice</b>.png".into();
        // All wrong, so that the paths stand in the list of mistakes.
        prediction.truth =
            hilum_core::ClassIndex::new(1 - prediction.probabilities.most_likely().get());
    }
    let mut report = fixture::report(&classes, &predictions);
    report.model = "<i>model</i>".to_owned();
    report
        .details
        .insert("<u>".to_owned(), "</table>".to_owned());
    let folder = tempfile::tempdir().unwrap();
    write_evaluation(folder.path(), &fixture::evaluated(&report, &predictions)).unwrap();
    let page = read(&folder, "report.html");
    for markup in ["<img", "<b>slice", "<i>", "<u>"] {
        assert!(!page.contains(markup), "{markup}");
    }
    assert!(page.contains("&lt;b&gt;slice&lt;&#x2f;b&gt;.png"));
}

/// What a model knew of 60 slices.
fn leaked(count: usize) -> Leaked {
    Leaked {
        count,
        of: 60,
        files: (0..count).map(|number| format!("{number}.png")).collect(),
    }
}

/// An evaluation of 60 slices of which the last 12 are not clean, and of which the model knew
/// `known`.
fn with_clean_part(known: Option<Leaked>) -> TempDir {
    let classes = fixture::classes(&fixture::CHEST);
    let predictions = fixture::predictions(4, &[0, 1, 2, 3], 60);
    let mut report = fixture::report(&classes, &predictions);
    report.clean = Some(fixture::evaluation(&classes, &predictions[..48]));
    report.leaked = known;
    let positions: Vec<usize> = (0..48).collect();
    let evaluated = Evaluated {
        clean: Some(&positions),
        ..fixture::evaluated(&report, &predictions)
    };
    let folder = tempfile::tempdir().unwrap();
    write_evaluation(folder.path(), &evaluated).unwrap();
    folder
}

fn metrics(folder: &TempDir) -> serde_json::Value {
    serde_json::from_str(&read(folder, "metrics.json")).unwrap()
}

/// The texts of all elements of a class, in order.
fn tile_texts(page: &str, class: &str) -> Vec<String> {
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(page, options).unwrap();
    let nodes = document.descendants();
    let those = nodes.filter(|node| node.attribute("class") == Some(class));
    let text = |node: roxmltree::Node<'_, '_>| {
        let texts = node.descendants().filter(roxmltree::Node::is_text);
        let texts: Vec<&str> = texts.filter_map(|node| node.text()).collect();
        texts.join(" ")
    };
    those.map(text).collect()
}

#[test]
fn clean_figures_stand_first_and_those_of_all_slices_beside_them() {
    let folder = with_clean_part(None);
    let (page, metrics) = (read(&folder, "report.html"), metrics(&folder));
    let figure = |of: &str| format!("{:.3}", metrics[of]["accuracy"].as_f64().unwrap());
    let (clean, all) = (figure("clean"), figure("as_is"));
    assert_ne!(clean, all, "the fixture tells them apart");
    let tiles = tile_texts(&page, "tile");
    assert!(
        tiles[0].starts_with(&format!("Accuracy {clean}")),
        "{tiles:?}"
    );
    assert!(
        tiles[0].ends_with(&format!("{all} on all 60 slices")),
        "{tiles:?}"
    );
    assert!(page.contains("Of the 48 clean slices. The other 12 are copies"));
    let column = |name: &str| page.find(name).unwrap_or_else(|| panic!("{name}"));
    assert!(column("<th>clean (48)</th>") < column("<th>all (60)</th>"));
    assert!(column("Clean: 48 slices") < column("All 60 slices"));
    assert!(column("48 of 60 slices, without copies") < column("all 60 slices, with copies"));
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
fn what_the_model_knew_is_counted_on_the_page() {
    let folder = with_clean_part(Some(leaked(9)));
    let page = read(&folder, "report.html");
    assert!(page.contains("The model knew 9 of 60 of these slices"));
    let drawing = read(&folder, "roc.svg");
    let texts = drawing.split("<text").skip(1);
    let texts = texts.filter_map(|text| text.split(['>', '<']).nth(1));
    let caption = texts.collect::<Vec<_>>().join(" ");
    assert!(caption.contains("the model knew 9 of 60"), "{caption}");
    assert_eq!(metrics(&folder)["leaked"]["count"], 9);
    assert_eq!(metrics(&folder)["leaked"]["of"], 60);
    assert!(!read(&with_clean_part(None), "report.html").contains("The model knew"));
}

#[test]
fn where_nothing_is_clean_no_figure_is_called_so() {
    let folder = written(&[0, 1, 2, 3], |report| {
        report.clean = None;
        report.leaked = Some(leaked(60));
        report.audit = fixture::audited(&[], &[]);
    });
    let page = read(&folder, "report.html");
    assert!(page.contains("The model knew 60 of 60"));
    assert!(page.contains("there is no clean figure"));
    for tile in tile_texts(&page, "tile") {
        assert!(tile.contains(" – no clean slice "), "{tile}");
        assert!(tile.contains(" on all 60 slices"), "{tile}");
    }
    assert!(page.contains("<th>all (60)</th>") && !page.contains("<th>clean"));
    assert!(
        !page.contains("box clean"),
        "no green box beside slices that were known"
    );
    assert!(read(&folder, "confusion-matrix.svg").contains("none of them clean"));
    assert!(metrics(&folder)["clean"].is_null());
}

#[test]
fn the_curves_on_the_page_carry_the_audit_of_the_training() {
    let classes = fixture::classes(&fixture::CHEST);
    let predictions = fixture::predictions(4, &[0, 1, 2, 3], 60);
    let mut report = fixture::report(&classes, &predictions);
    report.audit = fixture::audited(&[("class-imbalance", Severity::Warning, 3)], &[]);
    let history = fixture::history(8);
    let context = TrainingContext {
        validation: Some(ValidationRole::TrainedOn),
        audit: fixture::audited(&[("near-duplicate", Severity::Warning, 5)], &[]),
    };
    let evaluated = Evaluated {
        training: Some((&history, &context)),
        ..fixture::evaluated(&report, &predictions)
    };
    let folder = tempfile::tempdir().unwrap();
    write_evaluation(folder.path(), &evaluated).unwrap();
    let page = read(&folder, "report.html");
    let curves = page.split("<title>Training curves</title>").nth(1).unwrap();
    let curves = curves.split("</svg>").next().unwrap();
    assert!(curves.contains("near-duplicate (5)"), "{curves}");
    assert!(!curves.contains("class-imbalance"), "{curves}");
    assert!(page.contains("class-imbalance (3)"));
}

#[test]
fn the_page_is_made_for_dark_screens_and_for_telephones() {
    let page = read(&written(&[0, 1, 2, 3], |_| ()), "report.html");
    for words in [
        "prefers-color-scheme: dark",
        "max-width: 700px",
        "Confusion matrix",
    ] {
        assert!(page.contains(words), "{words}");
    }
    let document = page.split("<div class=\"narrow\">").skip(1);
    let widths: Vec<&str> = document
        .map(|drawing| drawing.split('"').nth(3).unwrap())
        .collect();
    assert_eq!(
        widths, ["320"; 5],
        "no plot of four classes is wider than a telephone"
    );
}

#[test]
fn no_text_of_a_narrow_plot_leaves_it_or_runs_into_its_neighbour() {
    let numbered: Vec<String> = (0..20)
        .map(|at| format!("squamous.cell.carcinoma.of.the.lung.{at:02}"))
        .collect();
    let twenty: Vec<&str> = numbered.iter().map(String::as_str).collect();
    for names in [
        &fixture::CHEST[1..3],
        &fixture::CHEST,
        &fixture::TWELVE,
        &twenty,
    ] {
        let classes = fixture::classes(names);
        let present: Vec<usize> = (0..names.len()).collect();
        let predictions = fixture::predictions(names.len(), &present, 300);
        let (report, predictions) = fixture::calibrated(&classes, &predictions, true);
        let (history, context) = (fixture::history(50), fixture::context());
        let evaluated = Evaluated {
            training: Some((&history, &context)),
            ..fixture::evaluated(&report, &predictions)
        };
        let folder = tempfile::tempdir().unwrap();
        write_evaluation(folder.path(), &evaluated).unwrap();
        let page = read(&folder, "report.html");
        let narrow = page.split("<div class=\"narrow\">").skip(1);
        let drawings: Vec<&str> = narrow
            .map(|rest| &rest[..rest.find("</svg>").unwrap() + "</svg>".len()])
            .collect();
        assert_eq!(drawings.len(), 6);
        drawings.into_iter().for_each(assert_texts_fit);
    }
}

#[test]
fn writing_again_replaces_the_files_and_leaves_nothing_beside_them() {
    let folder = written(&[0, 1, 2, 3], |_| ());
    let classes = fixture::classes(&fixture::CHEST);
    let predictions = fixture::predictions(4, &[0, 1, 2, 3], 8);
    let report = fixture::report(&classes, &predictions);
    write_evaluation(folder.path(), &fixture::evaluated(&report, &predictions)).unwrap();
    assert_eq!(names_in(folder.path()), FILES);
    assert_eq!(read(&folder, "predictions.csv").lines().count(), 9);
}

#[test]
fn a_file_that_cannot_be_replaced_stays_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("curves.svg");
    std::fs::create_dir_all(path.join("in-the-way")).unwrap();
    let error = write_curves(&path, &fixture::history(3), &fixture::context()).unwrap_err();
    assert!(error.to_string().contains("curves.svg"));
    assert!(error.to_string().contains("\nhint: "));
    let WriteError::Disk { path: named, .. } = &error else {
        panic!("another error: {error}");
    };
    assert_eq!(named, &path);
    assert_eq!(names_in(folder.path()), ["curves.svg"]);
    assert_eq!(names_in(&path), ["in-the-way"]);
}

/// The page and the folder of a calibrated model.
fn of_calibrated(alarm: bool) -> (TempDir, EvaluationReport) {
    let classes = fixture::classes(&fixture::CHEST);
    let predictions = fixture::predictions(4, &[0, 1, 2, 3], 200);
    let (report, predictions) = fixture::calibrated(&classes, &predictions, alarm);
    let folder = tempfile::tempdir().unwrap();
    write_evaluation(folder.path(), &fixture::evaluated(&report, &predictions)).unwrap();
    (folder, report)
}

#[test]
fn the_page_of_a_calibrated_model_shows_what_it_was_before_and_what_sets_promise() {
    let (folder, report) = of_calibrated(false);
    let page = read(&folder, "report.html");
    for words in [
        "The probabilities are calibrated: the expected error was",
        "before calibration",
        "in any order (exchangeable)",
        "look like those that it was calibrated on",
        "The model does not know of",
        "two classes are as likely: ",
        "Is it right where it is sure?",
    ] {
        assert!(page.contains(words), "no `{words}`");
    }
    let drawing = read(&folder, "reliability.svg");
    let before = report.as_is.ece_before.unwrap();
    assert!(drawing.contains(&format!("{before:.3} before calibration")));
    let (alarmed, _) = of_calibrated(true);
    assert!(read(&alarmed, "report.html").contains("do not look like those that the model"));
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
