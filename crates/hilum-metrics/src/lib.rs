//! Classification metrics in scikit-learn's terms and values. Pure functions, no I/O.
//!
//! [`Evaluation::compute`] says everything about one set of predictions; the parts stand on
//! their own too, and read a [`Sample`]. `truth` is a [`ClassIndex`](hilum_core::ClassIndex) a
//! slice, `probabilities` one [`Probabilities`](hilum_core::Probabilities) a slice.
//!
//! | question | answer |
//! |---|---|
//! | which figures are there? | [`METRICS`], and [`CLASS_METRICS`] of each class |
//! | who was taken for whom? | [`Confusion`], with accuracy, precision, recall, F1, kappa, Matthews |
//! | does the probability rank slices well? | [`auroc`], [`average_precision`] and their curves |
//! | are the probabilities right? | [`LOG_LOSS`], [`BRIER_SCORE`], [`LOG_COSH`], [`ECE`], [`reliability`], [`CalibrationScores`] |
//! | do sets of classes hold the truth? | [`SetScores`] |
//! | is it right where it is sure? | [`Selective`], [`Abstained`] |
//! | how much is luck? | [`Bootstrap`], [`wilson_interval`] |
//! | do two models differ on the same slices? | [`mcnemar`], [`group_swap`], [`accuracy_interval`], [`PairedBootstrap`], [`holm`] |
//! | what do folds amount to? | [`CrossValidationReport`] |
//! | what of patients, beside slices? | [`ByGroup`] |
//! | what would leakage have claimed? | [`Leak`] |
//! | what do changes of the pictures do? | [`StressTable`] |
//! | how did training go? | [`History`] |
//!
//! What is undefined is `None`, never 0: the precision of a class that was never predicted, the
//! area under the curve of a class without slices. Where scikit-learn decides otherwise in a
//! mean, the function says which `zero_division` it equals.
//!
//! ```
//! use hilum_core::{ClassIndex, ClassName, Classes, Probabilities};
//! use hilum_metrics::{Bootstrap, Evaluation};
//!
//! let classes = Classes::new(["adenocarcinoma", "normal"].map(ClassName::new)).unwrap();
//! let truth = [0, 0, 1, 1].map(ClassIndex::new);
//! let probabilities = [[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.1, 0.9]]
//!     .map(|row| Probabilities::new(row.to_vec()).unwrap());
//!
//! let evaluation = Evaluation::compute(&classes, &truth, &probabilities, &Bootstrap::default());
//! assert_eq!(evaluation.scores.accuracy, Some(0.75));
//! assert_eq!(evaluation.confusion.counts, [[1, 1], [0, 2]]);
//! assert_eq!(evaluation.scores.macro_auroc, Some(1.0));
//! ```

mod bootstrap;
mod brier_parts;
mod by_group;
mod by_metric;
mod calibration_scores;
mod class_scores;
mod comparison_report;
mod confusion;
mod cross_validation;
mod evaluation;
mod evaluation_report;
mod heat;
mod history;
mod holm;
mod leak;
mod mcnemar;
mod metric;
mod metrics;
mod out_of_fold;
mod paired_accuracy;
mod paired_bootstrap;
mod paired_counts;
mod paired_swap;
mod precision_recall;
mod proportion;
mod ranking;
mod reliability;
mod roc;
mod sample;
mod selective;
mod set_scores;
mod stress;

pub use bootstrap::{Bootstrap, Interval, Intervals};
pub use brier_parts::BrierParts;
pub use by_group::{ByGroup, Drawn, GroupUnit, GroupedPart};
pub use calibration_scores::CalibrationScores;
pub use class_scores::{CLASS_METRICS, ClassMetric, ClassScores};
pub use comparison_report::{
    ComparedFigure, ComparedFigures, ComparedKind, ComparedModel, ComparedPair, ComparedSlices,
    ComparisonReport, ComparisonTests, ContestedAnswer, DifferingSetting, Disagreement, PairedBy,
    TestedDifference, TestedDifferences, Verdict,
};
pub use confusion::Confusion;
pub use cross_validation::{
    CalibratedFolds, CrossValidated, CrossValidationReport, FoldScores, HeadlineSpread,
    RepeatEvaluation, Spread,
};
pub use evaluation::{ConfusionTable, Evaluation};
pub use evaluation_report::{AnswerScores, CleanPart, EvaluationReport, Exchangeability, Leaked};
pub use heat::{HeatShares, HeatTable};
pub use history::{EpochRow, Gap, History, SplitRow};
pub use holm::holm;
pub use leak::{Leak, LeakFigures};
pub use mcnemar::{group_differences, group_swap, mcnemar};
pub use metric::{Direction, Metric, Prominence};
pub use metrics::*;
pub use out_of_fold::{Headline, OutOfFold};
pub use paired_accuracy::{accuracy_interval, design_effect};
pub use paired_bootstrap::{PairedBootstrap, PairedDifference, PairedModels, PairedTest};
pub use paired_counts::PairedCounts;
pub use precision_recall::{PrecisionRecallPoint, average_precision, precision_recall_curve};
pub use proportion::wilson_interval;
pub use reliability::{ReliabilityBin, reliability};
pub use roc::{RocPoint, auroc, roc_curve};
pub use sample::Sample;
pub use selective::{RiskPoint, Selective, risk_coverage};
pub use set_scores::{Abstained, JudgedSet, SetScores, SetScoresOfClass};
pub use stress::{Looks, Stress, StressRow, StressTable, Stressed};
