//! Gradients of depthwise convolutions, one image per task.

use super::ConvolutionBackward;
use crate::kernel::depthwise::{self, InputGradient, Ring, WeightGradient};
use crate::kernel::norm::Linear;
use crate::kernel::window::{self, Window};
use crate::machine::context::Context;
use crate::simd::Simd;

impl Context<'_> {
    pub(super) fn depthwise_gradient<S: Simd>(
        &mut self,
        s: S,
        job: ConvolutionBackward<'_>,
        gradient: &mut [f32],
    ) {
        let len = if job.trains {
            job.window.taps() * job.c
        } else {
            0
        };
        let mut partial = self.take_partial(self.count * len);
        let sums = partial.shared();
        let [inside, outside] = [job.window.input_pixels(), job.window.output_pixels()];
        let [inside, outside] = [inside * job.c, outside * job.c];
        let sizes = job.depthwise_scratch();
        self.pool.run(self.count, |image, worker| {
            // SAFETY: each task has an image and sums of its own.
            let (scratch, place) = unsafe {
                let place = ImagePlace {
                    g: job.g.part(image * outside, outside).write(),
                    to: job.to.map(|to| to.part(image * inside, inside).write()),
                    sums: sums.part(image * len, len).write(),
                };
                (job.scratch.pieces(worker, sizes), place)
            };
            s.vectorize(
                #[inline(always)]
                || job.depthwise_image(s, image, scratch, place),
            );
        });
        self.add_up(s, &partial, self.count, len, gradient);
        *self.partial = partial;
    }
}

/// What a task writes: gradients of one image.
struct ImagePlace<'a> {
    /// Of the result, which is turned into `dL/dz`.
    g: &'a mut [f32],
    /// Of the input, if it is wanted.
    to: Option<&'a mut [f32]>,
    /// Of the weights.
    sums: &'a mut [f32],
}

impl ConvolutionBackward<'_> {
    /// Values of the rings of the image and of the gradient, and of flipped weights.
    fn depthwise_scratch(&self) -> [usize; 3] {
        let (window, c) = (&self.window, self.c);
        let (slots, width, _) = depthwise::gradient_ring(window);
        [
            Ring::len(window.kernel[0], depthwise::padded_width(window), c),
            Ring::len(slots, width, c),
            window.taps() * c,
        ]
    }

    /// Both gradients of a depthwise convolution over one image.
    #[inline(always)]
    fn depthwise_image<S: Simd>(
        &self,
        s: S,
        image: usize,
        [memory, back, flipped]: [&mut [f32]; 3],
        place: ImagePlace<'_>,
    ) {
        let (window, c) = (&self.window, self.c);
        let (slots, back_width, padding) = depthwise::gradient_ring(window);
        let [inside, outside] = [window.input_pixels(), window.output_pixels()];
        let ImagePlace { g, to, sums } = place;
        let z = &self.z[image * outside * c..][..outside * c];
        let len = sums.len();
        window::fill(s, sums, len);
        let mut rows = ResultRows {
            g,
            z,
            linear: self.linear,
            len: window.output[1] * c,
            c,
            trains: self.trains,
            weight_gradient: WeightGradient {
                window,
                view: &self.view,
                first_pixel: image * inside,
                ring: image_ring(window, c, memory),
                sums,
                read: 0,
            },
        };
        let Some(to) = to else {
            for line in 0..window.output[0] {
                rows.next(s, line);
            }
            return;
        };
        depthwise::flip(s, &self.weights[..window.taps() * c], c, flipped);
        let mut ring = Ring::new(back, slots, back_width, c, padding, window.output[1]);
        let input_gradient = InputGradient {
            window,
            c,
            weights: self.weights,
            flipped,
            accumulate: self.adds,
        };
        let mut taken = 0;
        // Both gradients take a row while it is in the cache.
        input_gradient.run(
            s,
            &mut ring,
            #[inline(always)]
            |line, slot| {
                taken = line + 1;
                let row = rows.next(s, line);
                window::copy(s, row, slot, row.len());
            },
            to,
            #[inline(always)]
            |line, gradient| {
                if let Some(backprop) = &self.backprop {
                    let pixel = image * inside + line * window.input[1];
                    // SAFETY: a block is a row of this task's image.
                    unsafe { backprop.run(s, gradient, pixel) };
                }
            },
        );
        // Rows that no row of the input sees.
        for line in taken..window.output[0] {
            rows.next(s, line);
        }
    }
}

/// A ring for rows of the image.
#[inline(always)]
fn image_ring<'a>(window: &Window, c: usize, memory: &'a mut [f32]) -> Ring<'a> {
    let width = depthwise::padded_width(window);
    let [padding, pixels] = [window.padding[1], window.input[1]];
    Ring::new(memory, window.kernel[0], width, c, padding, pixels)
}

/// The rows of one image's result gradient, each of which is used once.
struct ResultRows<'a> {
    g: &'a mut [f32],
    z: &'a [f32],
    linear: Option<Linear<'a>>,
    /// Values of a row.
    len: usize,
    c: usize,
    trains: bool,
    weight_gradient: WeightGradient<'a>,
}

impl ResultRows<'_> {
    /// `dL/dz` of row `line`, of which the weights' gradient has received its part.
    #[inline(always)]
    fn next<S: Simd>(&mut self, s: S, line: usize) -> &[f32] {
        let at = line * self.len..(line + 1) * self.len;
        if let Some(linear) = &self.linear {
            // In place: nobody needs `g` itself any more.
            linear.run(s, &mut self.g[at.clone()], &self.z[at.clone()], self.c);
        }
        if self.trains {
            self.weight_gradient.add_row(s, line, &self.g[at.clone()]);
        }
        &self.g[at]
    }
}
