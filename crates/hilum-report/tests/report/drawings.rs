//! What stands in the drawings.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use hilum_core::{ByValidation, ClassIndex, Probabilities, Severity, ValidationRole};
use hilum_metrics::{EpochRow, History, SplitRow};
use hilum_report::{
    Prediction, SearchedSetting, SettingValues, TrainingContext, TrialsPlot, caption,
    confusion_matrix, precision_recall, raster, reliability, risk_coverage, roc, stress,
    training_curves, trials,
};
use roxmltree::Document;

use super::fixture;
use super::sections;

const HOSTILE: &str = "<script>\"a\" & 'b'</script>\u{7}";

/// Every drawing of an evaluation of `names`, of which `present` have slices.
fn drawings(names: &[&str], present: &[usize], count: usize) -> Vec<String> {
    let classes = fixture::classes(names);
    let predictions = if present.is_empty() {
        vec![]
    } else {
        fixture::predictions(classes.len(), present, count)
    };
    let report = fixture::report(&classes, &predictions);
    let truth: Vec<ClassIndex> = predictions.iter().map(|slice| slice.truth).collect();
    let split = |slice: &Prediction| slice.probabilities.clone();
    let probabilities: Vec<Probabilities> = predictions.iter().map(split).collect();
    let caption = caption(&report);
    vec![
        confusion_matrix(&report.as_is.confusion, &caption),
        roc(&classes, &truth, &probabilities, &caption),
        precision_recall(&classes, &truth, &probabilities, &caption),
        reliability(&report.as_is.reliability, report.as_is.scores.ece, &caption),
        risk_coverage(&truth, &probabilities, &caption),
    ]
}

fn texts(drawing: &str) -> Vec<String> {
    let document = Document::parse(drawing).unwrap();
    let text = |node: roxmltree::Node<'_, '_>| node.text().unwrap_or_default().to_owned();
    let nodes = document
        .descendants()
        .filter(|node| node.has_tag_name("text"));
    nodes.map(text).collect()
}

fn polyline_count(drawing: &str) -> usize {
    drawing.matches("<polyline").count()
}

#[test]
fn the_confusion_matrix_names_the_classes_and_holds_the_counts() {
    let drawing = &drawings(&fixture::CHEST, &[0, 1, 2, 3], 200)[0];
    let texts = texts(drawing);
    let count = |wanted: &str| texts.iter().filter(|text| text.as_str() == wanted).count();
    for name in fixture::CHEST {
        assert_eq!(count(name), 2, "{name} heads a column of both panels");
        assert_eq!(count(&format!("{name} (50)")), 1, "{name} heads a row");
    }
    for word in [
        "predicted",
        "truth (slices)",
        "Counts",
        "Share of the true class, %",
    ] {
        assert!(count(word) > 0, "{word}");
    }
    let classes = fixture::classes(&fixture::CHEST);
    let report = fixture::report(&classes, &fixture::predictions(4, &[0, 1, 2, 3], 200));
    for cell in report.as_is.confusion.counts.iter().flatten() {
        assert!(count(&cell.to_string()) > 0, "{cell}");
    }
}

#[test]
fn truth_runs_down_and_predictions_run_across() {
    let table = hilum_metrics::ConfusionTable {
        classes: fixture::classes(&["a", "b"]),
        counts: vec![vec![71, 12], vec![23, 64]],
    };
    let drawing = confusion_matrix(&table, "");
    let document = Document::parse(&drawing).unwrap();
    let place = |content: &str| {
        let mut nodes = document.descendants();
        let node = nodes.find(|node| node.has_tag_name("text") && node.text() == Some(content));
        let node = node.unwrap_or_else(|| panic!("no `{content}`"));
        ["x", "y"].map(|axis| node.attribute(axis).unwrap().to_owned())
    };
    let [[x_71, y_71], [x_12, y_12]] = ["71", "12"].map(place);
    let [[x_23, y_23], [x_64, y_64]] = ["23", "64"].map(place);
    assert_eq!((&y_71, &y_23), (&y_12, &y_64), "a row is a true class");
    assert_eq!(
        (&x_71, &x_12),
        (&x_23, &x_64),
        "a column is a predicted one"
    );
    assert_eq!(place("a (83)")[1], y_71);
    assert_ne!((x_71, y_71), (x_64, y_64));
}

#[test]
fn a_share_that_only_rounds_to_nothing_or_everything_says_so() {
    let classes = fixture::classes(&["a", "b"]);
    let table = hilum_metrics::ConfusionTable {
        classes,
        counts: vec![vec![999, 1], vec![0, 500]],
    };
    let texts = texts(&confusion_matrix(&table, ""));
    for wanted in [">99", "<1", "100", "0", "999"] {
        assert!(
            texts.iter().any(|text| text == wanted),
            "{wanted} in {texts:?}"
        );
    }
}

