//! Two models on the same slices: who is right where the other is wrong.

use serde::{Deserialize, Serialize};

/// How often two models are right and wrong on the same slices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PairedCounts {
    /// Slices that both call right.
    pub both_right: u64,
    /// Slices that the first alone calls right.
    pub only_first: u64,
    /// Slices that the second alone calls right.
    pub only_second: u64,
    /// Slices that neither calls right.
    pub neither: u64,
}

impl PairedCounts {
    /// Counts slices by whether `first` and `second` are right about them.
    ///
    /// # Panics
    /// If they differ in length.
    pub fn of(first: &[bool], second: &[bool]) -> Self {
        assert_eq!(first.len(), second.len(), "the same slices");
        let mut counts = Self::default();
        for pair in first.iter().zip(second) {
            match pair {
                (true, true) => counts.both_right += 1,
                (true, false) => counts.only_first += 1,
                (false, true) => counts.only_second += 1,
                (false, false) => counts.neither += 1,
            }
        }
        counts
    }

    /// All slices.
    pub fn count(&self) -> u64 {
        self.both_right + self.neither + self.discordant()
    }

    /// Slices that one is right about and the other is not: all that a test can go by.
    pub fn discordant(&self) -> u64 {
        self.only_first + self.only_second
    }
}
