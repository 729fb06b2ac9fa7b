//! `report.html`: what stands where, and who can read it.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hilum_core::{ClassIndex, Probabilities, Severity, ValidationRole};
use hilum_metrics::EvaluationReport;
use hilum_report::{ChosenCases, Evaluated, PlotFormat, TrainingContext, write_evaluation};
use roxmltree::{Document, Node, ParsingOptions};

use super::drawings::assert_texts_fit;
use super::fixture;
use super::sections;
use super::written::{leaked, metrics, of_calibrated, read, with_clean_part, written};

const SVG: &str = "http://www.w3.org/2000/svg";

fn parsed(page: &str) -> Document<'_> {
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    Document::parse_with_options(page, options).unwrap()
}

/// All text in a node, with a space between its pieces.
fn text_of(node: Node<'_, '_>) -> String {
    let texts = node.descendants().filter(Node::is_text);
    let texts: Vec<&str> = texts.filter_map(|node| node.text()).collect();
    texts.join(" ")
}

/// The texts of all elements of a name and a class, in order.
fn texts_of(page: &str, name: &str, class: &str) -> Vec<String> {
    let document = parsed(page);
    let is_of = |node: &Node<'_, '_>| {
        let classes = node.attribute("class").unwrap_or_default();
        node.has_tag_name(name) && classes.split_whitespace().any(|one| one == class)
    };
    document.descendants().filter(is_of).map(text_of).collect()
}

/// A page with every section that there is, of 120 clean slices.
fn whole() -> (tempfile::TempDir, String) {
    let classes = fixture::classes(&fixture::CHEST);
    let predictions = fixture::predictions(4, &[0, 1, 2, 3], 120);
    let (mut report, predictions) = fixture::calibrated(&classes, &predictions, false);
    report.stress = Some(sections::stress(&classes, &predictions));
    let (history, context) = (fixture::history(8), fixture::context());
    let flow = sections::data_flow(&classes, 120, 112);
    let heat = sections::heat(&classes);
    let cases = sections::cases(&classes, &predictions);
    let provenance = sections::provenance();
    let evaluated = Evaluated {
        training: Some((&history, &context)),
        data_flow: Some(&flow),
        heat: Some(&heat),
        cases: Some(&cases),
        provenance: Some(&provenance),
        ..fixture::evaluated(&report, &predictions)
    };
    let folder = tempfile::tempdir().unwrap();
    write_evaluation(folder.path(), &evaluated, PlotFormat::Svg).unwrap();
    let page = read(&folder, "report.html");
    (folder, page)
}

#[test]
fn sections_stand_in_the_order_in_which_a_reviewer_asks() {
    for page in [
        whole().1,
        read(&written(&[0, 1, 2, 3], |_| ()), "report.html"),
    ] {
        let document = parsed(&page);
        let all = || document.descendants();
        let sections = all().filter(|node| node.has_tag_name("section"));
        let sections: Vec<&str> = sections.filter_map(|node| node.attribute("id")).collect();
        let order = [
            "claim",
            "audit",
            "data",
            "figures",
            "confusion",
            "curves",
            "reliability",
            "risk",
            "sets",
            "stress",
            "heat",
            "slices",
            "origin",
        ];
        assert_eq!(sections, order);
        let nav = all().find(|node| node.has_tag_name("nav")).unwrap();
        let links = nav.descendants().filter_map(|node| node.attribute("href"));
        let links: Vec<&str> = links.map(|link| link.trim_start_matches('#')).collect();
        assert_eq!(links, order);
    }
}