#[test]
fn every_drawing_says_what_the_audit_knows() {
    for drawing in drawings(&fixture::CHEST, &[0, 1, 2, 3], 40) {
        let line = "valid split, 40 slices; data not audited";
        assert!(texts(&drawing).iter().any(|text| text == line));
    }
}

#[test]
fn a_class_without_slices_has_a_dash_and_no_curve() {
    let full = drawings(&fixture::CHEST, &[0, 1, 2, 3], 40);
    let partial = drawings(&fixture::CHEST, &[0, 2], 40);
    for plot in [1, 2] {
        // Two curves and their two samples in the legend are missing.
        assert_eq!(
            polyline_count(&full[plot]),
            polyline_count(&partial[plot]) + 4
        );
        let dashes = texts(&partial[plot])
            .iter()
            .filter(|text| *text == "–")
            .count();
        assert_eq!(dashes, 3, "two classes and the macro average");
        assert!(!texts(&full[plot]).iter().any(|text| text == "–"));
    }
}

#[test]
fn names_that_look_like_markup_are_shown_and_not_obeyed() {
    for drawing in &drawings(&[HOSTILE, "normal"], &[0, 1], 20)[..3] {
        assert!(!drawing.contains("<script>"));
        let shown = "<script>\"a\" & 'b'</script>\u{fffd}";
        assert!(texts(drawing).iter().any(|text| text.starts_with(shown)));
    }
}

#[test]
fn nothing_to_draw_is_drawn_without_numbers_that_are_none() {
    let no_epoch = training_curves(&History::default(), &fixture::context());
    for drawing in drawings(&fixture::CHEST, &[], 0).iter().chain([&no_epoch]) {
        Document::parse(drawing).unwrap();
        assert!(
            !drawing.contains("NaN") && !drawing.contains("inf"),
            "{drawing}"
        );
    }
}

#[test]
fn no_text_leaves_the_drawing_or_runs_into_its_neighbour() {
    let numbered: Vec<String> = (0..20)
        .map(|at| format!("squamous.cell.carcinoma.of.the.lung.{at:02}"))
        .collect();
    let twenty: Vec<&str> = numbered.iter().map(String::as_str).collect();
    let all: Vec<usize> = (0..20).collect();
    let cases: [(&[&str], usize); 4] = [
        (&fixture::CHEST, 4),
        (&fixture::CHEST[1..3], 2),
        (&fixture::TWELVE, 12),
        (&twenty, 20),
    ];
    for (names, count) in cases {
        let mut pictures = drawings(names, &all[..count], 300);
        pictures.push(training_curves(
            &fixture::history(count),
            &fixture::context(),
        ));
        for drawing in pictures {
            assert_texts_fit(&drawing);
        }
    }
}

/// Checks every text that lies flat, at half its size a letter, which is what Helvetica needs.
pub(super) fn assert_texts_fit(drawing: &str) {
    let document = Document::parse(drawing).unwrap();
    let number = |node: roxmltree::Node<'_, '_>, name: &str| -> f64 {
        node.attribute(name).unwrap().parse().unwrap()
    };
    let canvas = number(document.root_element(), "width");
    let mut boxes: Vec<(f64, f64, f64, String)> = Vec::new();
    for node in document
        .descendants()
        .filter(|node| node.has_tag_name("text"))
    {
        if node.attribute("transform").is_some() {
            continue;
        }
        let content = node.text().unwrap_or_default();
        let width = 0.5 * number(node, "font-size") * content.chars().count() as f64;
        let (x, y) = (number(node, "x"), number(node, "y"));
        let left = match node.attribute("text-anchor") {
            Some("end") => x - width,
            Some("middle") => x - width / 2.0,
            _ => x,
        };
        assert!(
            left >= 0.0 && left + width <= canvas,
            "`{content}` leaves the drawing"
        );
        for (other_left, other_right, other_y, other) in &boxes {
            let apart = left + width <= *other_left || *other_right <= left;
            assert!(
                apart || (y - other_y).abs() >= 11.0,
                "`{content}` runs into `{other}`"
            );
        }
        boxes.push((left, left + width, y, content.to_owned()));
    }
}

fn stressed() -> String {
    let classes = fixture::classes(&fixture::CHEST);
    let predictions = fixture::predictions(4, &[0, 1, 2, 3], 40);
    stress(&sections::stress(&classes, &predictions), "")
}

