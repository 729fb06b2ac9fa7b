//! Statistics of the batch at hand, and the sums that backward needs.
//!
//! Tasks sum up blocks of pixels in single precision while they have them in the cache; blocks
//! are merged in their order, in double precision. How pixels are cut into blocks does not depend
//! on the number of threads, so neither do the results.

use std::sync::OnceLock;

use hilum_graph::Activation;

use super::blocks::{BlockSums, Blocks, Tally};
use super::moments::Moments;
use crate::kernel::norm::{self, Backprop};
use crate::machine::context::Context;
use crate::memory::Buffer;
use crate::program::{Mode, ValueId};
use crate::simd::Simd;
use crate::store::Store;

/// Pixels of a block where a value is summed up on its own.
const SUMMED: usize = 128;

/// Takes the gradient of a value back through its activation, and sums it up for its batch norm
/// or bias.
#[derive(Clone, Copy)]
pub(crate) struct ActivationBackprop<'a> {
    how: Backprop<'a>,
    z: &'a [f32],
    sums: BlockSums<'a>,
}

impl ActivationBackprop<'_> {
    /// Turns the gradient of a block that starts with pixel `first` into `g` in place.
    ///
    /// # Safety
    /// No two tasks take the same block.
    #[inline(always)]
    pub(crate) unsafe fn run<S: Simd>(&self, s: S, gradient: &mut [f32], first: usize) {
        let stride = self.sums.stride;
        let z = &self.z[first * stride..][..gradient.len()];
        // SAFETY: the caller's promise.
        let sums = unsafe { self.sums.of(first) };
        self.how.run(s, gradient, z, stride, sums);
    }
}

impl<'a> Context<'a> {
    /// Room for the sums of the blocks of a value.
    pub(crate) fn tally(&mut self, id: ValueId, blocks: Blocks) -> Tally {
        let memory = std::mem::take(self.tallies);
        Tally::new(blocks, self.program.values[id].stride, memory)
    }

    /// Where the moments of a value with a batch norm go while it is computed.
    pub(crate) fn moments_wanted(&mut self, id: ValueId, blocks: Blocks) -> Option<Tally> {
        self.coefficients[id].as_ref()?;
        (self.mode == Mode::Training).then(|| self.tally(id, blocks))
    }

    /// Finds out the batch's moments of a value with a batch norm, or takes those that were
    /// summed up while it was computed.
    pub(crate) fn normalise<S: Simd>(
        &mut self,
        s: S,
        id: ValueId,
        known: Option<Tally>,
        store: &Store,
        weights: &Buffer,
    ) {
        match self.mode {
            Mode::Inference => return,
            _ if self.coefficients[id].is_none() => return,
            Mode::Derivative { .. } => return self.normalise_as_ever(id, store, weights),
            Mode::Training => {}
        }
        let stride = self.program.values[id].stride;
        let z = self.read(id);
        let pixels = z.len() / stride;
        let tally = known.unwrap_or_else(|| self.sum_up(s, id, pixels));
        let groups = (stride / 16).clamp(1, 2 * self.pool.threads());
        let part = |group: usize| group * stride / groups..(group + 1) * stride / groups;
        let found: Vec<OnceLock<Moments>> = (0..groups).map(|_| OnceLock::new()).collect();
        self.pool.run(groups, |group, _| {
            let channels = part(group);
            let mut moments = Moments::new(channels.len());
            for (block, [first, second]) in tally.rows().enumerate() {
                let range = tally.blocks.range(block);
                let origin = &z[range.start * stride..][channels.clone()];
                let (first, second) = (&first[channels.clone()], &second[channels.clone()]);
                moments.merge(range.len() as f64, origin, first, second);
            }
            // Every group is one task's, so that the place is empty.
            let _ = found[group].set(moments);
        });
        *self.tallies = tally.into_memory();
        let coefficients = self.coefficients[id].as_mut().expect("a batch norm");
        for (group, moments) in found.into_iter().enumerate() {
            let moments = moments.into_inner().expect("every task ran");
            coefficients.mean[part(group)].copy_from_slice(&moments.mean);
            let squares = moments.squares.iter();
            for (to, squares) in coefficients.variance[part(group)].iter_mut().zip(squares) {
                *to = squares / pixels as f64;
            }
        }
        let norm = coefficients.norm;
        let (scale, shift) = (
            store.part(weights, norm.scale),
            store.part(weights, norm.shift),
        );
        // SAFETY: between phases; nobody holds rows of a value that was just computed.
        let rows = unsafe { self.norm_lines.write() };
        coefficients.normalise(scale, shift, rows);
    }

