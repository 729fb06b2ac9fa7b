//! Accuracy; precision, recall and F1 of a class, and their means.
//!
//! # What is undefined
//! A class's own score is `None` where nothing defines it (scikit-learn: `zero_division=nan`).
//! The macro and weighted means are those that scikit-learn gives without being told anything:
//! they run over the classes that occur in truth or in predictions, and count an undefined
//! precision or recall of such a class as 0 (`zero_division="warn"`, its default). So a class
//! that has slices but was never predicted pulls the macro precision down, and a class that
//! is in the model but nowhere in the data changes nothing.

use hilum_core::ClassIndex;

use crate::confusion::Confusion;
use crate::metric::{Direction, Metric, Prominence};
use crate::sample::Sample;

/// A share of slices, or a mean of such shares.
const fn share(
    name: &'static str,
    title: &'static str,
    says: &'static str,
    prominence: Prominence,
    compute: fn(&Sample<'_>) -> Option<f64>,
) -> Metric {
    Metric {
        name,
        title,
        symbol: None,
        says,
        undefined: "without slices",
        direction: Direction::HigherIsBetter,
        range: (0.0, 1.0),
        prominence,
        compute,
    }
}

/// [`Confusion::accuracy`].
pub const ACCURACY: Metric = share(
    "accuracy",
    "accuracy",
    "share of slices called right",
    Prominence::Headline,
    |sample| sample.confusion().accuracy(),
);

/// [`Confusion::balanced_accuracy`].
pub const BALANCED_ACCURACY: Metric = share(
    "balanced_accuracy",
    "balanced accuracy",
    "mean recall of the classes",
    Prominence::Summary,
    |sample| sample.confusion().balanced_accuracy(),
);

/// [`Confusion::macro_precision`].
pub const MACRO_PRECISION: Metric = share(
    "macro_precision",
    "macro precision",
    "mean precision of the classes",
    Prominence::File,
    |sample| sample.confusion().macro_precision(),
);

/// [`Confusion::macro_recall`].
pub const MACRO_RECALL: Metric = share(
    "macro_recall",
    "macro recall",
    "mean recall of the classes",
    Prominence::File,
    |sample| sample.confusion().macro_recall(),
);

/// [`Confusion::macro_f1`].
pub const MACRO_F1: Metric = share(
    "macro_f1",
    "macro-F1",
    "mean F1 of the classes",
    Prominence::Headline,
    |sample| sample.confusion().macro_f1(),
);

/// [`Confusion::weighted_precision`].
pub const WEIGHTED_PRECISION: Metric = share(
    "weighted_precision",
    "weighted precision",
    "mean precision by support",
    Prominence::File,
    |sample| sample.confusion().weighted_precision(),
);

/// [`Confusion::weighted_recall`].
pub const WEIGHTED_RECALL: Metric = share(
    "weighted_recall",
    "weighted recall",
    "mean recall by support",
    Prominence::File,
    |sample| sample.confusion().weighted_recall(),
);

/// [`Confusion::weighted_f1`].
pub const WEIGHTED_F1: Metric = share(
    "weighted_f1",
    "weighted F1",
    "mean F1 by support",
    Prominence::Report,
    |sample| sample.confusion().weighted_f1(),
);

/// `part / whole`, undefined for an empty whole.
fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

impl Confusion {
    /// The fraction of slices that were called what they are, in `0.0..=1.0`; `None` without
    /// slices. Same as scikit-learn's `accuracy_score`.
    pub fn accuracy(&self) -> Option<f64> {
        ratio(self.correct_count(), self.count())
    }

    /// The mean recall of the classes that have slices, in `0.0..=1.0`; `None` without slices.
    /// Same as scikit-learn's `balanced_accuracy_score`.
    pub fn balanced_accuracy(&self) -> Option<f64> {
        mean(self.classes().filter_map(|class| self.recall(class)))
    }

    /// Of the slices called `class`, the fraction that are `class`; in `0.0..=1.0`.
    ///
    /// `None` if nothing was called `class`: undefined, not zero. Same as scikit-learn's
    /// `precision_score(labels=[class], average=None)` with `zero_division=nan`.
    pub fn precision(&self, class: ClassIndex) -> Option<f64> {
        ratio(self.true_positive_count(class), self.predicted_count(class))
    }

    /// Of the slices that are `class`, the fraction that were called `class`; in `0.0..=1.0`.
    ///
    /// `None` if no slice is `class`. Same as scikit-learn's
    /// `recall_score(labels=[class], average=None)` with `zero_division=nan`.
    pub fn recall(&self, class: ClassIndex) -> Option<f64> {
        ratio(self.true_positive_count(class), self.support(class))
    }

    /// `2 TP / (2 TP + FP + FN)`, the harmonic mean of precision and recall; in `0.0..=1.0`.
    ///
    /// `None` if no slice is `class` and none was called so; 0 if only one of the two is empty.
    /// Same as scikit-learn's `f1_score(labels=[class], average=None)` with `zero_division=nan`.
    pub fn f1(&self, class: ClassIndex) -> Option<f64> {
        ratio(
            2 * self.true_positive_count(class),
            self.support(class) + self.predicted_count(class),
        )
    }

    /// The mean precision of the classes that occur, an undefined one counted as 0; `None`
    /// without slices. Same as scikit-learn's `precision_score(average="macro")`.
    pub fn macro_precision(&self) -> Option<f64> {
        self.macro_mean(Self::precision)
    }

    /// The mean recall of the classes that occur, an undefined one counted as 0; `None`
    /// without slices. Same as scikit-learn's `recall_score(average="macro")`.
    ///
    /// Differs from [`Confusion::balanced_accuracy`] if a class without slices was predicted.
    pub fn macro_recall(&self) -> Option<f64> {
        self.macro_mean(Self::recall)
    }

    /// The mean F1 of the classes that occur; `None` without slices.
    /// Same as scikit-learn's `f1_score(average="macro")`.
    pub fn macro_f1(&self) -> Option<f64> {
        self.macro_mean(Self::f1)
    }

    /// The mean precision weighted by support, an undefined one counted as 0; `None` without
    /// slices. Same as scikit-learn's `precision_score(average="weighted")`.
    pub fn weighted_precision(&self) -> Option<f64> {
        self.weighted_mean(Self::precision)
    }

    /// The mean recall weighted by support, which is the accuracy; `None` without slices.
    /// Same as scikit-learn's `recall_score(average="weighted")`.
    pub fn weighted_recall(&self) -> Option<f64> {
        self.weighted_mean(Self::recall)
    }

    /// The mean F1 weighted by support; `None` without slices.
    /// Same as scikit-learn's `f1_score(average="weighted")`.
    pub fn weighted_f1(&self) -> Option<f64> {
        self.weighted_mean(Self::f1)
    }

    fn macro_mean(&self, score: fn(&Self, ClassIndex) -> Option<f64>) -> Option<f64> {
        mean(
            self.classes()
                .filter(|class| self.support(*class) + self.predicted_count(*class) > 0)
                .map(|class| score(self, class).unwrap_or(0.0)),
        )
    }

    fn weighted_mean(&self, score: fn(&Self, ClassIndex) -> Option<f64>) -> Option<f64> {
        let sum: f64 = self
            .classes()
            .map(|class| self.support(class) as f64 * score(self, class).unwrap_or(0.0))
            .sum();
        let count = self.count();
        (count > 0).then(|| sum / count as f64)
    }
}

/// The arithmetic mean; `None` of nothing.
fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0_u64);
    for value in values {
        sum += value;
        count += 1;
    }
    (count > 0).then(|| sum / count as f64)
}
