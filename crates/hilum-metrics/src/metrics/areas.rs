//! How well the probability of a class ranks slices, over all classes.

use hilum_core::ClassIndex;

use crate::metric::{Direction, Metric, Prominence};
use crate::precision_recall::average_precision;
use crate::roc::auroc;
use crate::sample::Sample;

/// The mean of every class's [`auroc`].
///
/// Same as scikit-learn's `roc_auc_score(multi_class="ovr", average="macro")`; of two classes both
/// areas are equal.
pub const MACRO_AUROC: Metric = Metric {
    name: "macro_auroc",
    title: "macro AUROC",
    symbol: None,
    says: "ranks a slice of the class above another; 0.5 is guessing",
    undefined: "if a class has no slices, or all of them",
    direction: Direction::HigherIsBetter,
    range: (0.0, 1.0),
    prominence: Prominence::Headline,
    compute: |sample| mean_over_classes(sample, auroc),
};

/// The mean of every class's [`average_precision`].
///
/// Same as scikit-learn's `average_precision_score(average="macro")` on one-hot truth if every
/// class has slices.
pub const MACRO_AVERAGE_PRECISION: Metric = Metric {
    name: "macro_average_precision",
    title: "macro average precision",
    symbol: None,
    says: "area under precision and recall",
    undefined: "if a class has no slices",
    direction: Direction::HigherIsBetter,
    range: (0.0, 1.0),
    prominence: Prominence::Report,
    compute: |sample| mean_over_classes(sample, average_precision),
};

/// The mean of the areas of all classes; `None` as soon as one is undefined.
fn mean_over_classes(
    sample: &Sample<'_>,
    area: fn(&Sample<'_>, ClassIndex) -> Option<f64>,
) -> Option<f64> {
    let classes = sample.confusion().classes();
    let sum: f64 = classes
        .map(|class| area(sample, class))
        .sum::<Option<f64>>()?;
    let count = sample.class_count();
    (count > 0).then(|| sum / count as f64)
}
