//! One row of results from the rows under the kernel.

use hilum_graph::Activation;

use crate::kernel::term::{Single, Term};
use crate::simd::Simd;

/// What happens to a finished sum.
#[derive(Clone, Copy)]
pub(crate) struct Finish<'a> {
    /// The sum starts here.
    pub(crate) bias: Option<&'a [f32]>,
    /// The result is limited to `low..=high`.
    pub(crate) low: f32,
    /// See `low`.
    pub(crate) high: f32,
    /// Applied last.
    pub(crate) activation: Option<Activation>,
    /// Whether the result is added to what is there.
    pub(crate) accumulate: bool,
}

impl Finish<'_> {
    /// Whether the bias, if there is one, has `c` values.
    fn fits(&self, c: usize) -> bool {
        self.bias.is_none_or(|bias| bias.len() >= c)
    }

    /// What a sum begins with.
    ///
    /// # Safety
    /// The bias, if there is one, has a register at `channel`.
    #[inline(always)]
    unsafe fn start<S: Simd>(&self, s: S, channel: usize) -> S::V {
        match self.bias {
            // SAFETY: the caller's promise.
            Some(bias) => unsafe { s.read_unchecked(bias, channel) },
            None => s.splat(0.0),
        }
    }

    /// Stores a sum as `term` keeps it.
    ///
    /// # Safety
    /// `to` is valid for what a register takes so.
    #[inline(always)]
    unsafe fn end<S: Simd, T: Term<S>>(&self, s: S, term: T, sum: S::V, to: *mut f32) {
        let sum = if self.accumulate {
            // SAFETY: the caller's promise.
            s.add(sum, unsafe { term.take(to) })
        } else {
            sum
        };
        let limited = s.min(s.splat(self.high), s.max(s.splat(self.low), sum));
        let result = match self.activation {
            Some(activation) => term.activate(activation, limited),
            None => limited,
        };
        // SAFETY: the caller's promise.
        unsafe { term.keep(result, to) };
    }
}

/// Results of a row that the fast kernels compute together.
pub(super) const GROUP: usize = 4;

/// The rows under a kernel of `K` rows.
pub(super) struct Sources<'a, const K: usize> {
    /// With their padding.
    pub(super) padded: [&'a [f32]; K],
    /// The image's own, without any, for the results in `inner`: whole groups.
    pub(super) image: [&'a [f32]; K],
    pub(super) inner: std::ops::Range<usize>,
    /// Values of the padding on the left, which `image` lacks.
    pub(super) padding: usize,
}

/// One row of results of a `K x K` kernel, four pixels at a time from `SPAN` pixels of input.
///
/// # Panics
/// If a row of the input, the weights or `out` are too short.
#[inline(always)]
pub(super) fn square<S: Simd, T: Term<S>, const K: usize, const STEP: usize, const SPAN: usize>(
    s: S,
    term: T,
    sources: &Sources<'_, K>,
    c: usize,
    width: usize,
    weights: &[f32],
    finish: Finish<'_>,
    out: &mut [f32],
) {
    check::<S, T, K, STEP>(sources, c, width, weights, &finish, out);
    // Places of a pixel.
    let (pixel_in, pixel_out) = (c / T::VALUES, c / T::KEPT);
    let mut x = 0;
    while x + GROUP <= width {
        let (rows, missing) = if sources.inner.contains(&x) {
            (&sources.image, sources.padding)
        } else {
            (&sources.padded, 0)
        };
        let mut channel = 0;
        while channel < c {
            // SAFETY: the bias has `c` values.
            let mut sums = [unsafe { finish.start(s, channel) }; GROUP];
            for (ky, row) in rows.iter().enumerate() {
                let at = x * STEP * pixel_in - missing + channel / T::VALUES;
                let from = row.as_ptr().wrapping_add(at);
                let mut pixels = [s.splat(0.0); SPAN];
                for (i, pixel) in pixels.iter_mut().enumerate() {
                    // SAFETY: the group ends at pixel `SPAN - 1`, which the row has as checked.
                    *pixel = unsafe { term.take(from.add(i * pixel_in)) };
                }
                for kx in 0..K {
                    // SAFETY: there are `K * K` weights of `c` values.
                    let weight = unsafe { s.read_unchecked(weights, (ky * K + kx) * c + channel) };
                    for (i, sum) in sums.iter_mut().enumerate() {
                        *sum = s.fma(pixels[i * STEP + kx], weight, *sum);
                    }
                }
            }
            for (i, sum) in sums.iter().enumerate() {
                let at = (x + i) * pixel_out + channel / T::KEPT;
                let to = out.as_mut_ptr().wrapping_add(at);
                s.prefetch_write(to.wrapping_add(GROUP * pixel_out));
                // SAFETY: result `x + i` is below `width`.
                unsafe { finish.end(s, term, *sum, to) };
            }
            channel += S::LANES;
        }
        x += GROUP;
    }
    while x < width {
        let mut channel = 0;
        while channel < c {
            // SAFETY: the bias has `c` values.
            let mut sum = unsafe { finish.start(s, channel) };
            for (ky, row) in sources.padded.iter().enumerate() {
                for kx in 0..K {
                    // SAFETY: the padded row reaches this tap, and it has `c` weights.
                    let (pixel, weight) = unsafe {
                        let at = (x * STEP + kx) * pixel_in + channel / T::VALUES;
                        (
                            term.take(row.as_ptr().add(at)),
                            s.read_unchecked(weights, (ky * K + kx) * c + channel),
                        )
                    };
                    sum = s.fma(pixel, weight, sum);
                }
            }
            // SAFETY: `x` is below `width`.
            unsafe {
                let to = out.as_mut_ptr().add(x * pixel_out + channel / T::KEPT);
                finish.end(s, term, sum, to);
            }
            channel += S::LANES;
        }
        x += 1;
    }
}

/// The extents that [`square`] relies on.
#[inline(always)]
fn check<S: Simd, T: Term<S>, const K: usize, const STEP: usize>(
    sources: &Sources<'_, K>,
    c: usize,
    width: usize,
    weights: &[f32],
    finish: &Finish<'_>,
    out: &[f32],
) {
    assert!(
        c.is_multiple_of(S::LANES) && finish.fits(c),
        "a line of whole registers"
    );
    assert!(
        width * c / T::KEPT <= out.len() && K * K * c <= weights.len(),
        "a row and all weights"
    );
    let c = c / T::VALUES;
    let reach = (width.max(1) - 1) * STEP + K;
    assert!(
        sources.padded.iter().all(|row| reach * c <= row.len()),
        "padded rows"
    );
    let inner = &sources.inner;
    let reach = (inner.end.max(1) - 1) * STEP + K;
    assert!(
        inner.is_empty()
            || inner.start * STEP * c >= sources.padding
                && sources
                    .image
                    .iter()
                    .all(|row| reach * c - sources.padding <= row.len()),
        "rows of the image"
    );
}

/// What one tap reads: from its first value on, and its weights.
pub(super) type Tap<'a> = (&'a [f32], &'a [f32]);

/// Where the results of [`any`] lie, and how far their inputs are apart.
#[derive(Clone, Copy)]
pub(super) struct Steps {
    /// Results.
    pub(super) count: usize,
    /// Channels.
    pub(super) c: usize,
    /// Values from one result's input to the next one's.
    pub(super) input: usize,
    /// Values from result to result.
    pub(super) output: usize,
}

/// Results from any set of taps.
#[inline(always)]
pub(super) fn any<'a, S: Simd>(
    s: S,
    tap_count: usize,
    tap: impl Fn(usize) -> Option<Tap<'a>>,
    steps: Steps,
    finish: Finish<'_>,
    out: &mut [f32],
) {
    const MOST: usize = 64;
    let mut next = 0;
    loop {
        let first = next == 0;
        let mut list: [Tap<'a>; MOST] = [(&[], &[]); MOST];
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
            bias: finish.bias.filter(|_| first),
            low: if last { finish.low } else { f32::NEG_INFINITY },
            high: if last { finish.high } else { f32::INFINITY },
            activation: finish.activation.filter(|_| last),
            accumulate: finish.accumulate || !first,
        };
        listed(s, &list[..len], steps, finish, out);
        if last {
            break;
        }
    }
}

