//! Two made-up models side by side.

use std::path::{Path, PathBuf};

use hilum_core::{AuditSummary, ClassIndex, Classes, Probabilities, Split};
use hilum_metrics::{
    ACCURACY, Bootstrap, ComparedFigure, ComparedFigures, ComparedKind, ComparedModel,
    ComparedPair, ComparedSlices, ComparisonReport, ComparisonTests, ContestedAnswer,
    DifferingSetting, Disagreement, Drawn, GroupedPart, PairedBootstrap, PairedBy, PairedCounts,
    PairedModels, TestedDifference, TestedDifferences, Verdict,
};
use hilum_report::{Compared, ComparedCurves, write_comparison};

use super::{fixture, sections};

struct Sides {
    report: ComparisonReport,
    truth: Vec<ClassIndex>,
    probabilities: Vec<Vec<Probabilities>>,
}

/// Its figures.
#[allow(dead_code, reason = "the gallery draws, and asks no figure")]
pub(crate) fn report(second: &str) -> ComparisonReport {
    sides(second).report
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

/// Writes the comparison of a model `first` with one called `second`; of two slices that they call
/// otherwise, one has a picture.
pub(crate) fn write(second: &str, folder: &Path) -> Vec<PathBuf> {
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
    let text = format!("Slice of normal. {second}: wrong.");
    let picture = sections::drawn(false, &text, "");
    let compared = Compared {
        report: &report,
        truth: &truth,
        models: &curves.collect::<Vec<_>>(),
        pictures: &[Some(picture), None],
    };
    write_comparison(folder, &compared).expect("the folder can be written to")
}
