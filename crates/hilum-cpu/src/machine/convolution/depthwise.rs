//! Depthwise convolutions, one band of rows per task.

use super::Job;
use crate::kernel::{activation, depthwise};
use crate::machine::Context;
use crate::machine::normalise::{Blocks, Tally, moments_of};
use crate::program::{Mode, ValueId};
use crate::simd::Simd;

impl Context<'_> {
    pub(super) fn depthwise<S: Simd>(
        &mut self,
        s: S,
        output: ValueId,
        job: &mut Job<'_>,
    ) -> Option<Tally> {
        let [height, width] = job.window.output;
        let threads = self.pool.threads();
        let fit = (131_072 / (width * job.c))
            .clamp(4, height.max(4))
            .min(height);
        let rows = if self.mode == Mode::Training || self.count >= threads {
            fit
        } else {
            // A band reads rows of its neighbours: many thin ones read more.
            let several = if height >= 12 * threads {
                2 * threads
            } else {
                threads
            };
            let bands = height.div_ceil(fit).max(several.min(height));
            height.div_ceil(bands.next_multiple_of(threads))
        };
        let bands = height.div_ceil(rows);
        let blocks = Blocks::by_image(self.count, height * width, rows * width);
        job.moments = self.moments_wanted(output, blocks);
        let job = *job;
        self.pool.run(self.count * bands, |task, worker| {
            let (image, band) = (task / bands, task % bands);
            let lines = band * rows..((band + 1) * rows).min(height);
            // SAFETY: the processor has the instruction set; bands are disjoint.
            unsafe {
                s.vectorize(
                    #[inline(always)]
                    || depthwise_band(s, &job, image, lines, worker),
                );
            }
        });
        job.moments
    }
}

#[inline(always)]
unsafe fn depthwise_band<S: Simd>(
    s: S,
    job: &Job<'_>,
    image: usize,
    rows: std::ops::Range<usize>,
    worker: usize,
) {
    let width = depthwise::padded_width(&job.window);
    let slots = job.window.kernel[0];
    let [memory] = job
        .scratch
        .pieces(worker, [depthwise::Ring::len(slots, width, job.c)]);
    let [padding, inside] = [job.window.padding[1], job.window.input[1]];
    let ring = depthwise::Ring::new(s, memory, slots, width, job.c, padding, inside);
    let finish = depthwise::Finish {
        bias: job.bias,
        low: job.low,
        high: job.high,
        accumulate: false,
    };
    let first = image * job.window.input_pixels();
    let out = job
        .to
        .start()
        .add(image * job.window.output_pixels() * job.c);
    let (start, end) = (rows.start, rows.end);
    depthwise::forward(
        s,
        &job.window,
        &job.seen.view,
        first,
        rows,
        job.weights,
        &ring,
        finish,
        out,
    );
    if let Some(after) = job.after {
        let row = job.window.output[1] * job.c;
        activation::apply(s, after, out.add(start * row), (end - start) * row);
    }
    if let Some(tally) = &job.moments {
        let width = job.window.output[1];
        let pixel = image * job.window.output_pixels() + start * width;
        let from = out.add(start * width * job.c);
        moments_of(s, tally, from, pixel, (end - start) * width);
    }
}
