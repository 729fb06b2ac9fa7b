//! Values under a window, and their way back.

use super::{
    assert_close, each_tap, few, on_every_instruction_set, pixels, shown, values, views, window,
};
use crate::kernel::view::Affine;
use crate::kernel::window::{Order, Place, Window};
use crate::memory::{REGISTER, Scattered};
use crate::simd::Simd;

const IMAGES: usize = 2;

fn windows() -> Vec<Window> {
    let all = [
        window([5, 7], [3, 3], [1, 1], [1, 1]),
        window([6, 5], [2, 3], [2, 1], [0, 2]),
        window([1, 1], [3, 3], [1, 1], [1, 1]),
        window([9, 4], [1, 1], [2, 2], [0, 0]),
        window([7, 7], [5, 3], [3, 2], [2, 1]),
    ];
    few(&all).to_vec()
}

/// Output pixels of the batch in the order in which they are computed.
fn computed(window: &Window, order: Order) -> Vec<usize> {
    let index = |place: Place| {
        (place.image * window.output[0] + place.row) * window.output[1] + place.column
    };
    let count = IMAGES * window.computed_pixels(order);
    (0..count)
        .map(|at| index(window.place(order, at)))
        .collect()
}

/// The values under every output pixel of the batch, `taps * c` of them.
fn under(window: &Window, image: &[f64], c: usize) -> Vec<f64> {
    let (inside, outside) = (window.input_pixels(), window.output_pixels());
    let row = window.taps() * c;
    let mut all = vec![0.0; IMAGES * outside * row];
    for number in 0..IMAGES {
        each_tap(window, |output, tap, input| {
            let to = (number * outside + output) * row + tap * c;
            let from = (number * inside + input) * c;
            all[to..to + c].copy_from_slice(&image[from..from + c]);
        });
    }
    all
}

#[test]
fn gathered_rows_are_the_values_under_the_window() {
    fn check<S: Simd>(s: S) {
        for window in windows() {
            for c in [S::LANES, 3 * S::LANES] {
                let stored = pixels(IMAGES * window.input_pixels() * c, 1);
                let (scale, shift) = (values(c, 2), values(c, 3));
                let affine = Affine {
                    scale: &scale,
                    shift: &shift,
                };
                for view in views(&stored, c, affine) {
                    let image = shown(&view, IMAGES * window.input_pixels());
                    gather(s, &window, &view, &image);
                }
            }
            // Few channels, which end in the middle of a register.
            for c in [1, 3] {
                let stored = pixels(IMAGES * window.input_pixels() * c, 1);
                let view = views(&stored, c, Affine::NONE)[0];
                let image = shown(&view, IMAGES * window.input_pixels());
                gather(s, &window, &view, &image);
            }
        }
    }
    on_every_instruction_set!(check);
}

fn gather<S: Simd>(s: S, window: &Window, view: &crate::kernel::view::View<'_>, image: &[f64]) {
    let row = window.taps() * view.stride;
    let all = under(window, image, view.stride);
    for order in [Order::Raster, Order::Pooled] {
        let order_of_pixels = computed(window, order);
        let count = order_of_pixels.len();
        for first in [0, count / 3] {
            let count = count - first;
            if count == 0 {
                continue;
            }
            let mut rows = vec![0.0; count * row + REGISTER];
            window.gather(s, view, order, first, count, &mut rows, row);
            let expected = order_of_pixels[first..]
                .iter()
                .flat_map(|pixel| &all[pixel * row..][..row]);
            let expected: Vec<f64> = expected.copied().collect();
            let what = format!("{window:?}, {order:?} from {first}");
            assert_close(&rows[..count * row], &expected, 1e-5, &what);
        }
    }
}

#[test]
fn scattered_rows_are_added_where_they_came_from() {
    fn check<S: Simd>(s: S) {
        let c = S::LANES;
        for window in windows() {
            let row = window.taps() * c;
            let (inside, outside) = (window.input_pixels(), window.output_pixels());
            for order in [Order::Raster, Order::Pooled] {
                let pixels = computed(&window, order);
                if pixels.is_empty() {
                    continue;
                }
                let rows = values(pixels.len() * row, 1);
                let mut image = values(IMAGES * inside * c, 2);
                let mut expected: Vec<f64> = image.iter().map(|x| f64::from(*x)).collect();
                for (number, pixel) in pixels.iter().enumerate() {
                    let first = pixel / outside * inside;
                    each_tap(&window, |output, tap, input| {
                        if output == pixel % outside {
                            for channel in 0..c {
                                let from = rows[number * row + tap * c + channel];
                                expected[(first + input) * c + channel] += f64::from(from);
                            }
                        }
                    });
                }
                let to = Scattered::of(&mut image);
                window.scatter(s, &rows, c, order, 0, pixels.len(), to);
                assert_close(&image, &expected, 1e-5, &format!("{window:?}, {order:?}"));
            }
        }
    }
    on_every_instruction_set!(check);
}
