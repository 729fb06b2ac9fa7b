//! What members see of the rows that a network's taps hand out.

use serde::{Deserialize, Serialize};

/// A rectangle of values, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    width: usize,
    data: Vec<f32>,
}

impl Rows {
    /// # Panics
    /// If `data` does not divide into rows of `width`.
    pub fn new(width: usize, data: Vec<f32>) -> Self {
        assert!(
            width > 0 && data.len().is_multiple_of(width),
            "whole rows of {width}"
        );
        Self { width, data }
    }

    /// Values of a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.data.len() / self.width
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// One row after the other.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.data.chunks_exact(self.width)
    }

    /// These rows, then `others`.
    ///
    /// # Panics
    /// If the others are of another width.
    #[must_use]
    pub fn and(mut self, others: &Self) -> Self {
        assert_eq!(self.width, others.width, "rows of one width");
        self.data.extend_from_slice(&others.data);
        self
    }

    /// The rows at some positions.
    #[must_use]
    pub fn at(&self, positions: impl IntoIterator<Item = usize>) -> Self {
        let row = |at: usize| &self.data[at * self.width..][..self.width];
        Self {
            width: self.width,
            data: positions.into_iter().flat_map(row).copied().collect(),
        }
    }
}

/// One tap of a row: so many cells a side of so many channels, from a place on; and to how many
/// cells a side they are brought before they are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Where it begins in a row.
    pub start: usize,
    /// Cells a side.
    pub grid: usize,
    /// Values of a cell.
    pub channels: usize,
    /// Cells a side that are seen; divides `grid`.
    pub seen: usize,
}

impl Part {
    /// Where it ends in a row; `None` if it is no part of any row.
    pub(super) fn end(self) -> Option<usize> {
        let is_sound = self.seen > 0 && self.channels > 0 && self.grid.is_multiple_of(self.seen);
        let cells = self.grid.checked_mul(self.grid).filter(|_| is_sound)?;
        cells.checked_mul(self.channels)?.checked_add(self.start)
    }

    /// How many values are seen.
    pub fn width(self) -> usize {
        self.seen * self.seen * self.channels
    }

    /// Appends what is seen of a row: means over neighbouring cells.
    fn see(self, row: &[f32], out: &mut Vec<f32>) {
        let span = self.grid / self.seen;
        let share = 1.0 / (span * span) as f32;
        for cell in 0..self.seen * self.seen {
            let start = out.len();
            out.resize(start + self.channels, 0.0);
            for inner in 0..span * span {
                let line = cell / self.seen * span + inner / span;
                let column = cell % self.seen * span + inner % span;
                let from = self.start + (line * self.grid + column) * self.channels;
                for (sum, value) in out[start..].iter_mut().zip(&row[from..]) {
                    *sum += value * share;
                }
            }
        }
    }
}

/// What is seen of a row by several parts, one behind the other.
pub(super) fn seen(parts: &[Part], row: &[f32]) -> Vec<f32> {
    let mut out = Vec::with_capacity(parts.iter().map(|part| part.width()).sum());
    for part in parts {
        part.see(row, &mut out);
    }
    out
}

/// The same of many rows.
pub(super) fn seen_rows(parts: &[Part], rows: &Rows) -> Rows {
    let width = parts.iter().map(|part| part.width()).sum();
    let data = rows.iter().flat_map(|row| seen(parts, row)).collect();
    Rows::new(width, data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_cells_are_brought_together() {
        // Cells of two channels: 0, 1, ..., 15 and ten times that.
        let row: Vec<f32> = (0..16_u8)
            .flat_map(|cell| [f32::from(cell), 10.0 * f32::from(cell)])
            .collect();
        let part = |seen| Part {
            start: 0,
            grid: 4,
            channels: 2,
            seen,
        };
        assert_eq!(seen(&[part(4)], &row), row);
        let two = [2.5, 25.0, 4.5, 45.0, 10.5, 105.0, 12.5, 125.0];
        assert_eq!(seen(&[part(2)], &row), two);
        assert_eq!(seen(&[part(1), part(1)], &row), [7.5, 75.0, 7.5, 75.0]);
    }

    #[test]
    fn what_is_no_part_has_no_end() {
        let part = Part {
            start: 3,
            grid: 4,
            channels: 2,
            seen: 2,
        };
        assert_eq!(part.end(), Some(35));
        assert_eq!(Part { seen: 3, ..part }.end(), None);
        assert_eq!(Part { seen: 0, ..part }.end(), None);
        assert_eq!(
            Part {
                channels: usize::MAX,
                ..part
            }
            .end(),
            None
        );
    }
}
