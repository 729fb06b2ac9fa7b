//! The page and the drawings of models side by side.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use hilum_core::{AuditSummary, ClassIndex, Classes, Probabilities, Split};
use hilum_metrics::{
    ACCURACY, Bootstrap, ComparedFigure, ComparedFigures, ComparedKind, ComparedModel,
    ComparedPair, ComparedSlices, ComparisonReport, ComparisonTests, ContestedAnswer,
    DifferingSetting, Disagreement, Drawn, GroupedPart, PairedBootstrap, PairedBy, PairedCounts,
    PairedModels, TestedDifference, TestedDifferences, Verdict,
};
use hilum_report::{Compared, ComparedCurves, Picture, write_comparison};
use roxmltree::Document;

use super::fixture;

const HOSTILE: &str = "<script>\"a\" & 'b'</script>";

struct Sides {
    report: ComparisonReport,
    truth: Vec<ClassIndex>,
    probabilities: Vec<Vec<Probabilities>>,
}

/// Two models of the same slices, the second called `second`.
fn sides(second: &str) -> Sides {
    let classes = fixture::classes(&fixture::CHEST);
    let slices = fixture::predictions(classes.len(), &[0, 1, 2, 3], 60);
    let truth: Vec<ClassIndex> = slices.iter().map(|slice| slice.truth).collect();
    let rows = |slices: &[hilum_report::Prediction]| -> Vec<Probabilities> {
        slices.iter().map(|one| one.probabilities.clone()).collect()
    };
    let others = fixture::predictions(classes.len(), &[0, 1, 2, 3], 120);
    let probabilities = vec![rows(&slices), rows(&others[60..])];
    let groups: Vec<usize> = (0..60).collect();
    let models = PairedModels {
        class_count: classes.len(),
        truth: &truth,
        probabilities: &probabilities,
        groups: &groups,
    };
    let drawn = PairedBootstrap::draw(&Bootstrap::default(), models, ComparedFigures::METRICS);
    let mut differences = drawn.differences(0, 1).into_iter();
    let figures = |model| {
        ComparedFigures::each(|metric| {
            let (value, interval) = drawn.figure(model, metric)?;
            Some(ComparedFigure { value, interval })
        })
    };
    let names = ["first", second];
    let model = |(at, name): (usize, &&str)| ComparedModel {
        name: (*name).to_owned(),
        kind: ComparedKind::Run,
        source: format!("runs/{name}"),
        model: format!("runs/{name}/model.safetensors"),
        audit: AuditSummary::NotAudited,
        leaked: None,
        figures: figures(at),
    };
    let answer = |right: bool| ContestedAnswer {
        class: classes.name(ClassIndex::new(usize::from(!right))).clone(),
        probability: 0.75,
        truth_probability: if right { 0.75 } else { 0.1 },
        right,
    };
    let disagreement = |path: &str| Disagreement {
        path: path.into(),
        truth: classes.name(ClassIndex::new(0)).clone(),
        answers: vec![answer(true), answer(false)],
    };
    let report = ComparisonReport {
        version: 1,
        hilum: "0.0.0".to_owned(),
        slices: slices_of(classes.clone()),
        models: names.iter().enumerate().map(model).collect(),
        tests: ComparisonTests {
            count: 6,
            correction: "holm".to_owned(),
            level: 0.05,
            resample_count: 1000,
            seed: 32,
        },
        pairs: vec![ComparedPair {
            first: "first".to_owned(),
            second: second.to_owned(),
            counts: PairedCounts {
                both_right: 30,
                only_first: 12,
                only_second: 10,
                neither: 8,
            },
            mcnemar_p_value: 0.83,
            design_effect: 1.0,
            differences: TestedDifferences::each(|metric| {
                let paired = differences.next()??;
                let is_told = *metric == ACCURACY;
                Some(TestedDifference {
                    paired,
                    p_holm: 1.0,
                    verdict: Verdict::of(metric, paired.difference, is_told),
                })
            }),
            differs: false,
            says: format!("first and {second} do not differ by what 60 slices can show"),
        }],
        settings: vec![DifferingSetting {
            name: "training.seed".to_owned(),
            values: vec![Some("1".to_owned()), None],
        }],
        disagreements: vec![
            disagreement("valid/seen.png"),
            disagreement("valid/lost.png"),
        ],
        notes: vec!["A note.".to_owned()],
    };
    Sides {
        report,
        truth,
        probabilities,
    }
}

