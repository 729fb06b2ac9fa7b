//! What changes of the pictures do to a model's figures.

use std::collections::BTreeMap;

use hilum_core::{ClassIndex, ClassName, Classes, Probabilities};
use serde::{Deserialize, Serialize};

use crate::bootstrap::{Bootstrap, Interval};
use crate::by_group::GroupedPart;
use crate::metrics::{ACCURACY, MACRO_F1};
use crate::sample::Sample;

/// A small change that costs so much macro-F1 is worth a warning.
const MUCH: f64 = 0.10;

/// The same slices judged again, each time after one change to their pixels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StressTable {
    /// Which slices were changed: the clean ones, where any is clean, else all.
    pub of: GroupedPart,
    /// How many they are; every row is of as many.
    pub count: usize,
    /// Of how many they were taken; more than `count` where not all were changed.
    pub out_of: usize,
    /// How many of them have a window change of their own Hounsfield units; of the others the grey
    /// ramp was changed.
    pub in_hounsfield: usize,
    /// The accuracy of these slices without a change.
    pub accuracy: Option<f64>,
    /// Their macro-F1 without a change: what the differences are to.
    pub macro_f1: Option<f64>,
    /// How many of them have no answer without a change.
    pub abstained: usize,
    /// How many of them are called what.
    pub predicted: BTreeMap<ClassName, u64>,
    /// A row a change, in the order in which they are shown.
    pub rows: Vec<StressRow>,
}

/// One change, and what it did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StressRow {
    /// What was changed: `brightness`, `contrast`, `window_centre`, `window_width`, `noise`, `jpeg`,
    /// `size`, `rotation`, `kernel`.
    pub change: String,
    /// How much, in `unit`s.
    pub amount: f64,
    /// What `amount` counts.
    pub unit: String,
    /// Change and amount as a person reads them: `brightness x 0.9`.
    pub says: String,
    /// Whether it is so small that a radiologist would read the slice as before.
    pub small: bool,
    /// How many slices were judged.
    pub count: usize,
    /// Their accuracy.
    pub accuracy: Option<f64>,
    /// Their macro-F1.
    pub macro_f1: Option<f64>,
    /// `macro_f1` less that without a change; below 0 where the change does harm.
    pub macro_f1_difference: Option<f64>,
    /// Where the difference would lie in most samples of this size: paired, the same draws with and
    /// without the change.
    pub interval: Option<Interval>,
    /// How many slices have no answer.
    pub abstained: usize,
    /// The share of slices whose most likely class is what it was without the change.
    pub agreement: Option<f64>,
    /// How many slices are called what: a change may push all of them into one class.
    pub predicted: BTreeMap<ClassName, u64>,
}

/// What a model says of slices in one look.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Looks {
    /// A slice each.
    pub probabilities: Vec<Probabilities>,
    /// How many of them have no answer.
    pub abstained: usize,
}

/// Which change a row is of.
#[derive(Debug, Clone, PartialEq)]
pub struct Stress {
    /// As [`StressRow::change`].
    pub change: &'static str,
    /// As [`StressRow::amount`].
    pub amount: f64,
    /// As [`StressRow::unit`].
    pub unit: &'static str,
    /// As [`StressRow::says`].
    pub says: String,
    /// As [`StressRow::small`].
    pub small: bool,
}

/// Slices that are changed, and what is known of them.
#[derive(Debug, Clone)]
pub struct Stressed<'a> {
    /// The classes of truth and probabilities.
    pub classes: &'a Classes,
    /// The class of each slice.
    pub truth: &'a [ClassIndex],
    /// The group of each, numbered from 0 without gaps.
    pub groups: &'a [usize],
    /// What the model says of them without a change.
    pub before: &'a Looks,
}

impl Stressed<'_> {
    /// What `stress` does: the figures of `after`, what the model says of the changed slices.
    ///
    /// # Panics
    /// If the slices differ in length, or belong to another class set.
    pub fn row(&self, stress: Stress, after: &Looks, bootstrap: &Bootstrap) -> StressRow {
        let count = self.classes.len();
        let before = Sample::new(count, self.truth, &self.before.probabilities);
        let changed = Sample::new(count, self.truth, &after.probabilities);
        let macro_f1 = (MACRO_F1.compute)(&changed);
        let difference = macro_f1.zip((MACRO_F1.compute)(&before));
        let pairs = self.before.probabilities.iter().zip(&after.probabilities);
        let same = pairs.filter(|(before, after)| before.most_likely() == after.most_likely());
        let (same, all) = (same.count(), self.truth.len());
        StressRow {
            change: stress.change.to_owned(),
            amount: stress.amount,
            unit: stress.unit.to_owned(),
            says: stress.says,
            small: stress.small,
            count: all,
            accuracy: (ACCURACY.compute)(&changed),
            macro_f1,
            macro_f1_difference: difference.map(|(after, before)| after - before),
            interval: bootstrap.interval_of_difference(&changed, &before, self.groups, &MACRO_F1),
            abstained: after.abstained,
            agreement: (all > 0).then(|| same as f64 / all as f64),
            predicted: predicted(self.classes, &changed),
        }
    }

    /// The table that these `rows` stand in.
    ///
    /// # Panics
    /// As [`row`](Self::row).
    pub fn table(
        &self,
        of: GroupedPart,
        out_of: usize,
        in_hounsfield: usize,
        rows: Vec<StressRow>,
    ) -> StressTable {
        let before = Sample::new(self.classes.len(), self.truth, &self.before.probabilities);
        StressTable {
            of,
            count: self.truth.len(),
            out_of,
            in_hounsfield,
            accuracy: (ACCURACY.compute)(&before),
            macro_f1: (MACRO_F1.compute)(&before),
            abstained: self.before.abstained,
            predicted: predicted(self.classes, &before),
            rows,
        }
    }
}

fn predicted(classes: &Classes, sample: &Sample<'_>) -> BTreeMap<ClassName, u64> {
    let confusion = sample.confusion();
    let of_class = |class| {
        (
            classes.name(class).clone(),
            confusion.predicted_count(class),
        )
    };
    classes.indices().map(of_class).collect()
}

impl StressTable {
    /// The row that loses the most macro-F1, if any loses some.
    pub fn worst(&self) -> Option<&StressRow> {
        let losing = self.rows.iter().filter(|row| row.loss() > 0.0);
        losing.max_by(|one, other| one.loss().total_cmp(&other.loss()))
    }

    /// The small changes that cost more than 0.10 macro-F1, the worst first: a model that reads the
    /// scanner beside the patient.
    pub fn brittle(&self) -> Vec<&StressRow> {
        let rows = self.rows.iter();
        let mut found: Vec<&StressRow> =
            rows.filter(|row| row.small && row.loss() > MUCH).collect();
        found.sort_by(|one, other| other.loss().total_cmp(&one.loss()));
        found
    }
}

impl StressRow {
    /// How much macro-F1 the change costs; below 0 where it gains some.
    pub fn loss(&self) -> f64 {
        self.macro_f1_difference
            .map_or(0.0, |difference| -difference)
    }
}
