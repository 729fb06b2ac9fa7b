//! Depthwise convolution: every channel has a kernel of its own.
//!
//! Channels lie in the lanes. An image passes by row by row: a ring holds as many rows as the
//! kernel is high, with the zeros of the padding at both ends. Where stored values are the values
//! and no padding is in reach, the image itself is read.

mod gradient;

use super::view::View;
use super::window::{self, Window};
use crate::simd::Simd;

pub(crate) use gradient::{WeightGradient, flip, gradient_ring, input_gradient};

/// Rows of an image with room for the padding, of which the last few are kept.
pub(crate) struct Ring {
    /// `slots` rows and one of zeros.
    start: *mut f32,
    slots: usize,
    /// Pixels of a row, padding included.
    width: usize,
    stride: usize,
    padding: usize,
}

impl Ring {
    /// Values that a ring needs.
    pub(crate) fn len(slots: usize, width: usize, stride: usize) -> usize {
        (slots + 1) * width * stride
    }

    /// A ring in `memory`: `slots` rows of `width` pixels, of which `image` after `padding` are
    /// written; the others are zero.
    ///
    /// # Safety
    /// Inside of `S::vectorize`; `memory` has room for [`len`](Self::len) values.
    #[inline(always)]
    pub(crate) unsafe fn new<S: Simd>(
        s: S,
        memory: *mut f32,
        slots: usize,
        width: usize,
        stride: usize,
        padding: usize,
        image: usize,
    ) -> Self {
        let ring = Self {
            start: memory,
            slots,
            width,
            stride,
            padding,
        };
        for slot in 0..slots {
            window::fill(s, memory.add(slot * width * stride), padding * stride);
            let end = padding + image;
            let rest = memory.add((slot * width + end) * stride);
            window::fill(s, rest, (width - end) * stride);
        }
        window::fill(s, memory.add(slots * width * stride), width * stride);
        ring
    }

    /// Where the first pixel of row `number` is written.
    #[inline(always)]
    pub(crate) unsafe fn slot(&self, number: usize) -> *mut f32 {
        let row = number % self.slots * self.width + self.padding;
        self.start.add(row * self.stride)
    }

    /// Row `number` with its left padding; zeros if it lies outside of `0..height`.
    #[inline(always)]
    unsafe fn row(&self, number: isize, height: usize) -> *const f32 {
        let row = if number < 0 || number >= height as isize {
            self.slots
        } else {
            number as usize % self.slots
        };
        self.start.add(row * self.width * self.stride)
    }
}

/// Pixels of a padded row, so that the last kernel fits.
pub(crate) fn padded_width(window: &Window) -> usize {
    let reach = (window.output[1] - 1) * window.stride[1] + window.kernel[1];
    reach.max(window.padding[1] + window.input[1])
}

/// What happens to a finished sum.
#[derive(Clone, Copy)]
pub(crate) struct Finish {
    /// The sum starts here, if not null.
    pub(crate) bias: *const f32,
    /// The result is limited to `low..=high`.
    pub(crate) low: f32,
    /// See `low`.
    pub(crate) high: f32,
    /// Whether the result is added to what is there.
    pub(crate) accumulate: bool,
}

/// Output rows `rows` of one image.
///
/// # Safety
/// Inside of `S::vectorize`; `view` holds the image at `first_pixel`, `weights` one value per tap
/// and channel, `ring` was made for this window, `to` has room for the image's result.
#[inline(always)]
pub(crate) unsafe fn forward<S: Simd>(
    s: S,
    window: &Window,
    view: &View,
    first_pixel: usize,
    rows: std::ops::Range<usize>,
    weights: *const f32,
    ring: &Ring,
    finish: Finish,
    to: *mut f32,
) {
    let c = view.stride;
    let [height, width] = window.input;
    let top = |row: usize| (row * window.stride[0]) as isize - window.padding[0] as isize;
    let inner = if view.is_plain() {
        inner_results(window)
    } else {
        0..0
    };
    let [left, right] = edges(window, &inner);
    let mut read = top(rows.start).max(0) as usize;
    for row in rows {
        let end = (top(row) + window.kernel[0] as isize).clamp(0, height as isize);
        while read < end as usize {
            let pixel = first_pixel + read * width;
            view.read(s, pixel, left, ring.slot(read));
            if right < width {
                let to = ring.slot(read).add(right * c);
                view.read(s, pixel + right, width - right, to);
            }
            read += 1;
        }
        let out = to.add(row * window.output[1] * c);
        let padded = |tap: usize| ring.row(top(row) + tap as isize, height);
        let image = |tap: usize| {
            let row = top(row) + tap as isize;
            if row < 0 || row >= height as isize {
                return ring.row(row, height);
            }
            let pixel = first_pixel + row as usize * width;
            view.start
                .add(pixel * c)
                .wrapping_sub(window.padding[1] * c)
        };
        one_row(s, window, padded, image, &inner, c, weights, finish, out);
    }
}

