//! Means and maxima.

use crate::kernel::view::View;
use crate::kernel::window::{Order, Window};
use crate::machine::context::Context;
use crate::program::Step;
use crate::simd::{Pairs, Simd};

impl Context<'_> {
    pub(super) fn average<S: Simd>(&mut self, s: S, step: &Step) {
        let view = self.view(step.inputs[0]);
        let pixels = self.program.values[step.inputs[0]].pixels();
        let stride = self.program.values[step.output].stride;
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
            let lanes = start * S::LANES..end * S::LANES;
            let part = to.part(image * stride + lanes.start, lanes.len());
            // SAFETY: tasks write disjoint channels of an image's mean.
            let part = unsafe { part.write() };
            s.vectorize(
                #[inline(always)]
                || mean_of_pixels(s, &view, image * pixels, pixels, lanes.start, part),
            );
        });
    }

    pub(super) fn max_pool<S: Simd>(&mut self, s: S, index: usize, step: &Step, window: &Window) {
        let view = self.view(step.inputs[0]);
        let choice = self.note(index);
        let stride = view.stride;
        let window = *window;
        self.over_pixels(
            s,
            step.output,
            #[inline(always)]
            |first, to| {
                let choice = choice.map(|choice| choice.part(first * stride, to.len()));
                // SAFETY: blocks are disjoint.
                let mut choice = choice.map(|choice| unsafe { choice.write() });
                for (pixel, to) in to.chunks_exact_mut(stride).enumerate() {
                    let choice = choice.as_mut().map(|choice| &mut choice[pixel * stride..]);
                    largest_under(s, &window, &view, first + pixel, to, choice);
                }
            },
        );
    }
}

/// Registers of a pixel that are summed up together.
const TOGETHER: usize = 4;

/// The mean of `count` pixels, in the channels from `lane` on that `to` has room for.
#[inline(always)]
fn mean_of_pixels<S: Simd>(
    s: S,
    view: &View<'_>,
    first: usize,
    count: usize,
    lane: usize,
    to: &mut [f32],
) {
    let pairs = view
        .words
        .then(|| S::Pairs::detect().expect("words only where they can be read"));
    // Neighbouring channels together: they lie in the same lines.
    for c in (0..to.len()).step_by(TOGETHER * S::LANES) {
        let registers = ((to.len() - c) / S::LANES).min(TOGETHER);
        let mut sums = [[s.splat(0.0); TOGETHER]; 2];
        let [even, odd] = &mut sums;
        for pixel in (first..first + count).step_by(2) {
            add_pixel(s, view, pairs, pixel, lane + c, &mut even[..registers]);
            if pixel + 1 < first + count {
                add_pixel(s, view, pairs, pixel + 1, lane + c, &mut odd[..registers]);
            }
        }
        for (number, (even, odd)) in sums[0].iter().zip(&sums[1]).enumerate().take(registers) {
            let mean = s.mul(s.add(*even, *odd), s.splat(1.0 / count as f32));
            s.write(to, c + number * S::LANES, mean);
        }
    }
}

/// Adds the registers of a pixel from `channel` on.
#[inline(always)]
fn add_pixel<S: Simd>(
    s: S,
    view: &View<'_>,
    pairs: Option<S::Pairs>,
    pixel: usize,
    channel: usize,
    sums: &mut [S::V],
) {
    for (number, sum) in sums.iter_mut().enumerate() {
        let channel = channel + number * S::LANES;
        let x = match pairs {
            Some(pairs) => view.widened::<S>(pairs, pixel, channel),
            None => view.register(s, pixel, channel),
        };
        *sum = s.add(*sum, x);
    }
}

/// The largest value under the window at output pixel `index`; its number under the window goes
/// to `choice`, if that is wanted. The first of equals is chosen.
#[inline(always)]
fn largest_under<S: Simd>(
    s: S,
    window: &Window,
    view: &View<'_>,
    index: usize,
    to: &mut [f32],
    mut choice: Option<&mut [f32]>,
) {
    let place = window.place(Order::Raster, index);
    let [top, left] = window.corner(place);
    let columns = window.columns_inside(left);
    let end = (window.input[0] as isize - top).clamp(0, window.kernel[0] as isize) as usize;
    let rows = (-top).max(0) as usize..end;
    for c in (0..view.stride).step_by(S::LANES) {
        let mut largest = s.splat(f32::NEG_INFINITY);
        let mut chosen = s.splat(0.0);
        for row in rows.clone() {
            let line = place.image * window.input_pixels()
                + (top + row as isize) as usize * window.input[1];
            for column in columns.clone() {
                let pixel = line + (left + column as isize) as usize;
                let x = view.register(s, pixel, c);
                if choice.is_some() {
                    let number = s.splat((row * window.kernel[1] + column) as f32);
                    chosen = s.select_gt(x, largest, number, chosen);
                }
                largest = s.max(x, largest);
            }
        }
        s.write(to, c, largest);
        if let Some(choice) = &mut choice {
            s.write(choice, c, chosen);
        }
    }
}
