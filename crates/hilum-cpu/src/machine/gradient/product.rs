//! Gradients of convolutions that are products of matrices.

use super::ConvolutionBackward;
use crate::kernel::matrix::{self, Panels, Rows, RowsMut};
use crate::kernel::narrow::narrow_rows;
use crate::kernel::outer;
use crate::kernel::term::{Paired, Single, Term};
use crate::kernel::window::Order;
use crate::machine::algorithm::Algorithm;
use crate::machine::context::Context;
use crate::machine::convolution::pairs_if;
use crate::machine::plan::{self, Factors};
use crate::memory::{REGISTER, Scattered};
use crate::simd::{Simd, round};

/// Parts in which a weight gradient is summed up, whatever the thread count: as many as keep
/// threads busy without costing more than they bring.
fn part_count(len: usize, units: usize) -> usize {
    ((1 << 20) / len.max(1)).clamp(4, 16).min(units)
}

/// Room behind gathered rows, of which the last may end in the middle of a register.
const SLACK: usize = 64;

/// Computed pixels that a task takes.
struct PixelRange {
    pixels: std::ops::Range<usize>,
    /// Pixels of a block.
    rows: usize,
}

impl Context<'_> {
    pub(super) fn product_gradient<S: Simd>(
        &mut self,
        s: S,
        algorithm: Algorithm,
        job: ConvolutionBackward<'_>,
        gradient: &mut [f32],
    ) {
        let depth = job.window.taps() * job.c;
        let per_image = job.window.computed_pixels(job.order);
        let total = per_image * self.count;
        let len = if job.trains { depth * job.k } else { 0 };
        let rows = plan::block_rows(depth);
        // Windows overlap within an image, so that a part must have whole ones.
        let whole = algorithm == Algorithm::Patches && job.to.is_some();
        let unit = if whole { per_image } else { rows };
        let units = total.div_ceil(unit);
        let parts = part_count(len, units);
        let mut partial = self.take_partial(parts * len);
        let sums = partial.shared();
        let pairs = pairs_if::<S>(job.factors == Factors::Words);
        self.pool.run(parts, |number, worker| {
            let first = (number * units / parts) * unit;
            let end = ((number + 1) * units / parts * unit).min(total);
            let part = PixelRange {
                pixels: first..end,
                rows,
            };
            let sizes = [
                rows * plan::spread(depth) + SLACK,
                rows * plan::spread(job.k),
                rows * depth.next_multiple_of(REGISTER),
                job.factors.places(rows * job.k),
            ];
            // SAFETY: parts are disjoint, and of whole images where windows overlap; each has
            // sums of its own.
            let (scratch, sums, to) = unsafe {
                let sums = sums.part(number * len, len).write();
                let to = job.to.map(|to| to.scattered());
                (job.scratch.pieces(worker, sizes), sums, to)
            };
            s.vectorize(
                #[inline(always)]
                || job.product_part(s, pairs, algorithm, &part, scratch, sums, to),
            );
        });
        self.add_up(s, &partial, parts, len, gradient);
        *self.partial = partial;
    }
}

