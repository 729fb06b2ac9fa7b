//! Statistics of the batch at hand, and the sums that backward needs.
//!
//! Tasks sum up blocks of pixels in single precision while they have them in the cache; blocks
//! are merged in their order, in double precision. How pixels are cut into blocks does not depend
//! on the number of threads, so neither do the results.

use hilum_graph::Activation;

use super::Moments;
use crate::kernel::norm::{self, Bend, Sums};
use crate::machine::{Along, Context};
use crate::memory::Buffer;
use crate::program::{Mode, ValueId};
use crate::simd::Simd;
use crate::store::Store;

/// Pixels of a block where a value is summed up on its own.
const SUMMED: usize = 128;

/// How the pixels of a batch are cut into blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::machine) struct Blocks {
    /// Pixels in whole: a block never crosses the border between two.
    unit: usize,
    units: usize,
    /// Pixels of a block.
    size: usize,
}

impl Blocks {
    /// `pixels` in blocks of `size`.
    pub(in crate::machine) fn even(pixels: usize, size: usize) -> Self {
        Self {
            unit: pixels,
            units: 1,
            size,
        }
    }

    /// Each of `images` images of `pixels` in blocks of `size`.
    pub(in crate::machine) fn by_image(images: usize, pixels: usize, size: usize) -> Self {
        Self {
            unit: pixels,
            units: images,
            size,
        }
    }

    fn per_unit(self) -> usize {
        self.unit.div_ceil(self.size)
    }

    pub(in crate::machine) fn count(self) -> usize {
        self.units * self.per_unit()
    }

    /// The pixels of block `index`.
    pub(in crate::machine) fn range(self, index: usize) -> std::ops::Range<usize> {
        let (unit, block) = (index / self.per_unit(), index % self.per_unit());
        let start = block * self.size;
        let end = (start + self.size).min(self.unit);
        unit * self.unit + start..unit * self.unit + end
    }

    /// The block that starts with `pixel`.
    pub(in crate::machine) fn at(self, pixel: usize) -> usize {
        pixel / self.unit * self.per_unit() + pixel % self.unit / self.size
    }
}

/// Where tasks leave the sums of their blocks.
#[derive(Clone, Copy)]
pub(in crate::machine) struct Tally {
    pub(in crate::machine) blocks: Blocks,
    start: *mut f32,
    stride: usize,
}

impl Tally {
    /// The place of the block that starts with `pixel`.
    ///
    /// # Safety
    /// No two tasks take the same block.
    #[inline(always)]
    pub(in crate::machine) unsafe fn sums(&self, pixel: usize) -> Sums {
        let first = self.start.add(2 * self.blocks.at(pixel) * self.stride);
        Sums {
            first,
            second: first.add(self.stride),
        }
    }
}

/// What bends a gradient, and where its sums go.
#[derive(Clone, Copy)]
pub(in crate::machine) struct Bending {
    how: Bend,
    z: *const f32,
    tally: Tally,
}

impl Bending {
    pub(in crate::machine) fn blocks(&self) -> Blocks {
        self.tally.blocks
    }

    /// Turns the gradient of pixels `first..first + count`, a block, into `g` in place.
    ///
    /// # Safety
    /// Inside of `S::vectorize`; `gradient` is that of pixel `first`, and nobody else's.
    #[inline(always)]
    pub(in crate::machine) unsafe fn bend<S: Simd>(
        &self,
        s: S,
        gradient: *mut f32,
        first: usize,
        count: usize,
    ) {
        let stride = self.tally.stride;
        let z = self.z.add(first * stride);
        norm::bend(
            s,
            gradient,
            z,
            count,
            stride,
            &self.how,
            self.tally.sums(first),
        );
    }
}