#[test]
fn changes_of_the_pictures_have_a_point_and_an_interval_each() {
    let drawing = stressed();
    assert_texts_fit(&drawing);
    assert_eq!(drawing.matches("<circle").count(), 9);
    let texts = texts(&drawing);
    for wanted in ["rotation by 5 degrees", "difference in macro-F1", "0.000"] {
        assert!(
            texts.iter().any(|text| text == wanted),
            "{wanted} in {texts:?}"
        );
    }
}

#[test]
fn no_two_classes_have_the_same_stroke_and_colour() {
    let names: Vec<String> = (0..28).map(|at| format!("{at:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let all: Vec<usize> = (0..28).collect();
    let drawing = &drawings(&names, &all, 300)[1];
    let document = Document::parse(drawing).unwrap();
    let lines = document.descendants().filter(|node| {
        node.has_tag_name("polyline") && node.attribute("stroke-width") == Some("2")
    });
    let looks: std::collections::BTreeSet<_> = lines
        .map(|node| ["stroke", "stroke-dasharray"].map(|name| node.attribute(name)))
        .collect();
    assert_eq!(looks.len(), 28);
    let dashes = looks.iter().map(|[_, dash]| dash);
    assert_eq!(dashes.collect::<std::collections::BTreeSet<_>>().len(), 4);
}

/// The pixels of a PNG file, red, green and blue.
fn pixels(file: &[u8]) -> Vec<u8> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(file))
        .read_info()
        .unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    pixels
}

#[test]
fn png_plots_have_their_letters_in_the_font_that_comes_along() {
    let drawing = &drawings(&["adenocarcinoma", "normal"], &[0, 1], 20)[0];
    let whole = pixels(&raster(drawing));
    assert_eq!(
        whole[..3],
        [255; 3],
        "the paper is white, also for a dark screen"
    );
    let without = drawing.replace(">normal (10)<", "><");
    assert_ne!(&without, drawing);
    let differing = pixels(&raster(&without))
        .iter()
        .zip(&whole)
        .filter(|(one, other)| one != other)
        .count();
    // Eleven letters of 13 points at two pixels a point: some hundred pixels are inked.
    assert!(differing > 3 * 200, "{differing}");
}

#[test]
fn the_curves_have_six_panels_two_lines_and_the_best_epoch() {
    let drawing = training_curves(&fixture::history(12), &fixture::context());
    let texts = texts(&drawing);
    for wanted in [
        "Loss",
        "Accuracy",
        "Macro-F1",
        "Macro AUROC",
        "Log-cosh",
        "Learning rate",
        "epoch",
        "train",
        "valid",
    ] {
        assert!(texts.iter().any(|text| text == wanted), "{wanted}");
    }
    assert!(
        texts
            .iter()
            .any(|text| text == "best epoch, kept as the model: 9")
    );
    assert_eq!(
        drawing.matches("<circle").count(),
        5,
        "a ring in each panel that validation has a line in"
    );
}

/// The legend's name of the kept epoch, and the caption, of 12 epochs of which the 9th was kept.
fn said_of(validation: Option<ValidationRole>) -> (String, String) {
    let context = TrainingContext {
        validation,
        audit: fixture::audited(&[("near-duplicate", Severity::Warning, 3)], &[]),
    };
    let texts = texts(&training_curves(&fixture::history(12), &context));
    let found = |word: &str| {
        let mut those = texts.iter();
        let text = those.find(|text| text.contains(word));
        text.unwrap_or_else(|| panic!("no `{word}` in {texts:?}"))
            .clone()
    };
    (found("kept as the model"), found("12 epochs of training"))
}

#[test]
fn the_curves_say_of_validation_what_it_did_and_no_more() {
    let kept_back = |decided: &[ByValidation]| Some(ValidationRole::KeptBack(decided.to_vec()));
    let audit = "data audited: near-duplicate (3)";
    let last = "epoch 9, the last, was kept";
    let cases = [
        (None, "epoch", String::new()),
        (
            kept_back(&[ByValidation::Epoch]),
            "best epoch,",
            "validation chose epoch 9; ".to_owned(),
        ),
        (
            kept_back(&[
                ByValidation::Epoch,
                ByValidation::LearningRate,
                ByValidation::End,
            ]),
            "best epoch,",
            "validation chose epoch 9, and could lower the learning rate and end the run; "
                .to_owned(),
        ),
        (
            kept_back(&[ByValidation::End]),
            "last epoch,",
            format!("{last}; validation could end the run; "),
        ),
        (
            kept_back(&[]),
            "last epoch,",
            format!("{last}; validation chose nothing; "),
        ),
        (
            Some(ValidationRole::TrainedOn),
            "last epoch,",
            format!("{last}; validation was trained on, too; "),
        ),
    ];
    for (role, kept, said) in cases {
        let (legend, caption) = said_of(role);
        assert_eq!(legend, format!("{kept} kept as the model: 9"));
        assert_eq!(caption, format!("12 epochs of training; {said}{audit}"));
    }
}

