//! Transformed tiles in memory.

use super::plan::{plane, row};
use crate::kernel::matrix::{Rows, RowsMut};
use crate::memory::{Scattered, Shared};

/// One matrix of tiles x channels per position.
#[derive(Clone, Copy)]
pub(crate) struct Planes<'a> {
    pub(crate) memory: Shared<'a>,
    /// Values from tile to tile.
    pub(crate) row: usize,
    /// Values from position to position.
    pub(crate) plane: usize,
}

impl<'a> Planes<'a> {
    /// Room for `tiles` tiles of `channels`, at as many positions as fit `memory`.
    pub(crate) fn new(memory: Shared<'a>, tiles: usize, channels: usize) -> Self {
        Self {
            memory,
            row: row(channels),
            plane: plane(tiles, channels),
        }
    }

    /// All positions from tile `tile` on.
    pub(crate) fn tile<'t>(&self, planes: Scattered<'t>, tile: usize) -> Scattered<'t> {
        let start = tile * self.row;
        planes.part(start, planes.len() - start)
    }

    /// The matrix at `position`.
    pub(crate) fn matrix<'t>(&self, planes: &'t [f32], position: usize) -> Rows<'t> {
        Rows {
            values: &planes[position * self.plane..],
            stride: self.row,
        }
    }

    /// The matrix at `position`, to write.
    pub(crate) fn matrix_mut<'t>(&self, planes: Scattered<'t>, position: usize) -> RowsMut<'t> {
        let start = position * self.plane;
        RowsMut::new(planes.part(start, planes.len() - start), self.row)
    }
}