impl ConvolutionBackward<'_> {
    /// Both gradients over a range of computed pixels: the weights' to `sums`, the input's to the
    /// same pixels of `to`, or to their images.
    #[inline(always)]
    fn product_part<S: Simd>(
        &self,
        s: S,
        pairs: Option<S::Pairs>,
        algorithm: Algorithm,
        part: &PixelRange,
        [patches, result, back, factors]: [&mut [f32]; 4],
        sums: &mut [f32],
        to: Option<Scattered<'_>>,
    ) {
        let rows = part.rows;
        let d_row = plan::spread(self.k);
        if algorithm == Algorithm::Patches
            && !self.adds
            && let Some(to) = to
        {
            self.images_of(&part.pixels, to).fill(0.0);
        }
        let mut first = part.pixels.start;
        while first < part.pixels.end {
            let count = rows.min(part.pixels.end - first);
            let d = self.result_rows(s, first, count, result, d_row);
            if self.trains {
                let replace = first == part.pixels.start;
                self.weight_rows(s, algorithm, first, count, d, patches, sums, replace);
            }
            if let Some(to) = to {
                let d = self.input_factors(s, pairs, count, d, factors);
                match pairs {
                    None => self.input_rows(s, Single(s), algorithm, first, count, d, back, to),
                    Some(pairs) => {
                        let term = Paired(s, pairs);
                        self.input_rows(s, term, algorithm, first, count, d, back, to);
                    }
                }
            }
            first += count;
        }
    }

    /// Adds what a block of computed pixels gives to the weights' gradient, or begins with it.
    #[inline(always)]
    fn weight_rows<S: Simd>(
        &self,
        s: S,
        algorithm: Algorithm,
        first: usize,
        count: usize,
        d: Rows<'_>,
        patches: &mut [f32],
        sums: &mut [f32],
        replace: bool,
    ) {
        let depth = self.window.taps() * self.c;
        let a_row = plan::spread(depth);
        let view = &self.view;
        let (values, stride) = if algorithm == Algorithm::Patches {
            self.window
                .gather(s, view, self.order, first, count, patches, a_row);
            (&*patches, a_row)
        } else if view.is_plain() && !depth.is_multiple_of(256) {
            (&view.values[first * self.c..], depth)
        } else {
            view.read_rows(s, first, count, patches, a_row);
            (&*patches, a_row)
        };
        let a = Rows { values, stride };
        let out = RowsMut::new(Scattered::of(sums), self.k);
        let across = Panels::new::<S>(self.k);
        let panels = 0..across.count();
        outer::add_products(s, count, depth, a, d, across, panels, out, replace);
    }

    /// The gradient of the images that `pixels`, whole ones, belong to.
    fn images_of<'t>(&self, pixels: &std::ops::Range<usize>, to: Scattered<'t>) -> &'t mut [f32] {
        let per_image = self.window.computed_pixels(self.order);
        let len = self.window.input_pixels() * self.c;
        let images = pixels.start / per_image..pixels.end / per_image;
        // SAFETY: these pixels' images are this task's alone.
        unsafe { to.part(images.start * len, images.len() * len).values() }
    }

    /// Rows of `dL/dz` as the input's gradient multiplies them, in `scratch` if they are written anew.
    #[inline(always)]
    fn input_factors<'b, S: Simd>(
        &self,
        s: S,
        pairs: Option<S::Pairs>,
        count: usize,
        d: Rows<'b>,
        scratch: &'b mut [f32],
    ) -> Rows<'b> {
        let k = self.k;
        let stride = match (self.factors, pairs) {
            (Factors::Words, Some(pairs)) => {
                narrow_rows(s, pairs, d, count, k, scratch);
                k / 2
            }
            (Factors::Rounded, _) => {
                let rows = d.values.chunks(d.stride).zip(scratch.chunks_exact_mut(k));
                rows.take(count)
                    .for_each(|(from, to)| to.copy_from_slice(&from[..k]));
                round(&mut scratch[..count * k]);
                k
            }
            _ => return d,
        };
        Rows {
            values: scratch,
            stride,
        }
    }

    /// The gradient of the input from `dL/dz` at computed pixels.
    #[inline(always)]
    fn input_rows<S: Simd, T: Term<S>>(
        &self,
        s: S,
        term: T,
        algorithm: Algorithm,
        first: usize,
        count: usize,
        d: Rows<'_>,
        back: &mut [f32],
        to: Scattered<'_>,
    ) {
        let (depth, k) = (self.window.taps() * self.c, self.k / T::VALUES);
        let down = Panels::new::<S>(depth);
        let weights = self.weights;
        let panels = 0..down.count();
        if algorithm == Algorithm::Patches {
            let store = matrix::Finish::STORE;
            let out = RowsMut::new(Scattered::of(back), depth);
            matrix::multiply(s, term, count, k, d, weights, down, panels, out, store);
            self.window
                .scatter(s, back, self.c, self.order, first, count, to);
            return;
        }
        let block = to.part(first * depth, count * depth);
        let finish = matrix::Finish {
            accumulate: self.adds,
            ..matrix::Finish::STORE
        };
        let out = RowsMut::new(block, depth);
        matrix::multiply(s, term, count, k, d, weights, down, panels, out, finish);
        if let Some(backprop) = &self.backprop {
            // SAFETY: a block of pixels is this task's alone.
            unsafe { backprop.run(s, block.values(), first) };
        }
    }

    /// `dL/dz` at computed pixels, as it lies or in rows of `scratch`, `row` apart.
    #[inline(always)]
    fn result_rows<'b, S: Simd>(
        &'b self,
        s: S,
        first: usize,
        count: usize,
        scratch: &'b mut [f32],
        row: usize,
    ) -> Rows<'b> {
        let k = self.k;
        let pooled = if self.order == Order::Pooled { 4 } else { 1 };
        let (start, len) = (first / pooled * k, count / pooled * k);
        // SAFETY: nobody writes the result's gradient in this phase.
        let g = unsafe { self.g.part(start, len).read() };
        if self.order == Order::Pooled {
            let choice = self
                .choice
                .map_or(&[][..], |choice| &choice[start..][..len]);
            unpool_rows(s, g, choice, k, scratch, row);
        } else if let Some(linear) = &self.linear {
            let z = &self.z[start..][..len];
            linear.write_rows(s, g, z, k, scratch, row);
        } else {
            return Rows {
                values: g,
                stride: k,
            };
        }
        Rows {
            values: scratch,
            stride: row,
        }
    }
}

/// Writes the gradient of every pooled pixel to that of the four that was chosen, and zeros to
/// the others.
#[inline(always)]
fn unpool_rows<S: Simd>(s: S, g: &[f32], choice: &[f32], k: usize, to: &mut [f32], row: usize) {
    let pixels = g.chunks_exact(k).zip(choice.chunks_exact(k));
    for ((g, choice), to) in pixels.zip(to.chunks_mut(4 * row)) {
        for c in (0..k).step_by(S::LANES) {
            let (g, choice) = (s.read(g, c), s.read(choice, c));
            for corner in 0..4_u8 {
                let own = s.select_eq(choice, s.splat(f32::from(corner)), g, s.splat(0.0));
                s.write(to, usize::from(corner) * row + c, own);
            }
        }
    }
}