    /// Takes the running statistics for the batch's.
    fn normalise_as_ever(&mut self, id: ValueId, store: &Store, weights: &Buffer) {
        let coefficients = self.coefficients[id].as_mut().expect("a batch norm");
        let norm = coefficients.norm;
        let wide = |entry: usize| store.part(weights, entry).iter().map(|v| f64::from(*v));
        coefficients.mean = wide(norm.mean).collect();
        coefficients.variance = wide(norm.variance).collect();
        let (scale, shift) = (
            store.part(weights, norm.scale),
            store.part(weights, norm.shift),
        );
        // SAFETY: between phases; nobody holds rows of a value that was just computed.
        let rows = unsafe { self.norm_lines.write() };
        coefficients.normalise(scale, shift, rows);
    }

    /// Sums up a value in a phase of its own.
    fn sum_up<S: Simd>(&mut self, s: S, id: ValueId, pixels: usize) -> Tally {
        let mut tally = self.tally(id, Blocks::even(pixels, SUMMED));
        let (z, sums) = (self.read(id), tally.share());
        self.pool.run(sums.blocks.count(), |block, _| {
            let range = sums.blocks.range(block);
            let from = &z[range.start * sums.stride..range.end * sums.stride];
            // SAFETY: each task takes its own block.
            let place = unsafe { sums.of(range.start) };
            s.vectorize(
                #[inline(always)]
                || norm::moments(s, from, sums.stride, place),
            );
        });
        tally
    }

    /// Whether the gradient of a value is taken back through anything, or summed up, on its way
    /// to the stored one.
    pub(crate) fn needs_backprop(&self, id: ValueId, has_bias: bool) -> bool {
        let value = &self.program.values[id];
        value.norm.is_some() || activation_of(value).is_some() || has_bias
    }

    /// What takes the gradient of a value back, with sums in `tally`.
    pub(crate) fn activation_backprop<'t>(
        &self,
        id: ValueId,
        tally: &'t mut Tally,
    ) -> ActivationBackprop<'t>
    where
        'a: 't,
    {
        ActivationBackprop {
            how: Backprop {
                norm: self.batch_norm(id),
                activation: activation_of(&self.program.values[id]),
            },
            z: self.read(id),
            sums: tally.share(),
        }
    }

    /// Turns the gradient of a value into `g` in a phase of its own; `sum g` and
    /// `sum g (z - mean)` by channel.
    pub(crate) fn backprop_value<S: Simd>(&mut self, s: S, id: ValueId) -> [Vec<f64>; 2] {
        let gradient = self.gradient(id);
        let stride = self.program.values[id].stride;
        let blocks = Blocks::even(gradient.len() / stride, SUMMED);
        let mut tally = self.tally(id, blocks);
        let backprop = self.activation_backprop(id, &mut tally);
        self.pool.run(blocks.count(), |block, _| {
            let range = blocks.range(block);
            let to = gradient.part(range.start * stride, range.len() * stride);
            s.vectorize(
                #[inline(always)]
                // SAFETY: each task takes its own block, and writes its gradient alone.
                || unsafe { backprop.run(s, to.write(), range.start) },
            );
        });
        self.channel_sums(tally)
    }

    /// `sum g` and `sum g (z - mean)` by channel, from those of all blocks.
    pub(crate) fn channel_sums(&mut self, tally: Tally) -> [Vec<f64>; 2] {
        let mut totals = [vec![0.0; tally.stride], vec![0.0; tally.stride]];
        for rows in tally.rows() {
            for (total, row) in totals.iter_mut().zip(rows) {
                for (total, sum) in total.iter_mut().zip(row) {
                    *total += f64::from(*sum);
                }
            }
        }
        *self.tallies = tally.into_memory();
        totals
    }
}

fn activation_of(value: &crate::program::Value) -> Option<Activation> {
    value.activation.or(value.applied)
}
