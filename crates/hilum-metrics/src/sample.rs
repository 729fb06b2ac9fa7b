//! What metrics are computed from.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use hilum_core::{ClassIndex, Probabilities};

use crate::confusion::Confusion;
use crate::ranking::Ranking;

/// Slices of known class and what a model makes of them, each as often as it stands in the sample.
///
/// The most likely class is the predicted one.
#[derive(Debug)]
pub struct Sample<'a> {
    truth: &'a [ClassIndex],
    probabilities: &'a [Probabilities],
    predicted: Cow<'a, [ClassIndex]>,
    /// How often each slice stands in the sample.
    repeats: Cow<'a, [u32]>,
    confusion: Confusion,
    /// By class; sorted once, for all samples of the same slices, if anybody asks.
    rankings: Arc<OnceLock<Vec<Ranking>>>,
}

impl<'a> Sample<'a> {
    /// Every slice once: `truth`, and one probability per class.
    ///
    /// # Panics
    /// If the slices differ in length, or a truth or a probability vector belongs to another class
    /// set.
    pub fn new(
        class_count: usize,
        truth: &'a [ClassIndex],
        probabilities: &'a [Probabilities],
    ) -> Self {
        assert_eq!(
            truth.len(),
            probabilities.len(),
            "every slice has a truth and probabilities"
        );
        assert!(
            probabilities
                .iter()
                .all(|row| row.as_slice().len() == class_count),
            "a probability for every class"
        );
        let predicted: Vec<ClassIndex> = probabilities
            .iter()
            .map(Probabilities::most_likely)
            .collect();
        Self {
            confusion: Confusion::new(class_count, truth, &predicted),
            truth,
            probabilities,
            predicted: Cow::Owned(predicted),
            repeats: Cow::Owned(vec![1; truth.len()]),
            rankings: Arc::default(),
        }
    }

    /// The same slices, slice `i` standing `repeats[i]` times in the sample.
    ///
    /// # Panics
    /// If there is not one number a slice.
    pub fn repeated<'b>(&'b self, repeats: &'b [u32]) -> Sample<'b> {
        assert_eq!(repeats.len(), self.truth.len(), "a number for every slice");
        let mut confusion = Confusion::empty(self.class_count());
        let pairs = self.truth.iter().zip(self.predicted.iter());
        for ((truth, predicted), count) in pairs.zip(repeats) {
            confusion.add(*truth, *predicted, u64::from(*count));
        }
        Sample {
            truth: self.truth,
            probabilities: self.probabilities,
            predicted: Cow::Borrowed(&self.predicted),
            repeats: Cow::Borrowed(repeats),
            confusion,
            rankings: Arc::clone(&self.rankings),
        }
    }

    /// How many classes the model tells apart.
    pub fn class_count(&self) -> usize {
        self.confusion.class_count()
    }

    /// Who was taken for whom.
    pub fn confusion(&self) -> &Confusion {
        &self.confusion
    }

    /// The class of each slice.
    pub(crate) fn truth(&self) -> &'a [ClassIndex] {
        self.truth
    }

    /// How often each slice stands in the sample.
    pub(crate) fn repeats(&self) -> &[u32] {
        &self.repeats
    }

    /// Each slice: its class, its probabilities, and how often it stands in the sample.
    pub fn slices(&self) -> impl Iterator<Item = (ClassIndex, &'a Probabilities, u32)> {
        let slices = self.truth.iter().zip(self.probabilities);
        slices
            .zip(self.repeats.iter())
            .map(|((truth, row), repeat)| (*truth, row, *repeat))
    }

    /// The mean of what `figure` gives for each slice; `None` without slices.
    pub(crate) fn mean_over_slices(
        &self,
        figure: impl Fn(ClassIndex, &Probabilities) -> f64,
    ) -> Option<f64> {
        let (mut sum, mut count) = (0.0, 0_u64);
        for (truth, row, repeat) in self.slices().filter(|(_, _, repeat)| *repeat > 0) {
            sum += f64::from(repeat) * figure(truth, row);
            count += u64::from(repeat);
        }
        (count > 0).then(|| sum / count as f64)
    }

    /// The slices by falling probability of `class`.
    pub(crate) fn ranking(&self, class: ClassIndex) -> &Ranking {
        let rankings = self.rankings.get_or_init(|| {
            self.confusion
                .classes()
                .map(|class| Ranking::new(self.probabilities, class))
                .collect()
        });
        &rankings[class.get()]
    }
}
