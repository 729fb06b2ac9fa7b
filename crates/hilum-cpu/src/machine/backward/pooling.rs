//! Gradients of max-pools.

use crate::kernel::window::{self, Order, Window};
use crate::machine::context::Context;
use crate::memory::Shared;
use crate::program::Step;
use crate::simd::Simd;

impl Context<'_> {
    pub(super) fn max_pool_gradient<S: Simd>(
        &mut self,
        s: S,
        index: usize,
        step: &Step,
        window: &Window,
        g: Shared<'_>,
        adds: bool,
    ) {
        let choice = self.note(index).expect("a pool keeps its choices");
        let stride = self.program.values[step.inputs[0]].stride;
        let to = self.gradient(step.inputs[0]);
        let (inside, outside) = (window.input_pixels(), window.output_pixels());
        let window = *window;
        self.pool.run(self.count, |image, _| {
            let at = image * outside * stride;
            // SAFETY: each task writes its own image; nobody writes gradient and choices.
            let (part, from, choice) = unsafe {
                (
                    to.part(image * inside * stride, inside * stride).write(),
                    g.part(at, outside * stride).read(),
                    choice.part(at, outside * stride).read(),
                )
            };
            s.vectorize(
                #[inline(always)]
                || {
                    if !adds {
                        window::fill(s, part, inside * stride);
                    }
                    let pixels = from.chunks_exact(stride).zip(choice.chunks_exact(stride));
                    for (pixel, (from, choice)) in pixels.enumerate() {
                        scatter_choice(s, &window, pixel, from, choice, part);
                    }
                },
            );
        });
    }
}

/// Adds the gradient of one output pixel to the pixels that were chosen.
#[inline(always)]
fn scatter_choice<S: Simd>(
    s: S,
    window: &Window,
    pixel: usize,
    from: &[f32],
    choice: &[f32],
    image: &mut [f32],
) {
    let stride = from.len();
    let [top, left] = window.corner(window.place(Order::Raster, pixel));
    let columns = window.columns_inside(left);
    for row in 0..window.kernel[0] {
        let line = top + row as isize;
        if line < 0 || line >= window.input[0] as isize {
            continue;
        }
        for column in columns.clone() {
            let pixel = line as usize * window.input[1] + (left + column as isize) as usize;
            let number = s.splat((row * window.kernel[1] + column) as f32);
            let to = &mut image[pixel * stride..][..stride];
            for c in (0..stride).step_by(S::LANES) {
                let part = s.select_eq(s.read(choice, c), number, s.read(from, c), s.splat(0.0));
                let sum = s.add(s.read(to, c), part);
                s.write(to, c, sum);
            }
        }
    }
}
