//! Means and maxima.

use super::one_vector;
use crate::kernel::view::View;
use crate::kernel::window::{self, Window};
use crate::machine::Context;
use crate::program::Step;
use crate::simd::Simd;

impl Context<'_> {
    pub(super) fn average<S: Simd>(&mut self, s: S, step: &Step) {
        let seen = self.view(step.inputs[0]);
        let pixels = self.program.values[step.inputs[0]].pixels();
        let stride = seen.view.stride;
        let vectors = stride / S::LANES;
        let groups = vectors.min(if self.count < self.pool.threads() * 2 {
            4
        } else {
            1
        });
        let to = self.stored(step.output);
        self.pool.run(self.count * groups, |task, _| {
            let (image, group) = (task / groups, task % groups);
            let (start, end) = (group * vectors / groups, (group + 1) * vectors / groups);
            let part = to.part(image * stride, stride);
            let seen = &seen;
            // SAFETY: tasks write disjoint channels of an image's mean.
            unsafe {
                s.vectorize(
                    #[inline(always)]
                    || {
                        let first = image * pixels;
                        let lanes = start * S::LANES..end * S::LANES;
                        mean_of_pixels(s, &seen.view, first, pixels, lanes, part.start());
                    },
                );
            }
        });
    }

    pub(super) fn max_pool<S: Simd>(&mut self, s: S, index: usize, step: &Step, window: &Window) {
        let seen = self.view(step.inputs[0]);
        let choice = self.plan.notes[index].map(|place| {
            let len = self.program.values[step.output].len() * self.count;
            self.arena.part(place, len)
        });
        let stride = seen.view.stride;
        let window = *window;
        self.over_pixels(
            s,
            step.output,
            #[inline(always)]
            |first, count, to| {
                let choice =
                    choice.map(|choice| choice.part(first * stride, count * stride).start());
                let seen = &seen;
                for pixel in 0..count {
                    // SAFETY: blocks are disjoint; the input is only read.
                    unsafe {
                        let at = pixel * stride;
                        let choice = choice.map_or(std::ptr::null_mut(), |choice| choice.add(at));
                        largest_under(s, &window, &seen.view, first + pixel, to.add(at), choice);
                    }
                }
            },
        );
    }
}

#[inline(always)]
unsafe fn mean_of_pixels<S: Simd>(
    s: S,
    view: &View,
    first: usize,
    count: usize,
    lanes: std::ops::Range<usize>,
    to: *mut f32,
) {
    let mut c = lanes.start;
    while c < lanes.end {
        let mut sum = [s.splat(0.0); 2];
        for pixel in 0..count {
            let x = one_vector(s, view, first + pixel, c);
            sum[pixel % 2] = s.add(sum[pixel % 2], x);
        }
        let mean = s.mul(s.add(sum[0], sum[1]), s.splat(1.0 / count as f32));
        s.store(to.add(c), mean);
        c += S::LANES;
    }
}

/// The largest value under the window at output pixel `index`; its number under the window goes
/// to `choice`, if not null. The first of equals is chosen.
#[inline(always)]
unsafe fn largest_under<S: Simd>(
    s: S,
    window: &Window,
    view: &View,
    index: usize,
    to: *mut f32,
    choice: *mut f32,
) {
    let place = window.place(window::Order::Raster, index);
    let top = (place.row * window.stride[0]) as isize - window.padding[0] as isize;
    let left = (place.column * window.stride[1]) as isize - window.padding[1] as isize;
    let columns = window.columns_inside(left);
    let end = (window.input[0] as isize - top).clamp(0, window.kernel[0] as isize) as usize;
    let rows = (-top).max(0) as usize..end;
    let mut c = 0;
    while c < view.stride {
        let mut largest = s.splat(f32::NEG_INFINITY);
        let mut chosen = s.splat(0.0);
        for row in rows.clone() {
            let line = place.image * window.input_pixels()
                + (top + row as isize) as usize * window.input[1];
            for column in columns.clone() {
                let pixel = line + (left + column as isize) as usize;
                let x = one_vector(s, view, pixel, c);
                if !choice.is_null() {
                    let number = s.splat((row * window.kernel[1] + column) as f32);
                    chosen = s.select_gt(x, largest, number, chosen);
                }
                largest = s.max(x, largest);
            }
        }
        s.store(to.add(c), largest);
        if !choice.is_null() {
            s.store(choice.add(c), chosen);
        }
        c += S::LANES;
    }
}
