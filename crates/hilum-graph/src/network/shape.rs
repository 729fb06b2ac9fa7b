//! The shape of what flows between nodes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Height, width and channels of one image's activations; a vector is `1 x 1 x channels`.
///
/// Activations lie in memory as batch, height, width, channels (NHWC), channels innermost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Shape {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Values at one place.
    pub channels: usize,
}

impl Shape {
    /// A shape of rows, columns and channels.
    pub const fn new(height: usize, width: usize, channels: usize) -> Self {
        Self {
            height,
            width,
            channels,
        }
    }

    /// A vector of `channels` values.
    pub const fn vector(channels: usize) -> Self {
        Self::new(1, 1, channels)
    }

    /// How many values one image has here.
    pub const fn value_count(self) -> usize {
        self.height * self.width * self.channels
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = if (self.height, self.width) == (1, 1) {
            self.channels.to_string()
        } else {
            format!("{} x {} x {}", self.height, self.width, self.channels)
        };
        formatter.pad(&text)
    }
}
