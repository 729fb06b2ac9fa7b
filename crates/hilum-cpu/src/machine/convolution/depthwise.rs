//! Depthwise convolutions, one band of rows per task.

use super::ConvolutionForward;
use crate::kernel::{activation, depthwise};
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
        let [height, width] = job.window.output;
        let rows = self.rows_of_a_band(&job);
        let bands = height.div_ceil(rows);
        let blocks = Blocks::by_image(self.count, height * width, rows * width);
        let mut tally = self.moments_wanted(output, blocks);
        let moments = tally.as_mut().map(Tally::share);
        let job = ConvolutionForward { moments, ..job };
        self.pool.run(self.count * bands, |task, worker| {
            let (image, band) = (task / bands, task % bands);
            let lines = band * rows..((band + 1) * rows).min(height);
            s.vectorize(
                #[inline(always)]
                // SAFETY: each task has a band of its own.
                || unsafe { job.depthwise_band(s, image, lines, worker) },
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
    /// # Safety
    /// No two tasks take the same rows of an image, or run at once as the same worker.
    #[inline(always)]
    unsafe fn depthwise_band<S: Simd>(
        &self,
        s: S,
        image: usize,
        rows: std::ops::Range<usize>,
        worker: usize,
    ) {
        let width = depthwise::padded_width(&self.window);
        let slots = self.window.kernel[0];
        let sizes = [depthwise::Ring::len(slots, width, self.c)];
        let row = self.window.output[1] * self.c;
        let first = image * self.window.output_pixels() * self.c + rows.start * row;
        let to = self.to.part(first, rows.len() * row);
        // SAFETY: the band is this task's alone, and so is the worker's scratch.
        let (out, [memory]) = unsafe { (to.write(), self.scratch.pieces(worker, sizes)) };
        let [padding, inside] = [self.window.padding[1], self.window.input[1]];
        let mut ring = depthwise::Ring::new(s, memory, slots, width, self.c, padding, inside);
        let finish = depthwise::Finish {
            bias: Some(self.bias),
            low: self.low,
            high: self.high,
            accumulate: false,
        };
        depthwise::forward(
            s,
            &self.window,
            &self.view,
            image * self.window.input_pixels(),
            rows,
            self.weights,
            &mut ring,
            finish,
            out,
        );
        if let Some(after) = self.after {
            activation::apply(s, after, out);
        }
        if let Some(moments) = self.moments {
            // SAFETY: a block is a band.
            unsafe { moments.add_moments(s, out, first / self.c) };
        }
    }
}
