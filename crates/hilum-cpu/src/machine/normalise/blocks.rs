//! Blocks of pixels, and the sums that tasks leave of each.

use crate::kernel::norm::Sums;
use crate::memory::{Buffer, Shared};

/// How the pixels of a batch are cut into blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Blocks {
    /// Pixels in whole: a block never crosses the border between two.
    unit: usize,
    units: usize,
    /// Pixels of a block.
    size: usize,
}

impl Blocks {
    /// `pixels` in blocks of `size`.
    pub(crate) fn even(pixels: usize, size: usize) -> Self {
        Self {
            unit: pixels,
            units: 1,
            size,
        }
    }

    /// Each of `images` images of `pixels` in blocks of `size`.
    pub(crate) fn by_image(images: usize, pixels: usize, size: usize) -> Self {
        Self {
            unit: pixels,
            units: images,
            size,
        }
    }

    fn per_unit(self) -> usize {
        self.unit.div_ceil(self.size)
    }

    pub(crate) fn count(self) -> usize {
        self.units * self.per_unit()
    }

    /// The pixels of block `index`.
    pub(crate) fn range(self, index: usize) -> std::ops::Range<usize> {
        let (unit, block) = (index / self.per_unit(), index % self.per_unit());
        let start = block * self.size;
        let end = (start + self.size).min(self.unit);
        unit * self.unit + start..unit * self.unit + end
    }

    /// The block that starts with `pixel`.
    pub(crate) fn at(self, pixel: usize) -> usize {
        pixel / self.unit * self.per_unit() + pixel % self.unit / self.size
    }
}

/// The sums of all blocks of a value by channel.
pub(crate) struct Tally {
    pub(crate) blocks: Blocks,
    pub(crate) stride: usize,
    /// Two rows per block; there may be room for more.
    memory: Buffer,
}

impl Tally {
    /// For a value of `stride` channels, in `memory` if that is large enough.
    pub(crate) fn new(blocks: Blocks, stride: usize, memory: Buffer) -> Self {
        let len = 2 * blocks.count() * stride;
        let memory = if memory.len() < len {
            Buffer::zeroed(len)
        } else {
            memory
        };
        Self {
            blocks,
            stride,
            memory,
        }
    }

    /// Where tasks leave their sums.
    pub(crate) fn share(&mut self) -> BlockSums<'_> {
        BlockSums {
            blocks: self.blocks,
            stride: self.stride,
            memory: self.memory.shared(),
        }
    }

    /// The sums of every block, a row of first and a row of second ones.
    pub(crate) fn rows(&self) -> impl Iterator<Item = [&[f32]; 2]> {
        let stride = self.stride;
        let blocks = self
            .memory
            .chunks_exact(2 * stride)
            .take(self.blocks.count());
        blocks.map(move |rows| [&rows[..stride], &rows[stride..]])
    }

    /// Gives the memory back.
    pub(crate) fn into_memory(self) -> Buffer {
        self.memory
    }
}

/// Where tasks leave the sums of their blocks.
#[derive(Clone, Copy)]
pub(crate) struct BlockSums<'a> {
    pub(crate) blocks: Blocks,
    pub(crate) stride: usize,
    memory: Shared<'a>,
}

impl<'a> BlockSums<'a> {
    /// The place of the block that starts with `pixel`.
    ///
    /// # Safety
    /// No two tasks take the same block.
    #[inline(always)]
    pub(crate) unsafe fn of(self, pixel: usize) -> Sums<'a> {
        let start = 2 * self.blocks.at(pixel) * self.stride;
        let place = self.memory.part(start, 2 * self.stride);
        // SAFETY: blocks are disjoint, and this one is nobody else's.
        let (first, second) = unsafe { place.write() }.split_at_mut(self.stride);
        Sums { first, second }
    }
}
