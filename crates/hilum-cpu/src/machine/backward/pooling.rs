//! Gradients of max-pools.

use crate::kernel::window::{self, Order, Window};
use crate::machine::Context;
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
        let place = self.plan.notes[index].expect("a pool keeps its choices");
        let choice = self.arena.part(place, g.len());
        let stride = self.program.values[step.inputs[0]].stride;
        let to = self.gradient(step.inputs[0]);
        let (inside, outside) = (window.input_pixels(), window.output_pixels());
        let window = *window;
        self.pool.run(self.count, |image, _| {
            let part = to.part(image * inside * stride, inside * stride);
            let at = image * outside * stride;
            let from = g.part(at, outside * stride).start();
            let choice = choice.part(at, outside * stride).start();
            // SAFETY: each task writes its own image.
            unsafe {
                s.vectorize(
                    #[inline(always)]
                    || {
                        if !adds {
                            window::fill(s, part.start(), inside * stride);
                        }
                        for pixel in 0..outside {
                            let at = pixel * stride;
                            scatter_choice(
                                s,
                                &window,
                                pixel,
                                stride,
                                from.add(at),
                                choice.add(at),
                                part.start(),
                            );
                        }
                    },
                );
            }
        });
    }
}

/// Adds the gradient of one output pixel to the pixels that were chosen.
#[inline(always)]
unsafe fn scatter_choice<S: Simd>(
    s: S,
    window: &Window,
    pixel: usize,
    stride: usize,
    from: *const f32,
    choice: *const f32,
    image: *mut f32,
) {
    let place = window.place(Order::Raster, pixel);
    let top = (place.row * window.stride[0]) as isize - window.padding[0] as isize;
    let left = (place.column * window.stride[1]) as isize - window.padding[1] as isize;
    let columns = window.columns_inside(left);
    for row in 0..window.kernel[0] {
        let line = top + row as isize;
        if line < 0 || line >= window.input[0] as isize {
            continue;
        }
        for column in columns.clone() {
            let pixel = line as usize * window.input[1] + (left + column as isize) as usize;
            let number = s.splat((row * window.kernel[1] + column) as f32);
            let mut c = 0;
            while c < stride {
                let at = image.add(pixel * stride + c);
                let g = s.load(from.add(c));
                let part = s.select_eq(s.load(choice.add(c)), number, g, s.splat(0.0));
                s.store(at, s.add(s.load(at), part));
                c += S::LANES;
            }
        }
    }
}
