//! What products multiply, and in which shape weights are packed for it.

use super::algorithm::Algorithm;

/// What a product multiplies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Factors {
    /// Values as they are.
    Exact,
    /// Words of two `bf16`.
    Words,
    /// Values rounded to `bf16`, where the processor cannot multiply words.
    Rounded,
}

impl Factors {
    /// Places that `values` take where they must be written anew to be multiplied.
    pub(crate) fn places(self, values: usize) -> usize {
        match self {
            Self::Exact => 0,
            Self::Words => values / 2,
            Self::Rounded => values,
        }
    }
}

/// A weight matrix of a convolution: `positions` matrices of `rows x columns`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) algorithm: Algorithm,
    /// As what it is packed; of words the number of rows is even.
    pub(crate) factors: Factors,
    /// Values under the kernel, or channels with Winograd.
    pub(crate) rows: usize,
    /// Filters, padding included.
    pub(crate) columns: usize,
}

impl Shape {
    /// Matrices before any transform: one per tap of Winograd's 3x3.
    pub(crate) fn matrices(self) -> usize {
        if self.algorithm.positions() > 1 { 9 } else { 1 }
    }

    /// The transposed matrices, for the input's gradient.
    pub(crate) fn turned(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            ..self
        }
    }

    /// Values before any transform.
    pub(crate) fn source_len(self) -> usize {
        self.matrices() * self.rows * self.columns
    }

    /// Values at all positions, or words.
    pub(crate) fn len(self) -> usize {
        let values = self.algorithm.positions() * self.rows * self.columns;
        match self.factors {
            Factors::Words => values / 2,
            Factors::Exact | Factors::Rounded => values,
        }
    }
}
