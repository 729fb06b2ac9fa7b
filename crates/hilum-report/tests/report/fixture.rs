//! Evaluations of made-up predictions.

use std::collections::BTreeMap;
use std::path::PathBuf;

use hilum_core::{
    AuditSummary, ByValidation, ClassIndex, ClassName, Classes, FindingCount, Probabilities,
    Severity, Split, ValidationRole,
};
use hilum_metrics::{
    Abstained, AnswerScores, Bootstrap, Drawn, EpochRow, Evaluation, EvaluationReport,
    Exchangeability, History, JudgedSet, Selective, SetScores, SplitRow,
};
use hilum_report::{Answer, Evaluated, Prediction, TrainingContext};

pub(crate) const CHEST: [&str; 4] = [
    "adenocarcinoma",
    "large.cell.carcinoma",
    "normal",
    "squamous.cell.carcinoma",
];

/// Twelve long names, as a chest set with finer labels has them.
pub(crate) const TWELVE: [&str; 12] = [
    "adenocarcinoma",
    "adenosquamous.carcinoma",
    "atypical.carcinoid",
    "benign.granuloma",
    "hamartoma",
    "large.cell.carcinoma",
    "large.cell.neuroendocrine.carcinoma",
    "metastasis",
    "normal",
    "pleural.mesothelioma",
    "small.cell.carcinoma",
    "squamous.cell.carcinoma",
];

pub(crate) fn classes(names: &[&str]) -> Classes {
    Classes::new(names.iter().copied().map(ClassName::new)).expect("two names or more")
}

/// `count` slices of the classes in `present`, right about three times in four. The numbers
/// come from a linear congruential generator (Numerical Recipes): the same everywhere.
pub(crate) fn predictions(class_count: usize, present: &[usize], count: usize) -> Vec<Prediction> {
    let mut state = 32_u32;
    let mut random = move || {
        state = state.wrapping_mul(1664525).wrapping_add(1013904223);
        f64::from(state >> 8) / f64::from(1_u32 << 24)
    };
    let slice = |at: usize| {
        let truth = present[at % present.len()];
        let mut weights: Vec<f64> = (0..class_count).map(|_| random().powi(4) + 1e-3).collect();
        weights[truth] += random() * 0.6 + 0.15;
        let sum: f64 = weights.iter().sum();
        let shares = weights.iter().map(|weight| weight / sum).collect();
        Prediction {
            path: PathBuf::from(format!("valid/class-{truth}/slice-{at:03}.png")),
            truth: ClassIndex::new(truth),
            probabilities: Probabilities::new(shares).expect("a distribution"),
            answer: Answer::default(),
        }
    };
    (0..count).map(slice).collect()
}

pub(crate) fn evaluation(classes: &Classes, predictions: &[Prediction]) -> Evaluation {
    let truth: Vec<ClassIndex> = predictions.iter().map(|slice| slice.truth).collect();
    let probabilities: Vec<Probabilities> = predictions
        .iter()
        .map(|slice| slice.probabilities.clone())
        .collect();
    Evaluation::compute(classes, &truth, &probabilities, &Bootstrap::default())
}

pub(crate) fn report(classes: &Classes, predictions: &[Prediction]) -> EvaluationReport {
    let figures = evaluation(classes, predictions);
    EvaluationReport {
        split: Split::Valid,
        clean: Some(figures.clone()),
        as_is: figures,
        by_group: None,
        drawn: Drawn::Slices,
        leaked: None,
        answers: AnswerScores::default(),
        stress: None,
        heat: None,
        audit: AuditSummary::NotAudited,
        model: "runs/first/model.safetensors".to_owned(),
        details: BTreeMap::from([
            ("architecture".to_owned(), "mobilenet-v2".to_owned()),
            ("seed".to_owned(), "32".to_owned()),
        ]),
    }
}

/// A report of slices of which none had to be left out, and no training.
pub(crate) fn evaluated<'a>(
    report: &'a EvaluationReport,
    predictions: &'a [Prediction],
) -> Evaluated<'a> {
    Evaluated::new(report, predictions)
}

/// A training that validation chose the epoch of.
pub(crate) fn context() -> TrainingContext {
    TrainingContext {
        validation: Some(ValidationRole::KeptBack(vec![ByValidation::Epoch])),
        audit: AuditSummary::NotAudited,
    }
}