#[test]
fn landmarks_and_headings_lead_through_the_page() {
    let (_folder, page) = whole();
    let document = parsed(&page);
    let count = |name: &str| {
        let nodes = document.descendants();
        nodes.filter(|node| node.has_tag_name(name)).count()
    };
    for landmark in ["header", "nav", "main", "footer", "h1"] {
        assert_eq!(count(landmark), 1, "{landmark}");
    }
    let levels = document.descendants().filter_map(|node| {
        let level = node.tag_name().name().strip_prefix('h')?;
        level.parse::<u32>().ok()
    });
    let levels: Vec<u32> = levels.collect();
    assert_eq!(levels[0], 1);
    assert!(
        levels.windows(2).all(|pair| pair[1] <= pair[0] + 1),
        "{levels:?}"
    );
    let first_link = document.descendants().find(|node| node.has_tag_name("a"));
    assert_eq!(first_link.unwrap().attribute("href"), Some("#main"));
}

#[test]
fn every_table_has_a_caption_and_headings_for_its_columns_and_rows() {
    let (_folder, page) = whole();
    let document = parsed(&page);
    let tables: Vec<_> = document
        .descendants()
        .filter(|node| node.has_tag_name("table"))
        .collect();
    assert!(tables.len() > 8, "{}", tables.len());
    for table in tables {
        let caption = table.children().find(|node| node.has_tag_name("caption"));
        let caption = text_of(caption.expect("a caption"));
        assert!(!caption.trim().is_empty());
        let rows: Vec<_> = table
            .descendants()
            .filter(|node| node.has_tag_name("tr"))
            .collect();
        let cells = |row: &Node<'_, '_>| row.children().filter(Node::is_element).count();
        let width = cells(&rows[0]);
        let heads = rows[0]
            .children()
            .filter_map(|cell| cell.attribute("scope"));
        assert_eq!(
            heads.filter(|scope| *scope == "col").count(),
            width,
            "{caption}"
        );
        for row in &rows[1..] {
            assert_eq!(cells(row), width, "{caption}");
            let first = row.children().find(Node::is_element).unwrap();
            assert_eq!(first.attribute("scope"), Some("row"), "{caption}");
        }
    }
}

#[test]
fn who_sees_no_pictures_is_told_their_figures() {
    let (folder, page) = whole();
    let document = parsed(&page);
    let drawings = document
        .descendants()
        .filter(|node| node.has_tag_name((SVG, "svg")));
    let labels: Vec<&str> = drawings
        .map(|node| node.attribute("aria-label").unwrap())
        .collect();
    assert_eq!(labels.len(), 2 * 7);
    assert!(
        labels
            .iter()
            .all(|label| label.contains(|letter: char| letter.is_ascii_digit()))
    );
    let scores = &metrics(&folder)["clean"];
    let figure = |name: &str| format!("{:.3}", scores[name].as_f64().unwrap());
    let says = |name: &str, words: &str| {
        let label = labels.iter().find(|label| label.starts_with(name)).unwrap();
        assert!(label.contains(words), "`{words}` in {label}");
    };
    says("ROC", &format!("macro average {}", figure("macro_auroc")));
    says(
        "Reliability",
        &format!(
            "ECE {}, before calibration {}",
            figure("ece"),
            figure("ece_before")
        ),
    );
    let right = &scores["confusion"]["counts"][0][0];
    says(
        "Confusion",
        &format!("adenocarcinoma, 30: {right} called right"),
    );
    let pictures = document
        .descendants()
        .filter(|node| node.has_tag_name("img"));
    let texts: Vec<&str> = pictures
        .map(|node| node.attribute("alt").unwrap())
        .collect();
    assert_eq!(texts.len(), 2 + 2 * 7);
    assert!(texts.iter().all(|text| !text.is_empty()));
}

