//! How much each class counts in the loss.

use hilum_core::ClassIndex;
use serde::{Deserialize, Serialize};

/// How much each class counts in the loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClassWeights {
    /// Every slice counts the same.
    None,
    /// Every class counts the same: a slice of class `c` counts `n / (k * n_c)`, for `n` slices,
    /// `n_c` of them of this class, and `k` classes. scikit-learn's `class_weight="balanced"`.
    Balanced,
}

impl ClassWeights {
    /// One factor per class, for training slices of these classes.
    ///
    /// A class without slices gets 0; [`train`](crate::train) refuses such data before.
    pub fn factors(self, truth: &[ClassIndex], class_count: usize) -> Vec<f32> {
        let mut counts = vec![0_usize; class_count];
        for class in truth {
            counts[class.get()] += 1;
        }
        let balanced = |count: usize| match count {
            0 => 0.0,
            _ => (truth.len() as f64 / (class_count * count) as f64) as f32,
        };
        match self {
            Self::None => vec![1.0; class_count],
            Self::Balanced => counts.into_iter().map(balanced).collect(),
        }
    }
}