/// Results of a row that the fast kernels compute together.
const TOGETHER: usize = 4;

/// Which results of a row need no padding, in whole groups; none where no fast kernel serves.
fn inner_results(window: &Window) -> std::ops::Range<usize> {
    let (kernel, step, padding) = (window.kernel[1], window.stride[1], window.padding[1]);
    let span = (TOGETHER - 1) * step + kernel;
    let is_fast = matches!(window.kernel, [3, 3] | [5, 5]) && matches!(step, 1 | 2);
    let (width, count) = (window.input[1] + padding, window.output[1]);
    if !is_fast || width < span {
        return 0..0;
    }
    let start = padding.div_ceil(step).next_multiple_of(TOGETHER);
    let groups = ((width - span) / step / TOGETHER + 1).min(count / TOGETHER);
    let end = groups * TOGETHER;
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

/// One row of results from the ring's rows, in `inner` from the image's own.
#[inline(always)]
unsafe fn one_row<S: Simd>(
    s: S,
    window: &Window,
    source: impl Fn(usize) -> *const f32,
    image: impl Fn(usize) -> *const f32,
    inner: &std::ops::Range<usize>,
    c: usize,
    weights: *const f32,
    finish: Finish,
    out: *mut f32,
) {
    let width = window.output[1];
    match (window.kernel, window.stride[1]) {
        ([3, 3], 1) => {
            square::<S, 3, 1, 6>(s, source, image, inner, c, width, weights, finish, out)
        }
        ([3, 3], 2) => {
            square::<S, 3, 2, 9>(s, source, image, inner, c, width, weights, finish, out)
        }
        ([5, 5], 1) => {
            square::<S, 5, 1, 8>(s, source, image, inner, c, width, weights, finish, out)
        }
        ([5, 5], 2) => {
            square::<S, 5, 2, 11>(s, source, image, inner, c, width, weights, finish, out)
        }
        _ => {
            let tap = |index: usize| {
                let (row, column) = (index / window.kernel[1], index % window.kernel[1]);
                Some((source(row).add(column * c), weights.add(index * c)))
            };
            let step = window.stride[1] * c;
            any(s, window.taps(), tap, step, c, width, c, finish, out);
        }
    }
}

/// One row of results of a `K x K` kernel, four pixels at a time from `SPAN` pixels of input.
#[inline(always)]
unsafe fn square<S: Simd, const K: usize, const STEP: usize, const SPAN: usize>(
    s: S,
    source: impl Fn(usize) -> *const f32,
    image: impl Fn(usize) -> *const f32,
    inner: &std::ops::Range<usize>,
    c: usize,
    width: usize,
    weights: *const f32,
    finish: Finish,
    out: *mut f32,
) {
    let padded: [*const f32; K] = std::array::from_fn(source);
    let image: [*const f32; K] = std::array::from_fn(image);
    let mut x = 0;
    while x + TOGETHER <= width {
        let rows = if inner.contains(&x) { &image } else { &padded };
        let mut channel = 0;
        while channel < c {
            let mut sums = [start(s, &finish, channel); TOGETHER];
            for (ky, row) in rows.iter().enumerate() {
                let from = row.add(x * STEP * c + channel);
                let mut pixels = [s.splat(0.0); SPAN];
                for (i, pixel) in pixels.iter_mut().enumerate() {
                    *pixel = s.load(from.add(i * c));
                }
                for kx in 0..K {
                    let weight = s.load(weights.add((ky * K + kx) * c + channel));
                    for (i, sum) in sums.iter_mut().enumerate() {
                        *sum = s.fma(pixels[i * STEP + kx], weight, *sum);
                    }
                }
            }
            for (i, sum) in sums.iter().enumerate() {
                let to = out.add((x + i) * c + channel);
                s.prefetch_write(to.wrapping_add(TOGETHER * c));
                end(s, &finish, *sum, to);
            }
            channel += S::LANES;
        }
        x += TOGETHER;
    }
    let rows = &padded;
    while x < width {
        let mut channel = 0;
        while channel < c {
            let mut sum = start(s, &finish, channel);
            for (ky, row) in rows.iter().enumerate() {
                for kx in 0..K {
                    let pixel = s.load(row.add((x * STEP + kx) * c + channel));
                    let weight = s.load(weights.add((ky * K + kx) * c + channel));
                    sum = s.fma(pixel, weight, sum);
                }
            }
            end(s, &finish, sum, out.add(x * c + channel));
            channel += S::LANES;
        }
        x += 1;
    }
}

/// `count` results at a distance of `out_step` from any set of taps, whose inputs move on by
/// `step` values from result to result.
#[inline(always)]
unsafe fn any<S: Simd>(
    s: S,
    tap_count: usize,
    tap: impl Fn(usize) -> Option<(*const f32, *const f32)>,
    step: usize,
    c: usize,
    count: usize,
    out_step: usize,
    finish: Finish,
    out: *mut f32,
) {
    const MOST: usize = 64;
    let mut next = 0;
    loop {
        let first = next == 0;
        let mut list = [(std::ptr::null::<f32>(), std::ptr::null::<f32>()); MOST];
        let mut len = 0;
        while len < MOST && next < tap_count {
            if let Some(found) = tap(next) {
                list[len] = found;
                len += 1;
            }
            next += 1;
        }
        let last = next == tap_count;
        let finish = Finish {
            bias: if first { finish.bias } else { std::ptr::null() },
            low: if last { finish.low } else { f32::NEG_INFINITY },
            high: if last { finish.high } else { f32::INFINITY },
            accumulate: finish.accumulate || !first,
        };
        listed(s, &list[..len], step, c, count, out_step, finish, out);
        if last {
            break;
        }
    }
}

#[inline(always)]
unsafe fn listed<S: Simd>(
    s: S,
    taps: &[(*const f32, *const f32)],
    step: usize,
    c: usize,
    count: usize,
    out_step: usize,
    finish: Finish,
    out: *mut f32,
) {
    let mut x = 0;
    while x < count {
        let block = (count - x).min(4);
        let mut channel = 0;
        while channel < c {
            if block == 4 {
                let mut sums = [start(s, &finish, channel); 4];
                for (from, weight) in taps {
                    let weight = s.load(weight.add(channel));
                    for (i, sum) in sums.iter_mut().enumerate() {
                        *sum = s.fma(s.load(from.add((x + i) * step + channel)), weight, *sum);
                    }
                }
                for (i, sum) in sums.iter().enumerate() {
                    let to = out.add((x + i) * out_step + channel);
                    s.prefetch_write(to.wrapping_add(4 * out_step));
                    end(s, &finish, *sum, to);
                }
            } else {
                for i in x..x + block {
                    let mut sum = start(s, &finish, channel);
                    for (from, weight) in taps {
                        let pixel = s.load(from.add(i * step + channel));
                        sum = s.fma(pixel, s.load(weight.add(channel)), sum);
                    }
                    end(s, &finish, sum, out.add(i * out_step + channel));
                }
            }
            channel += S::LANES;
        }
        x += block;
    }
}

#[inline(always)]
unsafe fn start<S: Simd>(s: S, finish: &Finish, channel: usize) -> S::V {
    if finish.bias.is_null() {
        s.splat(0.0)
    } else {
        s.load(finish.bias.add(channel))
    }
}

#[inline(always)]
unsafe fn end<S: Simd>(s: S, finish: &Finish, sum: S::V, to: *mut f32) {
    let sum = if finish.accumulate {
        s.add(sum, s.load(to))
    } else {
        sum
    };
    let limited = s.min(s.splat(finish.high), s.max(s.splat(finish.low), sum));
    s.store(to, limited);
}
