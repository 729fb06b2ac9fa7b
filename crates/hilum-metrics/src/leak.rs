//! What a cross-validation that lets slices of one patient stand on both sides would have claimed.

use serde::{Deserialize, Serialize};

use crate::metric::Metric;
use crate::out_of_fold::{Headline, OutOfFold};

/// One side of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LeakFigures {
    /// Predictions that were judged.
    pub count: usize,
    /// Their scores.
    #[serde(flatten)]
    pub scores: Headline,
}

/// The same recipe with folds by slice, beside folds by group.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Leak {
    /// Folds by slice, of all files as they lie, copies and contradictions among them: what
    /// somebody would have claimed who looks at neither.
    pub by_slice: LeakFigures,
    /// The same predictions, of those slices alone that `by_group` is of: what is left of the
    /// difference then is no matter of which slices are judged.
    pub by_slice_on_same: LeakFigures,
    /// Folds by group, of mended data.
    pub by_group: LeakFigures,
    /// `by_slice` less `by_group`; undefined where one of them is.
    pub difference: Headline,
}

impl LeakFigures {
    fn of<'a>(class_count: usize, predictions: impl Iterator<Item = &'a OutOfFold>) -> Self {
        let predictions: Vec<&OutOfFold> = predictions.collect();
        Self {
            count: predictions.len(),
            scores: Headline::compute(class_count, predictions),
        }
    }
}

impl Leak {
    /// Compares predictions of folds by slice with those of folds by group; `is_judged` says, for
    /// each of `by_slice`, whether its slice is one of those that `by_group` is of.
    ///
    /// # Panics
    /// If `is_judged` has another length than `by_slice`, or a prediction belongs to another class
    /// set.
    pub fn compute(
        class_count: usize,
        by_slice: &[OutOfFold],
        is_judged: &[bool],
        by_group: &[OutOfFold],
    ) -> Self {
        assert_eq!(by_slice.len(), is_judged.len(), "one word a prediction");
        let same = by_slice.iter().zip(is_judged);
        let same = same.filter(|(_, is_judged)| **is_judged);
        let by_slice_on_same = LeakFigures::of(class_count, same.map(|(one, _)| one));
        let by_slice = LeakFigures::of(class_count, by_slice.iter());
        let by_group = LeakFigures::of(class_count, by_group.iter());
        let score = |figures: &LeakFigures, metric: &Metric| figures.scores.get(metric).flatten();
        Self {
            difference: Headline::each(|metric| {
                Some(score(&by_slice, metric)? - score(&by_group, metric)?)
            }),
            by_slice,
            by_slice_on_same,
            by_group,
        }
    }
}

#[cfg(test)]
mod tests {
    use hilum_core::{ClassIndex, Probabilities};

    use super::*;

    fn predicted(truth: usize, of_first: f64) -> OutOfFold {
        OutOfFold {
            repeat: 1,
            fold: 1,
            group: 0,
            truth: ClassIndex::new(truth),
            probabilities: Probabilities::new(vec![of_first, 1.0 - of_first]).unwrap(),
        }
    }

    #[test]
    fn each_side_is_judged_by_itself_and_the_copies_leave_the_third() {
        // Right, right, right, wrong; the copy is the wrong one.
        let by_slice = [(0, 0.9), (1, 0.2), (1, 0.1), (0, 0.3)].map(|(t, p)| predicted(t, p));
        let by_group = [(0, 0.9), (1, 0.8), (1, 0.7)].map(|(t, p)| predicted(t, p));
        let leak = Leak::compute(2, &by_slice, &[true, true, true, false], &by_group);
        assert_eq!(leak.by_slice.count, 4);
        assert_eq!(leak.by_slice.scores.accuracy, Some(0.75));
        assert_eq!(leak.by_slice_on_same.count, 3);
        assert_eq!(leak.by_slice_on_same.scores.accuracy, Some(1.0));
        let third = 1.0 / 3.0;
        assert_eq!(leak.by_group.scores.accuracy, Some(third));
        assert_eq!(leak.difference.accuracy, Some(0.75 - third));
    }

    #[test]
    fn what_one_side_does_not_define_has_no_difference() {
        let one_class = [predicted(0, 0.9)];
        let both = [predicted(0, 0.9), predicted(1, 0.2)];
        let leak = Leak::compute(2, &both, &[true, true], &one_class);
        assert_eq!(leak.by_slice.scores.macro_auroc, Some(1.0));
        assert_eq!(leak.by_group.scores.macro_auroc, None);
        assert_eq!(leak.difference.macro_auroc, None);
    }
}
