//! Statistics of the batch at hand, and the sums that backward needs.

use super::Moments;
use crate::kernel::norm::{self, Bend, Sums};
use crate::machine::{Along, Context};
use crate::memory::Buffer;
use crate::program::{Mode, ValueId};
use crate::simd::Simd;
use crate::store::Store;

/// Pixels that one task sums up in single precision; further sums are in double precision.
const SUMMED: usize = 128;

impl Context<'_> {
    /// Room for `len` values that tasks leave behind.
    pub(in crate::machine) fn partial(&mut self, len: usize) -> Along<*mut f32> {
        if self.partial.len() < len {
            *self.partial = Buffer::zeroed(len);
        }
        Along(self.partial.as_mut_ptr())
    }

    /// Finds out the batch's moments of a value with a batch norm.
    pub(in crate::machine) fn normalise<S: Simd>(
        &mut self,
        id: ValueId,
        store: &Store,
        weights: &Buffer,
    ) {
        if self.mode != Mode::Training || self.coefficients[id].is_none() {
            return;
        }
        let stride = self.program.values[id].stride;
        let z = self.stored(id);
        let pixels = z.len() / stride;
        let blocks = pixels.div_ceil(SUMMED);
        let partial = self.partial(2 * blocks * stride);
        self.pool.run(blocks, |block, _| {
            let first = block * SUMMED;
            let count = SUMMED.min(pixels - first);
            let from = z.part(first * stride, count * stride).start();
            // SAFETY: each block has a place of its own.
            unsafe {
                let first = partial.get().add(2 * block * stride);
                let second = first.add(stride);
                S::vectorize(
                    #[inline(always)]
                    || norm::moments::<S>(from, count, stride, from, Sums { first, second }),
                );
            }
        });
        let groups = (stride / 16).clamp(1, 2 * self.pool.threads());
        let coefficients = self.coefficients[id].as_mut().expect("a batch norm");
        // SAFETY: the phase that wrote them is over.
        let (sums, z) = unsafe {
            let sums = std::slice::from_raw_parts(partial.get(), 2 * blocks * stride);
            (sums, z.read())
        };
        let (mean, variance) = (
            Along(coefficients.mean.as_mut_ptr()),
            Along(coefficients.variance.as_mut_ptr()),
        );
        self.pool.run(groups, |group, _| {
            let channels = group * stride / groups..(group + 1) * stride / groups;
            let mut moments = Moments::new(channels.len());
            for block in 0..blocks {
                let count = SUMMED.min(pixels - block * SUMMED) as f64;
                let origin = &z[block * SUMMED * stride..][channels.clone()];
                let lines = &sums[2 * block * stride..];
                let second = &lines[stride..][channels.clone()];
                moments.merge(count, origin, &lines[channels.clone()], second);
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

    /// Turns the gradient of a value into `g` in place; `sum g` and `sum g (z - mean)` by channel.
    pub(in crate::machine) fn bend<S: Simd>(&mut self, id: ValueId) -> [Vec<f64>; 2] {
        let value = &self.program.values[id];
        let (stride, activation) = (value.stride, value.activation);
        let (z, gradient) = (self.stored(id), self.gradient(id));
        let how = match &self.coefficients[id] {
            Some(coefficients) => Bend {
                scale: coefficients.scale(),
                shift: coefficients.shift(),
                origin: coefficients.mean(),
                activation,
            },
            None => Bend {
                scale: std::ptr::null(),
                shift: std::ptr::null(),
                origin: std::ptr::null(),
                activation,
            },
        };
        let how = Along(how);
        let pixels = z.len() / stride;
        let blocks = pixels.div_ceil(SUMMED);
        let partial = self.partial(2 * blocks * stride);
        self.pool.run(blocks, |block, _| {
            let first = block * SUMMED;
            let count = SUMMED.min(pixels - first);
            let from = z.part(first * stride, count * stride).start();
            let to = gradient.part(first * stride, count * stride).start();
            let how = how.get();
            // SAFETY: each block has a place of its own.
            unsafe {
                let first = partial.get().add(2 * block * stride);
                let second = first.add(stride);
                S::vectorize(
                    #[inline(always)]
                    || norm::bend::<S>(to, from, count, stride, &how, Sums { first, second }),
                );
            }
        });
        // SAFETY: the phase that wrote them is over.
        let sums = unsafe { std::slice::from_raw_parts(partial.get(), 2 * blocks * stride) };
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
