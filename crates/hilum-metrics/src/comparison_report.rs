//! `compare.json`: several models on the same slices.

use std::path::PathBuf;

use hilum_core::{AuditSummary, ClassName, Classes, Split};
use serde::{Deserialize, Serialize};

use crate::bootstrap::Interval;
use crate::by_group::{Drawn, GroupedPart};
use crate::by_metric::by_metric;
use crate::evaluation_report::Leaked;
use crate::metric::{Direction, Metric};
use crate::metrics::{ACCURACY, BALANCED_ACCURACY, ECE, LOG_LOSS, MACRO_AUROC, MACRO_F1};
use crate::paired_bootstrap::PairedDifference;
use crate::paired_counts::PairedCounts;

/// `compare.json`: several models on the same slices, each with its figures, each pair with its
/// differences and what tells them from luck.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparisonReport {
    /// The version of this record.
    pub version: u32,
    /// The program's.
    pub hilum: String,
    /// What the models are compared on.
    pub slices: ComparedSlices,
    /// The models, in the order in which they were given.
    pub models: Vec<ComparedModel>,
    /// How differences are told from luck.
    pub tests: ComparisonTests,
    /// Each model with each after it.
    pub pairs: Vec<ComparedPair>,
    /// Settings of the models' training that are not the same for all.
    pub settings: Vec<DifferingSetting>,
    /// Slices that not all call the same, the most contested first.
    pub disagreements: Vec<Disagreement>,
    /// What a reader must know besides, a sentence each.
    pub notes: Vec<String>,
}

/// The slices that models are compared on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparedSlices {
    /// The split that they are of.
    pub split: Split,
    /// How many there are.
    pub count: usize,
    /// Whether they are clean for every model, or all that the models share, since none is clean.
    pub part: GroupedPart,
    /// How many slices all models judged.
    pub shared: usize,
    /// How many of them are not clean for every model: copies, repeats, or known to one of them.
    pub unclean: usize,
    /// How many groups the slices are of.
    pub groups: usize,
    /// What is drawn for intervals.
    pub drawn: Drawn,
    /// By what slices of one evaluation were found in the others.
    pub paired_by: PairedBy,
    /// The classes.
    pub classes: Classes,
}

/// By what a slice of one evaluation is found in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PairedBy {
    /// Their pixels are the same.
    Content,
    /// Their files have the same name below the folder of all.
    Path,
}

/// What was given to be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComparedKind {
    /// The folder of a run.
    Run,
    /// The folder of an evaluation.
    Evaluation,
    /// A model file.
    Model,
}

/// One of the models.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparedModel {
    /// What it is called here; no two have the same name.
    pub name: String,
    /// What was given.
    pub kind: ComparedKind,
    /// Where that is.
    pub source: String,
    /// The model, as its evaluation names it.
    pub model: String,
    /// What the audit said of the slices, and of the model's acquaintance with them.
    pub audit: AuditSummary,
    /// What the model knew of the slices that it judged; `None` where nobody can tell.
    pub leaked: Option<Leaked>,
    /// Its figures on the compared slices.
    pub figures: ComparedFigures,
}

/// A figure of one model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ComparedFigure {
    /// The figure.
    pub value: f64,
    /// What chance does to it; `None` if it is undefined in every resample.
    pub interval: Option<Interval>,
}

by_metric! {
    /// The figures of one model; `None` where undefined.
    pub struct ComparedFigures: Option<ComparedFigure> {
        accuracy = ACCURACY,
        balanced_accuracy = BALANCED_ACCURACY,
        macro_f1 = MACRO_F1,
        macro_auroc = MACRO_AUROC,
        log_loss = LOG_LOSS,
        ece = ECE,
    }
}

/// How differences are told from luck.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparisonTests {
    /// How many differences are tested.
    pub count: usize,
    /// What is done about there being several: Holm's correction over all of them.
    pub correction: String,
    /// A corrected p-value below this is called a difference.
    pub level: f64,
    /// Resamples of the bootstrap.
    pub resample_count: usize,
    /// Its seed.
    pub seed: u64,
}

/// Two of the models.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparedPair {
    /// One of them;
    pub first: String,
    /// and the other: differences are the first's figure less the second's.
    pub second: String,
    /// Who is right where the other is wrong.
    pub counts: PairedCounts,
    /// The p-value of McNemar's exact test, which takes slices as independent.
    pub mcnemar_p_value: f64,
    /// How many slices count for one, since slices of a group are alike; 1 where they stand alone.
    pub design_effect: f64,
    /// The differences.
    pub differences: TestedDifferences,
    /// Whether any of them is told from luck.
    pub differs: bool,
    /// What that amounts to, in a sentence or two.
    pub says: String,
}

/// Who has the better figure, as far as can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The first.
    FirstBetter,
    /// The second.
    SecondBetter,
    /// Nothing that cannot be luck.
    NoDifferenceShown,
}

/// A difference with what is left of its p-value among the others.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TestedDifference {
    /// The difference by itself.
    #[serde(flatten)]
    pub paired: PairedDifference,
    /// Its p-value after Holm's correction.
    pub p_holm: f64,
    /// Who is better.
    pub verdict: Verdict,
}

by_metric! {
    /// The differences of two models; `None` where a figure is undefined for one of them.
    pub struct TestedDifferences: Option<TestedDifference> {
        accuracy = ACCURACY,
        balanced_accuracy = BALANCED_ACCURACY,
        macro_f1 = MACRO_F1,
        macro_auroc = MACRO_AUROC,
        log_loss = LOG_LOSS,
        ece = ECE,
    }
}

/// A setting that is not the same for all models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DifferingSetting {
    /// Its name, as `settings.toml` has it.
    pub name: String,
    /// A value a model, in their order; `None` where it has none, or nobody knows.
    pub values: Vec<Option<String>>,
}

/// A slice that not all models call the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Disagreement {
    /// The slice's file, as the first evaluation names it.
    pub path: PathBuf,
    /// What it is.
    pub truth: ClassName,
    /// What each model says, in their order.
    pub answers: Vec<ContestedAnswer>,
}

/// What one model says of a slice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContestedAnswer {
    /// The most likely class,
    pub class: ClassName,
    /// and how likely it is.
    pub probability: f64,
    /// How likely the truth is.
    pub truth_probability: f64,
    /// Whether the class is the truth.
    pub right: bool,
}

impl ComparisonReport {
    /// What the audits said, each with the names of the models that it holds for.
    pub fn audits(&self) -> Vec<(&AuditSummary, Vec<&str>)> {
        let mut audits: Vec<(&AuditSummary, Vec<&str>)> = Vec::new();
        for model in &self.models {
            let known = audits.iter_mut().find(|(audit, _)| **audit == model.audit);
            match known {
                Some((_, names)) => names.push(&model.name),
                None => audits.push((&model.audit, vec![&model.name])),
            }
        }
        audits
    }
}

impl Verdict {
    /// Of a difference in `metric` that is told from luck, or not.
    pub fn of(metric: &Metric, difference: f64, is_told_from_luck: bool) -> Self {
        if !is_told_from_luck || difference == 0.0 {
            return Self::NoDifferenceShown;
        }
        let is_larger_better = metric.direction == Direction::HigherIsBetter;
        if (difference > 0.0) == is_larger_better {
            Self::FirstBetter
        } else {
            Self::SecondBetter
        }
    }
}
