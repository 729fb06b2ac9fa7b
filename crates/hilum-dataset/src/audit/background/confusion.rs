//! How often each class was named for each.

/// Counts by truth and by what was predicted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::audit) struct Confusion {
    class_count: usize,
    /// Truth after truth.
    counts: Vec<usize>,
}

impl Confusion {
    pub(in crate::audit) fn new(class_count: usize) -> Self {
        Self {
            class_count,
            counts: vec![0; class_count * class_count],
        }
    }

    pub(in crate::audit) fn add(&mut self, truth: usize, predicted: usize, count: usize) {
        self.counts[truth * self.class_count + predicted] += count;
    }

    fn of(&self, truth: usize) -> &[usize] {
        &self.counts[truth * self.class_count..][..self.class_count]
    }

    fn size(&self, truth: usize) -> f64 {
        self.of(truth).iter().sum::<usize>() as f64
    }

    fn total(&self) -> f64 {
        self.counts.iter().sum::<usize>() as f64
    }

    /// The share that is named rightly.
    pub(in crate::audit) fn accuracy(&self) -> f64 {
        let right: usize = (0..self.class_count)
            .map(|class| self.of(class)[class])
            .sum();
        right as f64 / self.total()
    }

    /// The share of the largest class.
    pub(in crate::audit) fn majority(&self) -> f64 {
        let sizes = (0..self.class_count).map(|class| self.size(class));
        sizes.fold(0.0, f64::max) / self.total()
    }

    /// Of a class, the share that is named so.
    pub(in crate::audit) fn recall(&self, class: usize) -> f64 {
        self.of(class)[class] as f64 / self.size(class).max(1.0)
    }

    /// Of all others, the share that is named so.
    pub(in crate::audit) fn false_share(&self, class: usize) -> f64 {
        let others = || (0..self.class_count).filter(|truth| *truth != class);
        let named: usize = others().map(|truth| self.of(truth)[class]).sum();
        named as f64 / others().map(|truth| self.size(truth)).sum::<f64>().max(1.0)
    }

    /// The mean of the recalls.
    pub(in crate::audit) fn balanced_accuracy(&self) -> f64 {
        let recalls = (0..self.class_count).map(|class| self.recall(class));
        recalls.sum::<f64>() / self.class_count as f64
    }

    /// Balanced accuracy, 0 being a guess and 1 always right.
    pub(in crate::audit) fn skill(&self) -> f64 {
        let chance = 1.0 / self.class_count as f64;
        (self.balanced_accuracy() - chance) / (1.0 - chance)
    }

    /// The same of one class against all others (Youden's index).
    pub(in crate::audit) fn skill_of(&self, class: usize) -> f64 {
        self.recall(class) - self.false_share(class)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: 8 of 10 and 15 of 30.
    #[test]
    fn shares_are_those_of_the_counts() {
        let mut confusion = Confusion::new(2);
        for (truth, predicted, count) in [(0, 0, 8), (0, 1, 2), (1, 0, 15), (1, 1, 15)] {
            confusion.add(truth, predicted, count);
        }
        assert_eq!(confusion.accuracy(), 23.0 / 40.0);
        assert_eq!(confusion.majority(), 0.75);
        assert_eq!(confusion.recall(0), 0.8);
        assert_eq!(confusion.false_share(0), 0.5);
        assert_eq!(confusion.balanced_accuracy(), 0.65);
        assert!((confusion.skill() - 0.3).abs() < 1e-12);
        assert!((confusion.skill_of(0) - 0.3).abs() < 1e-12);
    }
}