fn slices_of(classes: Classes) -> ComparedSlices {
    ComparedSlices {
        split: Split::Valid,
        count: 60,
        part: GroupedPart::Clean,
        shared: 72,
        unclean: 12,
        groups: 60,
        drawn: Drawn::Slices,
        paired_by: PairedBy::Content,
        classes,
    }
}

/// The files of a comparison, by their names.
fn written(second: &str) -> Vec<(String, String)> {
    let Sides {
        report,
        truth,
        probabilities,
    } = sides(second);
    let history = fixture::history(12);
    let curves = [Some(&history), None];
    let curves = probabilities.iter().zip(curves);
    let curves = curves.map(|(probabilities, training)| ComparedCurves {
        probabilities,
        training,
    });
    let picture = Picture {
        png: vec![1, 2, 3],
        width: 20,
        height: 10,
        text: format!("Slice of normal. {second}: wrong."),
        caption: String::new(),
    };
    let compared = Compared {
        report: &report,
        truth: &truth,
        models: &curves.collect::<Vec<_>>(),
        pictures: &[Some(picture), None],
    };
    let folder = tempfile::tempdir().unwrap();
    let written = write_comparison(folder.path(), &compared).unwrap();
    let file = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, fs_err::read_to_string(path).unwrap())
    };
    written.iter().map(file).collect()
}

#[test]
fn every_drawing_is_sound_and_says_its_figures_in_words() {
    for second in ["second", HOSTILE] {
        let files = written(second);
        let drawings: Vec<_> = files
            .iter()
            .filter(|(name, _)| name.contains(".svg"))
            .collect();
        assert_eq!(drawings.len(), 4);
        for (name, drawing) in drawings {
            let document = Document::parse(drawing).unwrap();
            let label = document.root_element().attribute("aria-label").unwrap();
            assert!(label.contains("first"), "{name}: {label}");
            assert!(label.contains(second), "{name}: {label}");
            assert!(!drawing.contains("NaN"), "{name}");
        }
    }
}

#[test]
fn models_are_told_apart_without_colour() {
    let files = written("second");
    let (_, roc) = files.iter().find(|(name, _)| name == "roc.svg").unwrap();
    let broken = roc.matches(r#"stroke-dasharray="8 4""#).count();
    // A curve a class, and the legend.
    assert_eq!(broken, fixture::CHEST.len() + 1);
}

#[test]
fn the_page_has_landmarks_texts_and_no_scripts() {
    let files = written(HOSTILE);
    let (_, page) = files
        .iter()
        .find(|(name, _)| name == "comparison.html")
        .unwrap();
    assert!(!page.contains("<script"), "names are escaped");
    for wanted in [
        "<header>",
        "<main>",
        r#"<nav aria-label="Sections">"#,
        "do not differ by what 60 slices can show",
        "A note.",
        "12 more are copies, repeats or known",
        "both are right about 30",
        "training.seed",
        "2 of 60 slices are not called the same",
        "1 of those shown here have no picture",
        "was not audited",
    ] {
        assert!(page.contains(wanted), "no `{wanted}`");
    }
    let pictures = page.matches("<img").count();
    assert_eq!(pictures, 1);
    assert_eq!(page.matches("alt=\"Slice of normal.").count(), pictures);
    for id in [
        "told",
        "figures",
        "differences",
        "curves",
        "settings",
        "slices",
        "how",
    ] {
        assert_eq!(page.matches(&format!("href=\"#{id}\"")).count(), 1, "{id}");
        assert_eq!(page.matches(&format!(" id=\"{id}\"")).count(), 1, "{id}");
    }
}

#[test]
fn the_record_reads_back() {
    let files = written("second");
    let (_, json) = files
        .iter()
        .find(|(name, _)| name == "compare.json")
        .unwrap();
    let read: ComparisonReport = serde_json::from_str(json).unwrap();
    assert_eq!(read, sides("second").report);
}
