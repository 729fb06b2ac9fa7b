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
        // SAFETY: the caller's promise.
        unsafe { term.keep(self.result(s, term, sum), to) };
    }

    /// Stores the sums of words' first values and of the others; adds to none.
    ///
    /// # Safety
    /// `to` is valid for a register.
    #[inline(always)]
    unsafe fn end_halves<S: Simd, T: Term<S>>(
        &self,
        s: S,
        term: T,
        [first, second]: [S::V; 2],
        to: *mut f32,
    ) {
        let first = self.result(s, term, first);
        let second = self.result(s, term, second);
        // SAFETY: the caller's promise.
        unsafe { term.keep_halves(first, second, to) };
    }

    #[inline(always)]
    fn result<S: Simd, T: Term<S>>(&self, s: S, term: T, sum: S::V) -> S::V {
        let limited = s.min(s.splat(self.high), s.max(s.splat(self.low), sum));
        match self.activation {
            Some(activation) => term.activate(activation, limited),
            None => limited,
        }
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
    let pixel = c / T::VALUES;
    let mut x = 0;
    while x + GROUP <= width {
        let (rows, missing) = if sources.inner.contains(&x) {
            (&sources.image, sources.padding)
        } else {
            (&sources.padded, 0)
        };
        let at = x * STEP * pixel - missing;
        // SAFETY: the rows reach the group's last tap, and `out` its results, as checked.
        unsafe {
            group::<S, T, K, STEP, SPAN, GROUP>(s, term, rows, at, c, weights, &finish, x, out);
        }
        x += GROUP;
    }
    while x < width {
        let at = x * STEP * pixel;
        // SAFETY: as above, for one result.
        unsafe {
            group::<S, T, K, STEP, K, 1>(s, term, &sources.padded, at, c, weights, &finish, x, out);
        }
        x += 1;
    }
}

/// Results `x..x + N` from pixels that begin at place `at` of each row.
///
/// Of words, two registers of channels go together: first values and others are had from the same register by one
/// instruction each, where next to one another they take two. Their weights lie [so](spread) too.
///
/// # Safety
/// The rows have `SPAN` pixels there, and `out` has the results; weights and bias are as [`square`] checks them.
#[inline(always)]
unsafe fn group<
    S: Simd,
    T: Term<S>,
    const K: usize,
    const STEP: usize,
    const SPAN: usize,
    const N: usize,
>(
    s: S,
    term: T,
    rows: &[&[f32]; K],
    at: usize,
    c: usize,
    weights: &[f32],
    finish: &Finish<'_>,
    x: usize,
    out: &mut [f32],
) {
    // Places of a pixel.
    let (pixel_in, pixel_out) = (c / T::VALUES, c / T::KEPT);
    let mut channel = 0;
    while channel < c {
        let from = at + channel / T::VALUES;
        let to = out
            .as_mut_ptr()
            .wrapping_add(x * pixel_out + channel / T::KEPT);
        macro_rules! sums {
            ($take:expr, $channel:expr) => {
                sums::<S, K, STEP, SPAN, N>(
                    s, $take, rows, from, pixel_in, c, weights, finish, $channel,
                )
            };
        }
        // SAFETY: a register of channels, or two, lie at `channel`; the rest is the caller's promise.
        unsafe {
            if T::SPLITS && channel + 2 * S::LANES <= c {
                let first = sums!(
                    #[inline(always)]
                    |from| term.half::<false>(from),
                    channel
                );
                let second = sums!(
                    #[inline(always)]
                    |from| term.half::<true>(from),
                    channel + S::LANES
                );
                for i in 0..N {
                    let to = to.wrapping_add(i * pixel_out);
                    if N == GROUP {
                        s.prefetch_write(to.wrapping_add(GROUP * pixel_out));
                    }
                    finish.end_halves(s, term, [first[i], second[i]], to);
                }
                channel += 2 * S::LANES;
            } else {
                let sums = sums!(
                    #[inline(always)]
                    |from| term.take(from),
                    channel
                );
                for (i, sum) in sums.into_iter().enumerate() {
                    let to = to.wrapping_add(i * pixel_out);
                    if N == GROUP {
                        s.prefetch_write(to.wrapping_add(GROUP * pixel_out));
                    }
                    finish.end(s, term, sum, to);
                }
                channel += S::LANES;
            }
        }
    }
}

/// `N` sums of one register of pixels that `take` reads, with the weights and the bias at `channel`.
///
/// # Safety
/// `take` may read `SPAN` pixels from place `from` of each row on; weights and bias have a register at `channel`.
#[inline(always)]
unsafe fn sums<S: Simd, const K: usize, const STEP: usize, const SPAN: usize, const N: usize>(
    s: S,
    take: impl Fn(*const f32) -> S::V,
    rows: &[&[f32]; K],
    from: usize,
    pixel: usize,
    c: usize,
    weights: &[f32],
    finish: &Finish<'_>,
    channel: usize,
) -> [S::V; N] {
    // SAFETY: the caller's promise.
    let mut sums = [unsafe { finish.start(s, channel) }; N];
    for (ky, row) in rows.iter().enumerate() {
        let from = row.as_ptr().wrapping_add(from);
        let mut pixels = [s.splat(0.0); SPAN];
        for (i, value) in pixels.iter_mut().enumerate() {
            *value = take(from.wrapping_add(i * pixel));
        }
        for kx in 0..K {
            // SAFETY: the caller's promise.
            let weight = unsafe { s.read_unchecked(weights, (ky * K + kx) * c + channel) };
            for (i, sum) in sums.iter_mut().enumerate() {
                *sum = s.fma(pixels[i * STEP + kx], weight, *sum);
            }
        }
    }
    sums
}

/// Lays values per channel as kernels of words take them: of every two registers the even ones first, then the odd.
pub(crate) fn spread<S: Simd>(values: &mut [f32]) {
    for two in values.chunks_exact_mut(2 * S::LANES) {
        let (first, second): (Vec<f32>, Vec<f32>) =
            two.chunks_exact(2).map(|pair| (pair[0], pair[1])).unzip();
        two[..S::LANES].copy_from_slice(&first);
        two[S::LANES..].copy_from_slice(&second);
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
