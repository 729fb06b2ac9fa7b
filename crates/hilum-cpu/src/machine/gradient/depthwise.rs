//! Gradients of depthwise convolutions, one image per task.

use super::Job;
use crate::kernel::{depthwise, norm, window};
use crate::machine::Context;
use crate::simd::Simd;

impl Context<'_> {
    pub(super) fn depthwise_gradient<S: Simd>(
        &mut self,
        s: S,
        job: &mut Job<'_>,
        gradient: &mut [f32],
    ) {
        let len = job.window.taps() * job.c;
        job.sums = self.partial(self.count * len).get();
        let job = *job;
        self.pool.run(self.count, |image, worker| {
            // SAFETY: the processor has the instruction set; images are disjoint.
            unsafe {
                s.vectorize(
                    #[inline(always)]
                    || depthwise_image(s, &job, image, worker),
                );
            }
        });
        self.add_up(s, job.sums, self.count, len, gradient);
    }
}

/// Both gradients of a depthwise convolution over one image.
#[inline(always)]
unsafe fn depthwise_image<S: Simd>(s: S, job: &Job<'_>, image: usize, worker: usize) {
    let c = job.c;
    let window = &job.window;
    let width = depthwise::padded_width(window);
    let (slots, back_width, _) = depthwise::gradient_ring(window);
    let sizes = [
        depthwise::Ring::len(window.kernel[0], width, c),
        depthwise::Ring::len(slots, back_width, c),
        window.taps() * c,
    ];
    let [memory, back, flipped] = job.scratch.pieces(worker, sizes);
    let row = window.output[1] * c;
    let start = image * window.output_pixels() * c;
    let (g, z) = (job.g.start().add(start), job.z.start().add(start));
    let sums = job.sums.add(image * window.taps() * c);
    window::fill(s, sums, window.taps() * c);
    let ring = depthwise::Ring::new(
        s,
        memory,
        window.kernel[0],
        width,
        c,
        window.padding[1],
        window.input[1],
    );
    let first = image * window.input_pixels();
    let mut weight_gradient = depthwise::WeightGradient {
        window,
        view: &job.seen.view,
        first_pixel: first,
        ring,
        sums,
        read: 0,
    };
    // Both gradients take a row while it is in the cache.
    input_rows(
        s,
        job,
        image,
        [back, flipped],
        #[inline(always)]
        |line| {
            let at = line * row;
            if !job.line.a.is_null() {
                // In place: nobody needs `g` itself any more.
                norm::stored_gradient(
                    s,
                    g.add(at),
                    z.add(at),
                    window.output[1],
                    c,
                    job.line,
                    g.add(at),
                    c,
                );
            }
            weight_gradient.add_row(s, line, g.add(at));
            g.add(at).cast_const()
        },
    );
}

/// The gradient of one image's input, if it is wanted; takes every row of the result's gradient.
#[inline(always)]
unsafe fn input_rows<S: Simd>(
    s: S,
    job: &Job<'_>,
    image: usize,
    [back, flipped]: [*mut f32; 2],
    mut next_row: impl FnMut(usize) -> *const f32,
) {
    let (window, c) = (&job.window, job.c);
    let Some(to) = job.to else {
        for row in 0..window.output[0] {
            next_row(row);
        }
        return;
    };
    let first = image * window.input_pixels();
    let (slots, width, padding) = depthwise::gradient_ring(window);
    let ring = depthwise::Ring::new(s, back, slots, width, c, padding, window.output[1]);
    let to = to.start().add(first * c);
    depthwise::flip(s, job.weights, window.taps(), c, flipped);
    let mut taken = 0;
    depthwise::input_gradient(
        s,
        window,
        #[inline(always)]
        |row| {
            taken = row + 1;
            next_row(row)
        },
        c,
        job.weights,
        flipped,
        &ring,
        job.adds,
        to,
        #[inline(always)]
        |row| {
            if let Some(bending) = &job.bending {
                let width = window.input[1];
                bending.bend(s, to.add(row * width * c), first + row * width, width);
            }
        },
    );
    // Rows that no row of the input sees.
    for row in taken..window.output[0] {
        next_row(row);
    }
}