impl Context<'_> {
    /// Room for `len` values that tasks leave behind.
    pub(in crate::machine) fn partial(&mut self, len: usize) -> Along<*mut f32> {
        if self.partial.len() < len {
            *self.partial = Buffer::zeroed(len);
        }
        Along(self.partial.as_mut_ptr())
    }

    /// Room for the sums of the blocks of a value.
    fn tally(&mut self, id: ValueId, blocks: Blocks) -> Tally {
        let stride = self.program.values[id].stride;
        let len = 2 * blocks.count() * stride;
        if self.tallies.len() < len {
            *self.tallies = Buffer::zeroed(len);
        }
        Tally {
            blocks,
            start: self.tallies.as_mut_ptr(),
            stride,
        }
    }

    /// Where the moments of a value with a batch norm go while it is computed.
    pub(in crate::machine) fn moments_wanted(
        &mut self,
        id: ValueId,
        blocks: Blocks,
    ) -> Option<Tally> {
        self.coefficients[id].as_ref()?;
        Some(self.tally(id, blocks))
    }

    /// Finds out the batch's moments of a value with a batch norm, or takes those that were
    /// summed up while it was computed.
    pub(in crate::machine) fn normalise<S: Simd>(
        &mut self,
        s: S,
        id: ValueId,
        known: Option<Tally>,
        store: &Store,
        weights: &Buffer,
    ) {
        if self.mode != Mode::Training || self.coefficients[id].is_none() {
            return;
        }
        let stride = self.program.values[id].stride;
        let z = self.stored(id);
        let pixels = z.len() / stride;
        let tally = known.unwrap_or_else(|| self.sum_up(s, id, pixels));
        let groups = (stride / 16).clamp(1, 2 * self.pool.threads());
        let coefficients = self.coefficients[id].as_mut().expect("a batch norm");
        // SAFETY: the phase that wrote them is over.
        let z = unsafe { z.read() };
        let sums = &self.tallies[..2 * tally.blocks.count() * stride];
        let (mean, variance) = (
            Along(coefficients.mean.as_mut_ptr()),
            Along(coefficients.variance.as_mut_ptr()),
        );
        let blocks = tally.blocks;
        self.pool.run(groups, |group, _| {
            let channels = group * stride / groups..(group + 1) * stride / groups;
            let mut moments = Moments::new(channels.len());
            for block in 0..blocks.count() {
                let range = blocks.range(block);
                let origin = &z[range.start * stride..][channels.clone()];
                let lines = &sums[2 * block * stride..];
                let second = &lines[stride..][channels.clone()];
                moments.merge(range.len() as f64, origin, &lines[channels.clone()], second);
            }
            for (index, channel) in channels.enumerate() {
                // SAFETY: groups of channels are disjoint.
                unsafe {
                    mean.get().add(channel).write(moments.mean[index]);
                    let squares = moments.squares[index];
                    variance.get().add(channel).write(squares / pixels as f64);
                }
            }
        });
        let norm = coefficients.norm;
        let part = |entry: usize| {
            let entry = &store.entries()[entry];
            &weights[entry.offset..entry.offset + entry.len]
        };
        coefficients.normalise(part(norm.scale), part(norm.shift));
    }

    /// Sums up a value in a phase of its own.
    fn sum_up<S: Simd>(&mut self, s: S, id: ValueId, pixels: usize) -> Tally {
        let tally = self.tally(id, Blocks::even(pixels, SUMMED));
        let (z, kept) = (self.stored(id), Along(tally));
        let stride = tally.stride;
        self.pool.run(tally.blocks.count(), |block, _| {
            let tally = kept.get();
            let range = tally.blocks.range(block);
            let from = z.part(range.start * stride, range.len() * stride).start();
            // SAFETY: each block has a place of its own.
            unsafe {
                s.vectorize(
                    #[inline(always)]
                    || moments_of(s, &tally, from, range.start, range.len()),
                );
            }
        });
        tally
    }

    /// Whether the gradient of a value passes through something on its way to the stored one.
    pub(in crate::machine) fn bends(&self, id: ValueId, has_bias: bool) -> bool {
        let value = &self.program.values[id];
        value.norm.is_some() || activation_of(value).is_some() || has_bias
    }

    /// What bends the gradient of a value, in blocks.
    pub(in crate::machine) fn bending(&mut self, id: ValueId, blocks: Blocks) -> Bending {
        let value = &self.program.values[id];
        let none = std::ptr::null();
        let (scale, shift, origin) = match &self.coefficients[id] {
            Some(found) => (found.scale(), found.shift(), found.mean()),
            None => (none, none, none),
        };
        Bending {
            how: Bend {
                scale,
                shift,
                origin,
                activation: activation_of(value),
            },
            z: self.stored(id).start(),
            tally: self.tally(id, blocks),
        }
    }

    /// Turns the gradient of a value into `g` in a phase of its own.
    pub(in crate::machine) fn bend<S: Simd>(&mut self, s: S, id: ValueId) -> [Vec<f64>; 2] {
        let gradient = self.gradient(id);
        let stride = self.program.values[id].stride;
        let blocks = Blocks::even(gradient.len() / stride, SUMMED);
        let bending = self.bending(id, blocks);
        let kept = Along(bending);
        self.pool.run(blocks.count(), |block, _| {
            let (bending, range) = (kept.get(), blocks.range(block));
            let to = gradient
                .part(range.start * stride, range.len() * stride)
                .start();
            // SAFETY: each block has a place of its own.
            unsafe {
                s.vectorize(
                    #[inline(always)]
                    || bending.bend(s, to, range.start, range.len()),
                );
            }
        });
        self.totals(&bending)
    }

    /// `sum g` and `sum g (z - mean)` by channel.
    pub(in crate::machine) fn totals(&self, bending: &Bending) -> [Vec<f64>; 2] {
        let stride = bending.tally.stride;
        let sums = &self.tallies[..2 * bending.blocks().count() * stride];
        let mut totals = [vec![0.0; stride], vec![0.0; stride]];
        for lines in sums.chunks_exact(2 * stride) {
            for (total, line) in totals.iter_mut().zip(lines.chunks_exact(stride)) {
                for (total, sum) in total.iter_mut().zip(line) {
                    *total += f64::from(*sum);
                }
            }
        }
        totals
    }
}

fn activation_of(value: &crate::program::Value) -> Option<Activation> {
    value.activation.or(value.applied)
}

/// Leaves the sums of a block of pixels, stored at `from`, in a tally.
///
/// # Safety
/// Inside of `S::vectorize`; the block is nobody else's.
#[inline(always)]
pub(in crate::machine) unsafe fn moments_of<S: Simd>(
    s: S,
    tally: &Tally,
    from: *const f32,
    first: usize,
    count: usize,
) {
    norm::moments(s, from, count, tally.stride, from, tally.sums(first));
}