#[test]
fn the_surest_mistakes_and_the_least_sure_hits_are_chosen() {
    let mut predictions = fixture::predictions(2, &[0, 1], 6);
    let rows = [
        ([0.9, 0.1], 0),
        ([0.6, 0.4], 0),
        ([0.8, 0.2], 1),
        ([0.3, 0.7], 0),
        ([0.45, 0.55], 1),
        ([1.0, 0.0], 1),
    ];
    for (slice, (row, truth)) in predictions.iter_mut().zip(rows) {
        slice.probabilities = Probabilities::new(row.to_vec()).unwrap();
        slice.truth = ClassIndex::new(truth);
    }
    let chosen = ChosenCases::choose(&predictions, &[0, 1, 2, 3, 4], 2);
    assert_eq!(
        chosen.confident_mistakes,
        [2, 3],
        "the last slice was not to choose from"
    );
    assert_eq!(chosen.unsure_hits, [4, 1]);
}

#[test]
fn pictures_lie_in_the_page_as_they_are() {
    let (_folder, page) = whole();
    let classes = fixture::classes(&fixture::CHEST);
    let document = parsed(&page);
    let pictures = document
        .descendants()
        .filter(|node| node.has_tag_name("img"));
    let first = pictures.clone().next().unwrap();
    let data = first.attribute("src").unwrap();
    let data = data.strip_prefix("data:image/png;base64,").unwrap();
    let expected = &sections::heat(&classes).pictures[0];
    assert_eq!(STANDARD.decode(data).unwrap(), expected.png);
    assert_eq!(first.attribute("alt"), Some(expected.text.as_str()));
}

#[test]
fn what_others_measured_stands_in_its_section() {
    let (_folder, page) = whole();
    let document = parsed(&page);
    let section = |id: &str| {
        let mut nodes = document.descendants();
        let found = nodes.find(|node| node.attribute("id") == Some(id));
        text_of(found.unwrap())
    };
    let says = |id: &str, words: &[&str]| {
        let text = section(id);
        for word in words {
            assert!(text.contains(word), "`{word}` in {text}");
        }
    };
    says(
        "data",
        &[
            "1012  files found",
            "4 no image: `Thumbs.db`",
            "of 241 patients",
            "8 copies of images in train, of 2 patients",
            "112 are clean",
        ],
    );
    says(
        "stress",
        &["window centre + 40 HU", "no change", "a small change"],
    );
    says(
        "heat",
        &["grad-cam", "features.18", "24.0% lies outside of the body"],
    );
    says(
        "slices",
        &["called normal", "The least sure hits", "44% in the lungs"],
    );
    says(
        "origin",
        &[
            "hilum evaluate slices/",
            "blake3:0f5c1a6e",
            "model file",
            "coverage of sets",
        ],
    );
}

#[test]
fn what_nobody_measured_is_said_to_be_unknown_and_how_to_measure_it() {
    let page = read(&written(&[0, 1, 2, 3], |_| ()), "report.html");
    for words in [
        "hilum evaluate --stress",
        "hilum evaluate --explain",
        "gives no sets",
    ] {
        assert!(page.contains(words), "{words}");
    }
    let (_folder, whole) = whole();
    assert!(!whole.contains("Not measured") && !whole.contains("gives no sets"));
}

#[test]
fn a_small_change_that_costs_much_is_warned_of() {
    let classes = fixture::classes(&fixture::CHEST);
    let predictions = fixture::predictions(4, &[0, 1, 2, 3], 60);
    let mut stress = sections::stress(&classes, &predictions);
    let row = &mut stress.rows[0];
    (row.small, row.macro_f1_difference) = (true, Some(-0.31));
    let page = read(
        &written(&[0, 1, 2, 3], |report| report.stress = Some(stress)),
        "report.html",
    );
    let warned = texts_of(&page, "div", "warning").join(" ");
    assert!(
        warned.contains("brightness × 0.9, takes 0.310 from macro-F1"),
        "{warned}"
    );
    assert!(page.contains(">−0.310 !<"), "the plot marks it, too");
}

