//! Zeros around an image.

use serde::{Deserialize, Serialize};

/// Zeros around an image, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Padding {
    /// Above.
    pub top: usize,
    /// Below.
    pub bottom: usize,
    /// On the left.
    pub left: usize,
    /// On the right.
    pub right: usize,
}

impl Padding {
    /// No padding.
    pub const NONE: Self = Self::same(0);

    /// `amount` on every side.
    pub const fn same(amount: usize) -> Self {
        Self {
            top: amount,
            bottom: amount,
            left: amount,
            right: amount,
        }
    }
}
