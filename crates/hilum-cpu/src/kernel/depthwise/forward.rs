//! Depthwise convolution forward.

use super::ring::Ring;
use super::row::{Finish, GROUP, Sources, Steps, any, square};
use crate::kernel::term::Term;
use crate::kernel::view::View;
use crate::kernel::window::Window;
use crate::simd::Simd;

/// Output rows `rows` of one image, which begins at `first_pixel` of the view; `to` begins with
/// the first of them. The ring's rows are in the form in which the view's are.
///
/// # Panics
/// If the view does not hold the image; and as [`forward_from`].
#[inline(always)]
pub(crate) fn forward<S: Simd, T: Term<S>>(
    s: S,
    term: T,
    window: &Window,
    view: &View<'_>,
    first_pixel: usize,
    rows: std::ops::Range<usize>,
    weights: &[f32],
    ring: &mut Ring<'_>,
    finish: Finish<'_>,
    to: &mut [f32],
) {
    let step = view.stride;
    let [height, width] = window.input;
    let inner = if view.is_plain() {
        inner_results(window)
    } else {
        0..0
    };
    let [left, right] = edges(window, &inner);
    let image = Inner {
        results: inner,
        image: view.pixels(first_pixel, height * width),
    };
    let c = step * T::VALUES;
    forward_from(
        s,
        term,
        window,
        c,
        &image,
        #[inline(always)]
        |row: usize, slot: &mut [f32]| {
            let pixel = first_pixel + row * width;
            view.read(s, pixel, left, slot);
            if right < width {
                view.read(s, pixel + right, width - right, &mut slot[right * step..]);
            }
        },
        rows,
        weights,
        ring,
        finish,
        to,
    );
}

/// Results that need no padding, and the image that they are computed from.
pub(crate) struct Inner<'a> {
    results: std::ops::Range<usize>,
    image: &'a [f32],
}

impl Inner<'_> {
    /// Where all results are computed from the ring's rows.
    pub(crate) const NONE: Self = Self {
        results: 0..0,
        image: &[],
    };
}

/// Output rows `rows` of one image of `c` channels, whose rows `fill(row, to)` writes to the ring, at least what is read of
/// them outside of `inner`; `to` begins with the first of the results.
///
/// # Panics
/// If `weights` are not one value per tap and channel, or `to` does not hold the rows; if values are not read or kept as
/// they are and no [fast kernel](is_fast) serves.
#[inline(always)]
pub(crate) fn forward_from<S: Simd, T: Term<S>>(
    s: S,
    term: T,
    window: &Window,
    c: usize,
    inner: &Inner<'_>,
    mut fill: impl FnMut(usize, &mut [f32]),
    rows: std::ops::Range<usize>,
    weights: &[f32],
    ring: &mut Ring<'_>,
    finish: Finish<'_>,
    to: &mut [f32],
) {
    let height = window.input[0];
    let top = |row: usize| (row * window.stride[0]) as isize - window.padding[0] as isize;
    let mut read = top(rows.start).max(0) as usize;
    for (row, out) in rows.zip(to.chunks_exact_mut(window.output[1] * c / T::KEPT)) {
        let end = (top(row) + window.kernel[0] as isize).clamp(0, height as isize);
        while read < end as usize {
            fill(read, ring.slot(read));
            read += 1;
        }
        one_row(
            s,
            term,
            window,
            ring,
            inner,
            top(row),
            c,
            weights,
            finish,
            out,
        );
    }
}

/// Whether a fast kernel serves.
pub(crate) fn is_fast(window: &Window) -> bool {
    matches!(window.kernel, [3, 3] | [5, 5]) && matches!(window.stride[1], 1 | 2)
}

/// Which results of a row need no padding, in whole groups; none where no fast kernel serves.
fn inner_results(window: &Window) -> std::ops::Range<usize> {
    let (kernel, step, padding) = (window.kernel[1], window.stride[1], window.padding[1]);
    let span = (GROUP - 1) * step + kernel;
    let (width, count) = (window.input[1] + padding, window.output[1]);
    if !is_fast(window) || width < span {
        return 0..0;
    }
    let start = padding.div_ceil(step).next_multiple_of(GROUP);
    let groups = ((width - span) / step / GROUP + 1).min(count / GROUP);
    let end = groups * GROUP;
    if start < end { start..end } else { 0..0 }
}

/// How many pixels at the left of a row, and from which pixel on at the right, are in reach of
/// results outside of `inner`; all at the left if there are no others.
fn edges(window: &Window, inner: &std::ops::Range<usize>) -> [usize; 2] {
    let (kernel, step, padding) = (window.kernel[1], window.stride[1], window.padding[1]);
    let width = window.input[1];
    if inner.is_empty() {
        return [width, width];
    }
    let reach = match inner.start {
        0 => 0,
        start => (start - 1) * step + kernel,
    };
    let left = reach.saturating_sub(padding).min(width);
    let right = (inner.end * step).saturating_sub(padding);
    [left, right.clamp(left, width)]
}

/// One row of results from the ring's rows, those in `inner` from the image's own; the kernel begins at
/// row `top`.
#[inline(always)]
fn one_row<S: Simd, T: Term<S>>(
    s: S,
    term: T,
    window: &Window,
    ring: &Ring<'_>,
    inner: &Inner<'_>,
    top: isize,
    c: usize,
    weights: &[f32],
    finish: Finish<'_>,
    out: &mut [f32],
) {
    let width = window.output[1];
    macro_rules! square {
        ($kernel:literal, $step:literal, $span:literal) => {{
            let step = c / T::VALUES;
            let sources = sources::<$kernel>(window, ring, inner, top, step);
            square::<S, T, $kernel, $step, $span>(
                s, term, &sources, c, width, weights, finish, out,
            );
        }};
    }
    match (window.kernel, window.stride[1]) {
        ([3, 3], 1) => square!(3, 1, 6),
        ([3, 3], 2) => square!(3, 2, 9),
        ([5, 5], 1) => square!(5, 1, 8),
        ([5, 5], 2) => square!(5, 2, 11),
        _ => {
            assert!(T::VALUES * T::KEPT == 1, "values as they are");
            let tap = |index: usize| {
                let (row, column) = (index / window.kernel[1], index % window.kernel[1]);
                let line = ring.row(top + row as isize, window.input[0]);
                Some((&line[column * c..], &weights[index * c..]))
            };
            let steps = Steps {
                count: width,
                c,
                input: window.stride[1] * c,
                output: c,
            };
            any(s, window.taps(), tap, steps, finish, out);
        }
    }
}

/// The rows under a kernel that begins at row `top`.
#[inline(always)]
fn sources<'a, const K: usize>(
    window: &Window,
    ring: &'a Ring<'_>,
    inner: &Inner<'a>,
    top: isize,
    c: usize,
) -> Sources<'a, K> {
    let [height, width] = window.input;
    let padding = window.padding[1] * c;
    let mut sources = Sources {
        padded: [&[][..]; K],
        image: [&[][..]; K],
        inner: inner.results.clone(),
        padding,
    };
    for tap in 0..K {
        let row = top + tap as isize;
        let padded = ring.row(row, height);
        sources.padded[tap] = padded;
        sources.image[tap] = if inner.results.is_empty() || row < 0 || row >= height as isize {
            &padded[padding..]
        } else {
            &inner.image[row as usize * width * c..][..width * c]
        };
    }
    sources
}
