//! What a network hands out besides its logits.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::node::NodeIndex;
use super::shape::Shape;

/// A node whose result is handed out besides the logits, as means over the cells of a grid.
///
/// What sees them judges whether an image is like those that a network learned from: an early
/// layer knows textures and where they lie, the last one what the classes are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tap {
    /// Whose result.
    pub node: NodeIndex,
    /// Cells per side.
    pub grid: usize,
}

impl Tap {
    /// Cells per side of layers in which places still mean something.
    pub const GRID: usize = 4;

    /// How many values it holds of an image, where the node makes `shape`.
    pub fn value_count(self, shape: Shape) -> usize {
        self.grid * self.grid * shape.channels
    }

    /// Appends the means over the cells of one image's `values` (height, width, channels) to
    /// `out`: cell by cell, row after row, channels innermost.
    ///
    /// Cells as PyTorch's `adaptive_avg_pool2d` cuts them: cell `i` of `n` goes from
    /// `floor(i * size / n)` to `ceil((i + 1) * size / n)`; neighbours overlap where the side does
    /// not divide.
    ///
    /// # Panics
    /// If `values` are not those of an image of `shape`.
    pub fn pool(self, shape: Shape, values: &[f32], out: &mut Vec<f32>) {
        assert_eq!(values.len(), shape.value_count(), "an image of {shape}");
        let row_len = shape.width * shape.channels;
        for rows in (0..self.grid).map(|cell| self.cell(cell, shape.height)) {
            for columns in (0..self.grid).map(|cell| self.cell(cell, shape.width)) {
                let start = out.len();
                out.resize(start + shape.channels, 0.0);
                let means = &mut out[start..];
                let count = rows.len() * columns.len();
                for row in rows.clone() {
                    let row = &values[row * row_len..][..row_len];
                    let cell = &row[columns.start * shape.channels..columns.end * shape.channels];
                    for pixel in cell.chunks_exact(shape.channels) {
                        for (mean, value) in means.iter_mut().zip(pixel) {
                            *mean += value;
                        }
                    }
                }
                for mean in means {
                    *mean /= count as f32;
                }
            }
        }
    }

    /// Which rows or columns of `size` lie in cell number `cell` of a side.
    pub fn cell(self, cell: usize, size: usize) -> Range<usize> {
        cell * size / self.grid..((cell + 1) * size).div_ceil(self.grid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pooled(grid: usize, shape: Shape, values: &[f32]) -> Vec<f32> {
        let node = NodeIndex(0);
        let mut out = Vec::new();
        Tap { node, grid }.pool(shape, values, &mut out);
        out
    }

    #[test]
    fn cells_are_pytorchs() {
        // torch.nn.functional.adaptive_avg_pool2d(torch.arange(15.).reshape(1, 1, 3, 5), 2)
        // by its definition: rows 0..2 and 1..3, columns 0..3 and 2..5.
        let values: Vec<f32> = (0..15_u8).map(f32::from).collect();
        let found = pooled(2, Shape::new(3, 5, 1), &values);
        assert_eq!(found, [3.5, 5.5, 8.5, 10.5]);
    }

    #[test]
    fn channels_are_kept_apart() {
        let values = [1.0, 10.0, 3.0, 30.0];
        assert_eq!(pooled(1, Shape::new(1, 2, 2), &values), [2.0, 20.0]);
        assert_eq!(pooled(1, Shape::new(2, 1, 2), &values), [2.0, 20.0]);
    }

    #[test]
    fn an_image_of_fewer_pixels_than_cells_is_repeated() {
        let found = pooled(4, Shape::new(2, 2, 1), &[1.0, 2.0, 3.0, 4.0]);
        let [top, bottom] = [[1.0, 1.0, 2.0, 2.0], [3.0, 3.0, 4.0, 4.0]];
        assert_eq!(found, [top, top, bottom, bottom].concat());
    }
}