#[test]
fn every_colour_of_a_drawing_has_one_for_dark_screens() {
    let mut drawings = drawings(&fixture::TWELVE, &(0..12).collect::<Vec<_>>(), 300);
    drawings.push(training_curves(&fixture::history(5), &fixture::context()));
    drawings.push(trials(&search()));
    drawings.push(stressed());
    for drawing in drawings {
        let (style, body) = drawing.split_once("</style>").unwrap();
        for place in ["fill", "stroke"] {
            for part in body.split(&format!("{place}=\"#")).skip(1) {
                let color = &part[..6];
                let rule = format!("[{place}=\"#{color}\"]{{{place}:#");
                assert!(style.contains(&rule), "{rule} in {style}");
            }
        }
    }
}

#[test]
fn a_single_epoch_is_shown_as_points() {
    let drawing = training_curves(&fixture::history(1), &fixture::context());
    Document::parse(&drawing).unwrap();
    // A point for train, a point for valid, and the ring of the best; one learning rate.
    assert_eq!(drawing.matches("<circle").count(), 5 * 3 + 1);
    assert!(!drawing.contains("NaN"));
}

#[test]
fn an_undefined_epoch_leaves_a_gap() {
    let whole = fixture::history(9);
    let mut gap = whole.clone();
    gap.rows[4].valid = SplitRow::default();
    let lines = |history: &History| polyline_count(&training_curves(history, &fixture::context()));
    assert_eq!(lines(&gap), lines(&whole) + 5);
}

#[test]
fn a_loss_that_explodes_is_still_drawn() {
    let explode = |row: &EpochRow| {
        let mut row = *row;
        row.train.loss = Some(1e30);
        row.valid.loss = Some(f64::INFINITY);
        row
    };
    let history = fixture::history(5);
    let rows = history.rows.iter().map(explode).collect();
    let drawing = training_curves(&History { rows, ..history }, &fixture::context());
    Document::parse(&drawing).unwrap();
    assert!(!drawing.contains("NaN") && !drawing.contains("inf\""));
    assert_texts_fit(&drawing);
}

/// Five trials of three settings, one failed, one without all epochs.
fn search() -> TrialsPlot {
    let setting = |name: &str, values| SearchedSetting {
        name: name.to_owned(),
        values,
    };
    TrialsPlot {
        settings: vec![
            setting(
                "learning_rate",
                SettingValues::Logarithmic(vec![1e-4, 1e-3, 3e-3, 1e-2, 2e-3]),
            ),
            setting(
                "rotation_range",
                SettingValues::Linear(vec![0.0, 12.5, 45.0, 3.0, 20.0]),
            ),
            setting(
                "optimizer",
                SettingValues::Choices {
                    names: vec!["adam".to_owned(), HOSTILE.to_owned()],
                    chosen: vec![0, 1, 1, 0, 0],
                },
            ),
        ],
        score_name: "macro-F1".to_owned(),
        scores: vec![Some(0.6), Some(0.8125), Some(0.75), None, Some(0.7)],
        is_whole: vec![false, true, true, true, true],
        best: Some(1),
        what: "runs/found".to_owned(),
        audit: hilum_core::AuditSummary::NotAudited,
    }
}

#[test]
fn trials_have_a_panel_a_setting_and_a_point_a_trial_that_did_not_fail() {
    let drawing = trials(&search());
    let texts = texts(&drawing);
    for word in [
        "learning_rate",
        "rotation_range",
        "optimizer",
        "1e-3",
        "adam",
        "best: 0.812",
        "not all epochs",
        "runs/found; data not audited",
    ] {
        assert!(texts.iter().any(|text| text == word), "{word} in {texts:?}");
    }
    // Four trials in three panels, and three signs in the legend.
    assert_eq!(drawing.matches("<circle").count(), 4 * 3 + 3);
    // The best is ringed and named in each panel.
    assert!(texts.iter().any(|text| text == "0.001"));
    assert!(texts.iter().any(|text| text == "12.5"));
}

#[test]
fn a_search_without_a_whole_trial_is_drawn_too() {
    let mut plot = search();
    plot.scores = vec![None; 5];
    plot.best = None;
    assert_eq!(trials(&plot).matches("<circle").count(), 2);
    plot.settings.clear();
    Document::parse(&trials(&plot)).unwrap();
}