#[test]
fn each_card_says_what_the_audit_thinks_of_it() {
    let finding = |severity| fixture::audited(&[("near-duplicate", severity, 3)], &[]);
    let cases = [
        (
            finding(Severity::Error),
            "✕",
            "audit: errors, not to be trusted",
        ),
        (
            finding(Severity::Warning),
            "!",
            "audit: warnings, look twice",
        ),
        (fixture::audited(&[], &[]), "✓", "audit: nothing found"),
        (
            hilum_core::AuditSummary::NotAudited,
            "?",
            "data not audited",
        ),
    ];
    for (audit, sign, words) in cases {
        let page = read(
            &written(&[0, 1, 2, 3], |report| report.audit = audit),
            "report.html",
        );
        let cards = texts_of(&page, "li", "tile");
        assert_eq!(cards.len(), 3);
        for card in cards {
            assert!(card.contains(sign) && card.contains(words), "{card}");
            assert!(card.contains("of 60 clean slices"), "{card}");
        }
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
    write_evaluation(folder.path(), &evaluated, PlotFormat::Svg).unwrap();
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
    for word in ["http", "src=", "@import", "url(", "<script"] {
        assert!(!outside.contains(word), "{word}");
    }
    for target in outside.split("href=\"").skip(1) {
        assert!(
            target.starts_with('#'),
            "a way out of the page: {target:.40}"
        );
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
    write_evaluation(
        folder.path(),
        &fixture::evaluated(&report, &predictions),
        PlotFormat::Svg,
    )
    .unwrap();
    let page = read(&folder, "report.html");
    for markup in ["<img", "<b>slice", "<i>", "<u>"] {
        assert!(!page.contains(markup), "{markup}");
    }
    assert!(page.contains("&lt;b&gt;slice&lt;&#x2f;b&gt;.png"));
}

#[test]
fn clean_figures_stand_first_and_those_of_all_slices_beside_them() {
    let folder = with_clean_part(None);
    let (page, metrics) = (read(&folder, "report.html"), metrics(&folder));
    let figure = |of: &str| format!("{:.3}", metrics[of]["accuracy"].as_f64().unwrap());
    let (clean, all) = (figure("clean"), figure("as_is"));
    assert_ne!(clean, all, "the fixture tells them apart");
    let tiles = texts_of(&page, "li", "tile");
    assert!(
        tiles[0].starts_with(&format!("Accuracy {clean}")),
        "{tiles:?}"
    );
    assert!(
        tiles[0].contains(&format!("of 48 clean slices {all} on all 60 slices")),
        "{tiles:?}"
    );
    assert!(page.contains("Of 48 clean slices of the valid split"));
    assert!(page.contains("The other 12 of 60 slices are copies"));
    let column = |name: &str| page.find(name).unwrap_or_else(|| panic!("{name}"));
    assert!(column(">clean (48)</th>") < column(">all (60)</th>"));
    assert!(column("Classes, of the 48 clean") < column("Classes, of all 60"));
    assert!(column("48 of 60 slices, without copies") < column("all 60 slices, with copies"));
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
    for tile in texts_of(&page, "li", "tile") {
        assert!(tile.contains(" – no clean slice "), "{tile}");
        assert!(tile.contains(" on all 60 slices"), "{tile}");
    }
    assert!(page.contains(">all (60)</th>") && !page.contains(">clean ("));
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
    write_evaluation(folder.path(), &evaluated, PlotFormat::Svg).unwrap();
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
        write_evaluation(folder.path(), &evaluated, PlotFormat::Svg).unwrap();
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
fn what_is_undefined_is_null_in_json_and_a_dash_on_the_page() {
    let folder = written(&[0, 2], |_| ());
    let metrics: serde_json::Value = serde_json::from_str(&read(&folder, "metrics.json")).unwrap();
    assert!(metrics["as_is"]["macro_auroc"].is_null());
    let absent = &metrics["as_is"]["per_class"]["squamous.cell.carcinoma"];
    assert!(absent["recall"].is_null() && absent["auroc"].is_null());
    assert!(read(&folder, "report.html").contains(">–</td>"));
}
