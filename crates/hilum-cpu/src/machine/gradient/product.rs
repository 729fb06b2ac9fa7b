//! Gradients of convolutions that are products of matrices.

use super::Job;
use crate::kernel::matrix::{self, Panels, Rows};
use crate::kernel::window::{self, Order};
use crate::kernel::{norm, outer};
use crate::machine::Context;
use crate::machine::plan::{self, Algorithm};
use crate::simd::Simd;

/// Parts in which a weight gradient is summed up, whatever the thread count: as many as keep
/// threads busy without costing more than they bring.
fn part_count(len: usize, units: usize) -> usize {
    ((1 << 20) / len.max(1)).clamp(4, 16).min(units)
}

impl Context<'_> {
    pub(super) fn product_gradient<S: Simd>(
        &mut self,
        s: S,
        algorithm: Algorithm,
        job: &mut Job<'_>,
        gradient: &mut [f32],
    ) {
        let depth = job.window.taps() * job.c;
        let per_image = job.window.computed_pixels(job.order);
        let total = per_image * self.count;
        let len = depth * job.k;
        let rows = plan::block_rows(depth);
        // Windows overlap within an image, so that a part must have whole ones.
        let whole = algorithm == Algorithm::Patches && job.to.is_some();
        let unit = if whole { per_image } else { rows };
        let units = total.div_ceil(unit);
        let parts = part_count(len, units);
        job.sums = self.partial(parts * len).get();
        let job = *job;
        self.pool.run(parts, |part, worker| {
            let first = (part * units / parts) * unit;
            let end = ((part + 1) * units / parts * unit).min(total);
            // SAFETY: the processor has the instruction set; parts are disjoint.
            unsafe {
                s.vectorize(
                    #[inline(always)]
                    || product_part(s, &job, algorithm, first..end, rows, part, worker),
                );
            }
        });
        self.add_up(s, job.sums, parts, len, gradient);
    }
}

/// Both gradients over a range of computed pixels.
#[inline(always)]
unsafe fn product_part<S: Simd>(
    s: S,
    job: &Job<'_>,
    algorithm: Algorithm,
    range: std::ops::Range<usize>,
    rows: usize,
    part: usize,
    worker: usize,
) {
    let depth = job.window.taps() * job.c;
    let k = job.k;
    let (a_row, d_row) = (plan::spread(depth), plan::spread(k));
    let sizes = [
        rows * a_row + 64,
        rows * d_row,
        rows * depth.next_multiple_of(16),
    ];
    let [patches, result, back] = job.scratch.pieces(worker, sizes);
    let sums = Rows {
        start: job.sums.add(part * depth * k),
        stride: k,
    };
    let (across, down) = (
        Panels::new::<S>(k),
        Panels::new::<S>(if job.to.is_some() { depth } else { 0 }),
    );
    if algorithm == Algorithm::Patches
        && let Some(to) = job.to
        && !job.adds
    {
        let per_image = job.window.computed_pixels(job.order);
        let pixels = job.window.input_pixels() * job.c;
        let images = range.start / per_image..range.end / per_image;
        window::fill(
            s,
            to.start().add(images.start * pixels),
            images.len() * pixels,
        );
    }
    let mut first = range.start;
    while first < range.end {
        let count = rows.min(range.end - first);
        let d = result_rows(s, job, first, count, result, d_row);
        let view = &job.seen.view;
        let (start, stride) = if algorithm == Algorithm::Patches {
            job.window
                .gather(s, view, job.order, first, count, patches, a_row);
            (patches.cast_const(), a_row)
        } else if view.is_plain() && !depth.is_multiple_of(256) {
            (view.start.add(first * job.c), depth)
        } else {
            view.read_rows(s, first, count, patches, a_row);
            (patches.cast_const(), a_row)
        };
        let a = Rows { start, stride };
        let replace = first == range.start;
        outer::add_products(
            s,
            count,
            depth,
            a,
            d,
            across,
            0..across.count(),
            sums,
            replace,
        );
        if let Some(to) = job.to {
            if algorithm == Algorithm::Patches {
                let out = Rows {
                    start: back,
                    stride: depth,
                };
                matrix::multiply(
                    s,
                    count,
                    k,
                    d,
                    job.weights,
                    down,
                    0..down.count(),
                    out,
                    matrix::Finish::STORE,
                );
                job.window
                    .scatter(s, back, job.c, job.order, first, count, to.start());
            } else {
                let out = Rows {
                    start: to.start().add(first * depth),
                    stride: depth,
                };
                let finish = matrix::Finish {
                    accumulate: job.adds,
                    ..matrix::Finish::STORE
                };
                matrix::multiply(
                    s,
                    count,
                    k,
                    d,
                    job.weights,
                    down,
                    0..down.count(),
                    out,
                    finish,
                );
                if let Some(bending) = &job.bending {
                    bending.bend(s, out.start, first, count);
                }
            }
        }
        first += count;
    }
}

/// `dL/dz` at computed pixels, as it lies or in rows of `scratch`, `row` apart.
#[inline(always)]
unsafe fn result_rows<S: Simd>(
    s: S,
    job: &Job<'_>,
    first: usize,
    count: usize,
    scratch: *mut f32,
    row: usize,
) -> Rows<*const f32> {
    let k = job.k;
    let spread = Rows {
        start: scratch.cast_const(),
        stride: row,
    };
    if job.order == Order::Pooled {
        for window in 0..count / 4 {
            let at = (first / 4 + window) * k;
            let mut c = 0;
            while c < k {
                let g = s.load(job.g.start().add(at + c));
                let choice = s.load(job.choice.add(at + c));
                for corner in 0..4_u8 {
                    let own = s.select_eq(choice, s.splat(f32::from(corner)), g, s.splat(0.0));
                    s.store(
                        scratch.add((4 * window + usize::from(corner)) * row + c),
                        own,
                    );
                }
                c += S::LANES;
            }
        }
        return spread;
    }
    let g = job.g.start().add(first * k);
    if job.line.a.is_null() {
        return Rows {
            start: g,
            stride: k,
        };
    }
    let z = job.z.start().add(first * k);
    norm::stored_gradient(s, g, z, count, k, job.line, scratch, row);
    spread
}