pub(crate) fn audited(findings: &[(&str, Severity, usize)], mended: &[&str]) -> AuditSummary {
    let finding = |&(rule, severity, count): &(&str, Severity, usize)| FindingCount {
        rule: rule.to_owned(),
        severity,
        count,
    };
    AuditSummary::Audited {
        findings: findings.iter().map(finding).collect(),
        mended: mended.iter().map(|line| (*line).to_owned()).collect(),
    }
}

/// A run that learns, overfits late, and whose best epoch is at three quarters.
pub(crate) fn history(epoch_count: usize) -> History {
    let row = |epoch: usize| {
        let time = epoch as f64 / epoch_count.max(12) as f64;
        let wave = 0.02 * (epoch as f64 * 1.7).sin();
        let scores = |skill: f64, loss: f64| SplitRow {
            loss: Some(loss),
            accuracy: Some(skill),
            macro_f1: Some(skill - 0.04),
            log_cosh: Some(0.09 * (1.0 - skill)),
            macro_auroc: Some(0.5 + skill / 2.0),
        };
        EpochRow {
            epoch,
            learning_rate: 1e-3,
            seconds: 12.0,
            images_per_second: 51.0,
            train: scores(1.0 - 0.7 * (-5.0 * time).exp(), 1.4 * (-4.0 * time).exp()),
            valid: scores(
                0.9 - 0.6 * (-4.0 * time).exp() - wave - 0.1 * (time - 0.75).powi(2),
                1.4 * (-3.0 * time).exp() + 0.15 * time + wave,
            ),
        }
    };
    History {
        rows: (1..=epoch_count).map(row).collect(),
        best_epoch: Some((epoch_count * 3 / 4).max(1)),
    }
}

/// The same predictions as a calibrated model has them: with what they were before, sets, silence,
/// and an alarm or none.
pub(crate) fn calibrated(
    classes: &Classes,
    predictions: &[Prediction],
    alarm: bool,
) -> (EvaluationReport, Vec<Prediction>) {
    let mut predictions = predictions.to_vec();
    for slice in &mut predictions {
        let row = slice.probabilities.as_slice();
        let timid: Vec<f64> = row.iter().map(|value| value.sqrt()).collect();
        let sum: f64 = timid.iter().sum();
        let mut set: Vec<ClassIndex> = classes
            .indices()
            .filter(|class| slice.probabilities.of(*class) > 0.3)
            .collect();
        set.sort_by(|one, other| row[other.get()].total_cmp(&row[one.get()]));
        let largest = row.iter().copied().fold(0.0, f64::max);
        slice.answer = Answer {
            before: Probabilities::new(timid.iter().map(|value| value / sum).collect()),
            set: Some(set),
            reason: (largest < 0.4).then_some("two classes are as likely"),
        };
    }
    let mut report = report(classes, &predictions);
    let truth: Vec<ClassIndex> = predictions.iter().map(|slice| slice.truth).collect();
    let before: Vec<Probabilities> = predictions
        .iter()
        .filter_map(|slice| slice.answer.before.clone())
        .collect();
    report.as_is = report.as_is.calibrated_from(&truth, &before);
    report.clean = Some(report.as_is.clone());
    report.answers = answers(classes, &predictions, alarm);
    (report, predictions)
}

fn answers(classes: &Classes, predictions: &[Prediction], alarm: bool) -> AnswerScores {
    let judged: Vec<JudgedSet<'_>> = predictions
        .iter()
        .map(|slice| JudgedSet {
            truth: slice.truth,
            set: slice.answer.set.as_deref().unwrap_or_default(),
            most_likely: slice.probabilities.most_likely(),
        })
        .collect();
    let groups: Vec<usize> = (0..predictions.len()).collect();
    let truth: Vec<ClassIndex> = predictions.iter().map(|slice| slice.truth).collect();
    let probabilities: Vec<Probabilities> = predictions
        .iter()
        .map(|slice| slice.probabilities.clone())
        .collect();
    let is_right = |slice: &Prediction| slice.probabilities.most_likely() == slice.truth;
    let silence = predictions
        .iter()
        .map(|one| (is_right(one), one.answer.reason));
    AnswerScores {
        conformal: Some(SetScores::compute(
            classes,
            &judged,
            &groups,
            0.9,
            &Bootstrap::default(),
        )),
        abstained: Some(Abstained::compute(silence)),
        selective: Some(Selective::compute(&truth, &probabilities)),
        exchangeability: Some(Exchangeability {
            p_value: if alarm { 0.0005 } else { 0.4125 },
            alarm,
            slices: predictions.len(),
            groups: predictions.len(),
            confidence: 0.71,
            calibration_confidence: 0.74,
        }),
    }
}
