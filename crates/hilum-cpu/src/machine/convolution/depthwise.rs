//! Depthwise convolutions, one band of rows per task.

use super::{ConvolutionForward, pairs_if};
use crate::kernel::depthwise::{self, Ring};
use crate::kernel::norm::{self, Sums};
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
        job: ConvolutionForward<'_>,
    ) -> Option<Tally> {
        match pairs_if::<S>(job.keeps_words) {
            None => self.depthwise_of(s, Single(s), output, job),
            Some(pairs) if job.view.words => self.depthwise_of(s, Paired(s, pairs), output, job),
            Some(pairs) => self.depthwise_of(s, Narrowed(s, pairs), output, job),
        }
    }

    fn depthwise_of<S: Simd, T: Term<S>>(
        &mut self,
        s: S,
        term: T,
        output: ValueId,
        job: ConvolutionForward<'_>,
    ) -> Option<Tally> {
        let [height, width] = job.window.output;
        let rows = self.rows_of_a_band(&job);
        let bands = height.div_ceil(rows);
        let blocks = Blocks::by_image(self.count, height * width, rows * width);
        let mut tally = self.moments_wanted(output, blocks);
        let moments = tally.as_mut().map(Tally::share);
        let slots = job.window.kernel[0];
        let scratch = [Ring::len(
            slots,
            depthwise::padded_width(&job.window),
            job.view.stride,
        )];
        self.pool.run(self.count * bands, |task, worker| {
            let (image, band) = (task / bands, task % bands);
            let lines = band * rows..((band + 1) * rows).min(height);
            let first = (image * height + lines.start) * width;
            let pixel = job.c / T::KEPT;
            let out = job.to.part(first * pixel, lines.len() * width * pixel);
            // SAFETY: each task has a band of its own, which is a block of the moments.
            let (out, [memory], sums) = unsafe {
                let sums = moments.map(|moments| moments.of(first));
                (out.write(), job.scratch.pieces(worker, scratch), sums)
            };
            term.vectorize(
                #[inline(always)]
                || job.depthwise_band(s, term, image, lines, memory, out, sums),
            );
        });
        tally
    }

    fn rows_of_a_band(&self, job: &ConvolutionForward<'_>) -> usize {
        let [height, width] = job.window.output;
        let threads = self.pool.threads();
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
    /// Rows `rows` of one image's result; sums are of all of them.
    #[inline(always)]
    fn depthwise_band<S: Simd, T: Term<S>>(
        &self,
        s: S,
        term: T,
        image: usize,
        rows: std::ops::Range<usize>,
        memory: &mut [f32],
        out: &mut [f32],
        sums: Option<Sums<'_>>,
    ) {
        let width = depthwise::padded_width(&self.window);
        let slots = self.window.kernel[0];
        let [padding, inside] = [self.window.padding[1], self.window.input[1]];
        let stride = self.view.stride;
        let mut ring = Ring::new(memory, slots, width, stride, padding, inside);
        let finish = depthwise::Finish {
            bias: Some(self.bias),
            low: self.low,
            high: self.high,
            activation: self.after,
            accumulate: false,
        };
        depthwise::forward(
            s,
            term,
            &self.window,
            &self.view,
            image * self.window.input_pixels(),
            rows,
            self.weights,
            &mut ring,
            finish,
            out,
        );
        if let Some(sums) = sums {
            norm::moments(s, out, self.c, sums);
        }
    }
}
