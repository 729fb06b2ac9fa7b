//! Depthwise convolutions, one band of rows per task.

use super::{ConvolutionForward, pairs_if};
use crate::kernel::depthwise::{self, Inner, Ring};
use crate::kernel::norm;
use crate::kernel::term::{Narrowed, Paired, Single, Term};
use crate::machine::context::Context;
use crate::machine::normalise::{Blocks, Tally};
use crate::program::{Mode, ValueId};
use crate::simd::Simd;

impl Context<'_> {
    pub(super) fn depthwise<S: Simd>(
        &mut self,
        s: S,
        output: ValueId,
        before: Option<ConvolutionForward<'_>>,
        job: ConvolutionForward<'_>,
    ) -> Option<Tally> {
        match pairs_if::<S>(job.keeps_words) {
            None => self.depthwise_of(s, Single(s), output, before, job),
            Some(pairs) if job.view.words => {
                self.depthwise_of(s, Paired(s, pairs), output, before, job)
            }
            Some(pairs) => self.depthwise_of(s, Narrowed(s, pairs), output, before, job),
        }
    }

    fn depthwise_of<S: Simd, T: Term<S>>(
        &mut self,
        s: S,
        term: T,
        output: ValueId,
        before: Option<ConvolutionForward<'_>>,
        job: ConvolutionForward<'_>,
    ) -> Option<Tally> {
        let [height, width] = job.window.output;
        let rows = self.rows_of_a_band(&job, before.is_some());
        let bands = height.div_ceil(rows);
        let blocks = Blocks::by_image(self.count, height * width, rows * width);
        let mut tally = self.moments_wanted(output, blocks);
        let moments = tally.as_mut().map(Tally::share);
        let slots = job.window.kernel[0];
        let width_of_a_row = depthwise::padded_width(&job.window);
        let ring = Ring::len(slots, width_of_a_row, job.view.stride);
        let [patches, words] = before.map_or([0; 2], |before| before.row_scratch());
        let scratch = [ring, patches, words];
        self.pool.run(self.count * bands, |task, worker| {
            let (image, band) = (task / bands, task % bands);
            let lines = band * rows..((band + 1) * rows).min(height);
            let first = (image * height + lines.start) * width;
            let pixel = job.c / T::KEPT;
            let out = job.to.part(first * pixel, lines.len() * width * pixel);
            // SAFETY: each task has a band of its own, which is a block of the moments.
            let (out, [memory, patches, words], sums) = unsafe {
                let sums = moments.map(|moments| moments.of(first));
                (out.write(), job.scratch.pieces(worker, scratch), sums)
            };
            term.vectorize(
                #[inline(always)]
                || {
                    let mut ring = job.ring(memory);
                    let finish = job.depthwise_finish();
                    if let Some(before) = &before {
                        let (window, weights, inner) = (&job.window, job.weights, &Inner::NONE);
                        depthwise::forward_from(
                            s,
                            term,
                            window,
                            job.c,
                            inner,
                            #[inline(always)]
                            |row: usize, slot: &mut [f32]| {
                                before.row_of_pixels(
                                    s,
                                    image,
                                    row,
                                    [&mut *patches, &mut *words],
                                    slot,
                                );
                            },
                            lines,
                            weights,
                            &mut ring,
                            finish,
                            out,
                        );
                    } else {
                        let (window, view, weights) = (&job.window, &job.view, job.weights);
                        let first = image * window.input_pixels();
                        depthwise::forward(
                            s, term, window, view, first, lines, weights, &mut ring, finish, out,
                        );
                    }
                    if let Some(sums) = sums {
                        norm::moments(s, out, job.c, sums);
                    }
                },
            );
        });
        tally
    }

    fn rows_of_a_band(&self, job: &ConvolutionForward<'_>, computes_input: bool) -> usize {
        let [height, width] = job.window.output;
        let threads = self.pool.threads();
        if computes_input {
            // What bands share is computed by each of them.
            let bands = if self.count.is_multiple_of(threads) {
                1
            } else {
                threads
            };
            return height.div_ceil(bands);
        }
        let fit = (131_072 / (width * job.c))
            .clamp(4, height.max(4))
            .min(height);
        if self.mode == Mode::Training || self.count >= threads {
            return fit;
        }
        // A band reads rows of its neighbours: many thin ones read more.
        let several = if height >= 12 * threads {
            2 * threads
        } else {
            threads
        };
        let bands = height.div_ceil(fit).max(several.min(height));
        height.div_ceil(bands.next_multiple_of(threads))
    }
}

impl ConvolutionForward<'_> {
    /// Rows of the input with their padding, in `memory`.
    #[inline(always)]
    fn ring<'m>(&self, memory: &'m mut [f32]) -> Ring<'m> {
        let width = depthwise::padded_width(&self.window);
        let slots = self.window.kernel[0];
        let [padding, inside] = [self.window.padding[1], self.window.input[1]];
        Ring::new(memory, slots, width, self.view.stride, padding, inside)
    }

    fn depthwise_finish(&self) -> depthwise::Finish<'_> {
        depthwise::Finish {
            bias: Some(self.bias),
            low: self.low,
            high: self.high,
            activation: self.after,
            accumulate: false,
        }
    }
}
