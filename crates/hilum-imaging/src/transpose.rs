//! Grey pixels on their side: rows become columns.

use crate::{Channels, Pixels};

/// Sides of the blocks that are turned at once, one register of bytes each.
const BLOCK: usize = 16;

/// Rows that become whole lines of the processor's cache.
const STRIPE: usize = 64;

impl Pixels {
    /// The pixel at row `y` and column `x` goes to row `x` and column `y`.
    ///
    /// # Panics
    /// If the pixels are not grey.
    pub(crate) fn transposed(&self) -> Self {
        assert_eq!(self.channels(), Channels::Grey, "one value a pixel");
        let (width, height) = (self.width(), self.height());
        let mut turned = vec![0; width * height];
        for stripe in (0..height).step_by(STRIPE) {
            for left in (0..width).step_by(BLOCK) {
                for top in (stripe..height.min(stripe + STRIPE)).step_by(BLOCK) {
                    let sides = (BLOCK.min(width - left), BLOCK.min(height - top));
                    if sides == (BLOCK, BLOCK) {
                        self.turn_block(left, top, &mut turned);
                    } else {
                        self.turn_part(left, top, sides, &mut turned);
                    }
                }
            }
        }
        Self::new(height, width, Channels::Grey, turned)
    }

    fn turn_block(&self, left: usize, top: usize, turned: &mut [u8]) {
        let (width, height) = (self.width(), self.height());
        let mut block = [[0; BLOCK]; BLOCK];
        for (row, values) in block.iter_mut().enumerate() {
            values.copy_from_slice(&self.data()[(top + row) * width + left..][..BLOCK]);
        }
        for (column, values) in turned_block(block).iter().enumerate() {
            turned[(left + column) * height + top..][..BLOCK].copy_from_slice(values);
        }
    }

    fn turn_part(
        &self,
        left: usize,
        top: usize,
        (columns, rows): (usize, usize),
        turned: &mut [u8],
    ) {
        let (width, height) = (self.width(), self.height());
        for y in top..top + rows {
            for x in left..left + columns {
                turned[x * height + y] = self.data()[y * width + x];
            }
        }
    }
}

/// Rows to columns in four rounds, each of which interleaves the first half of the rows with the
/// second: whole registers, which a loop over single bytes is not made into.
fn turned_block(block: [[u8; BLOCK]; BLOCK]) -> [[u8; BLOCK]; BLOCK] {
    let mut rows = block;
    for _ in 0..BLOCK.ilog2() {
        let (first, second) = rows.split_at(BLOCK / 2);
        let mut next = [[0; BLOCK]; BLOCK];
        for (pair, (one, other)) in next.chunks_exact_mut(2).zip(first.iter().zip(second)) {
            pair[0] = interleaved(one, other, 0);
            pair[1] = interleaved(one, other, BLOCK / 2);
        }
        rows = next;
    }
    rows
}

/// Half a row of each, value by value, from a place on.
#[inline]
fn interleaved(one: &[u8; BLOCK], other: &[u8; BLOCK], from: usize) -> [u8; BLOCK] {
    let mut joined = [0; BLOCK];
    for (at, pair) in joined.chunks_exact_mut(2).enumerate() {
        pair[0] = one[from + at];
        pair[1] = other[from + at];
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pixel_finds_its_place() {
        for (width, height) in [
            (1, 1),
            (16, 16),
            (1, 40),
            (40, 1),
            (33, 50),
            (16, 17),
            (48, 130),
        ] {
            let value = |x: usize, y: usize| (x * 7 + y * 131) as u8;
            let data = (0..width * height).map(|at| value(at % width, at / width));
            let turned = Pixels::new(width, height, Channels::Grey, data.collect()).transposed();
            assert_eq!((turned.width(), turned.height()), (height, width));
            for (at, found) in turned.data().iter().enumerate() {
                assert_eq!(*found, value(at / height, at % height));
            }
        }
    }
}
