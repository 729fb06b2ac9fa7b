//! The list of metrics: whoever shows, writes or checks figures reads it here.
//!
//! A metric is a constant in a file of this folder; it counts once it stands in [`Scores`].

mod agreement;
mod areas;
mod calibration;
mod precision_recall_f1;
mod probability;

pub use agreement::{COHEN_KAPPA, MATTHEWS_CORRELATION};
pub use areas::{MACRO_AUROC, MACRO_AVERAGE_PRECISION};
pub use calibration::{ECE, RELIABILITY_BIN_COUNT};
pub use precision_recall_f1::{
    ACCURACY, BALANCED_ACCURACY, MACRO_F1, MACRO_PRECISION, MACRO_RECALL, WEIGHTED_F1,
    WEIGHTED_PRECISION, WEIGHTED_RECALL,
};
pub use probability::{BRIER_SCORE, LOG_COSH, LOG_LOSS};

use crate::by_metric::by_metric;
use crate::metric::Metric;

/// Every metric, in the order in which they are shown.
pub const METRICS: &[Metric] = Scores::METRICS;

by_metric! {
    /// The value of every metric; undefined is `None`, in JSON `null`.
    pub struct Scores: Option<f64> {
        accuracy = ACCURACY,
        balanced_accuracy = BALANCED_ACCURACY,
        macro_precision = MACRO_PRECISION,
        macro_recall = MACRO_RECALL,
        macro_f1 = MACRO_F1,
        weighted_precision = WEIGHTED_PRECISION,
        weighted_recall = WEIGHTED_RECALL,
        weighted_f1 = WEIGHTED_F1,
        macro_auroc = MACRO_AUROC,
        macro_average_precision = MACRO_AVERAGE_PRECISION,
        cohen_kappa = COHEN_KAPPA,
        matthews_correlation = MATTHEWS_CORRELATION,
        log_loss = LOG_LOSS,
        brier_score = BRIER_SCORE,
        log_cosh = LOG_COSH,
        ece = ECE,
    }
}