/// # Panics
/// If a tap's input, its weights or `out` are too short.
#[inline(always)]
fn listed<S: Simd>(s: S, taps: &[Tap<'_>], steps: Steps, finish: Finish<'_>, out: &mut [f32]) {
    let Steps {
        count,
        c,
        input,
        output,
    } = steps;
    if count == 0 {
        return;
    }
    assert!(
        c.is_multiple_of(S::LANES) && finish.fits(c),
        "a line of whole registers"
    );
    assert!((count - 1) * output + c <= out.len(), "all results");
    let reach = (count - 1) * input + c;
    let fits = |(from, weights): &Tap<'_>| reach <= from.len() && c <= weights.len();
    assert!(taps.iter().all(fits), "all inputs and weights");
    let mut x = 0;
    while x < count {
        if count - x >= GROUP {
            // SAFETY: results `x..x + GROUP` are below `count`, and taps reach that far.
            unsafe { listed_group::<S, GROUP>(s, taps, steps, &finish, x, out) };
            x += GROUP;
        } else {
            // SAFETY: as above, for one result.
            unsafe { listed_group::<S, 1>(s, taps, steps, &finish, x, out) };
            x += 1;
        }
    }
}

/// Results `x..x + N` of [`listed`].
///
/// # Safety
/// They are below `steps.count`; `out`, the taps' inputs and the weights reach as far as
/// `listed` checks.
#[inline(always)]
unsafe fn listed_group<S: Simd, const N: usize>(
    s: S,
    taps: &[Tap<'_>],
    steps: Steps,
    finish: &Finish<'_>,
    x: usize,
    out: &mut [f32],
) {
    let mut channel = 0;
    while channel < steps.c {
        // SAFETY: the bias has `c` values.
        let mut sums = [unsafe { finish.start(s, channel) }; N];
        for (from, weights) in taps {
            let from = from.as_ptr().wrapping_add(x * steps.input + channel);
            // SAFETY: a tap's weights are `c` values.
            let weight = unsafe { s.read_unchecked(weights, channel) };
            for (i, sum) in sums.iter_mut().enumerate() {
                // SAFETY: `x + i < count`.
                *sum = s.fma(unsafe { s.load(from.add(i * steps.input)) }, weight, *sum);
            }
        }
        for (i, sum) in sums.iter().enumerate() {
            let to = out
                .as_mut_ptr()
                .wrapping_add((x + i) * steps.output + channel);
            if N == GROUP {
                s.prefetch_write(to.wrapping_add(GROUP * steps.output));
            }
            // SAFETY: `x + i < count`.
            unsafe { finish.end(s, Single(s), *sum, to) };
        }
        channel += S::LANES;
    }
}
