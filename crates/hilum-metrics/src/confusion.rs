//! Who was taken for whom: the table that most scores are read from.

use hilum_core::ClassIndex;

/// How many slices of each class were called what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    /// Row: truth. Column: predicted.
    counts: Vec<Vec<u64>>,
}

impl Confusion {
    /// Counts the pairs of `truth` and `predicted`. Same as scikit-learn's
    /// `confusion_matrix(truth, predicted, labels=range(class_count))`.
    ///
    /// # Panics
    /// If the slices differ in length or hold an index of a larger class set.
    pub fn new(class_count: usize, truth: &[ClassIndex], predicted: &[ClassIndex]) -> Self {
        assert_eq!(
            truth.len(),
            predicted.len(),
            "every slice has a truth and a prediction"
        );
        let mut confusion = Self::empty(class_count);
        for (truth, predicted) in truth.iter().zip(predicted) {
            confusion.add(*truth, *predicted, 1);
        }
        confusion
    }

    /// A table of zeros.
    pub(crate) fn empty(class_count: usize) -> Self {
        Self {
            counts: vec![vec![0; class_count]; class_count],
        }
    }

    /// Counts `count` more slices of `truth` that were called `predicted`.
    pub(crate) fn add(&mut self, truth: ClassIndex, predicted: ClassIndex, count: u64) {
        self.counts[truth.get()][predicted.get()] += count;
    }

    /// The table, `class_count` x `class_count`; row: truth, column: predicted.
    pub fn counts(&self) -> &[Vec<u64>] {
        &self.counts
    }

    /// How many classes there are.
    pub fn class_count(&self) -> usize {
        self.counts.len()
    }

    /// How many slices were counted.
    pub fn count(&self) -> u64 {
        self.counts.iter().flatten().sum()
    }

    /// How many slices were called what they are.
    pub fn correct_count(&self) -> u64 {
        (0..self.class_count()).map(|at| self.counts[at][at]).sum()
    }

    /// How many slices of `class` were called `class`.
    pub fn true_positive_count(&self, class: ClassIndex) -> u64 {
        self.counts[class.get()][class.get()]
    }

    /// How many slices are of `class`.
    pub fn support(&self, class: ClassIndex) -> u64 {
        self.counts[class.get()].iter().sum()
    }

    /// How many slices were called `class`.
    pub fn predicted_count(&self, class: ClassIndex) -> u64 {
        self.counts.iter().map(|row| row[class.get()]).sum()
    }

    /// Each row divided by its sum, in `0.0..=1.0`; `None` for a class without slices.
    ///
    /// Same as scikit-learn's `confusion_matrix(normalize="true")`, which puts zeros there.
    pub fn normalized(&self) -> Vec<Option<Vec<f64>>> {
        let normalize = |row: &Vec<u64>| {
            let sum: u64 = row.iter().sum();
            (sum > 0).then(|| row.iter().map(|count| *count as f64 / sum as f64).collect())
        };
        self.counts.iter().map(normalize).collect()
    }

    /// Every class.
    pub(crate) fn classes(&self) -> impl Iterator<Item = ClassIndex> + use<> {
        (0..self.class_count()).map(ClassIndex::new)
    }
}
