//! Convolutions backward, by all algorithms.

mod depthwise;
mod product;
mod winograd;

use super::backward::Backward;
use super::convolution::along;
use super::normalise::{Bending, Blocks};
use super::plan::{self, Algorithm};
use super::{Along, Context, Scratch, Seen};
use crate::kernel::norm::Linear;
use crate::kernel::window::{Order, Window};
use crate::kernel::winograd::{Four, Two};
use crate::memory::Shared;
use crate::program::{Convolution, Step};
use crate::simd::Simd;

/// What all tasks know.
#[derive(Clone, Copy)]
struct Job<'a> {
    seen: Seen<'a>,
    /// The gradient of the result, after its readers' part.
    g: Shared<'a>,
    z: Shared<'a>,
    line: Linear,
    choice: *const f32,
    /// The gradient of the input, if it is wanted.
    to: Option<Shared<'a>>,
    /// What bends the input's gradient, if this is its last part.
    bending: Option<Bending>,
    adds: bool,
    /// For the input's gradient.
    weights: *const f32,
    window: Window,
    order: Order,
    c: usize,
    k: usize,
    scratch: Scratch<'a>,
    /// Sums that tasks leave behind.
    sums: *mut f32,
}

// SAFETY: tasks read what earlier phases wrote, and write disjoint parts of `to` and `sums`.
unsafe impl Send for Job<'_> {}
// SAFETY: as above.
unsafe impl Sync for Job<'_> {}

impl Context<'_> {
    pub(super) fn convolution_gradient<S: Simd>(
        &mut self,
        s: S,
        index: usize,
        step: &Step,
        how: &Convolution,
        backward: &mut Backward<'_>,
    ) {
        let input = step.inputs[0];
        let wanted = self.needs_gradient(input);
        let algorithm = self.plan.algorithms[index];
        let weights = if wanted {
            let source = backward.store.part(backward.weights, how.weight);
            self.weights(s, index, source, true)
        } else {
            std::ptr::null()
        };
        let mut job = Job {
            seen: self.view(input),
            g: self.gradient(step.output),
            z: self.stored(step.output),
            line: self.line(step.output),
            choice: self.plan.notes[index].map_or(std::ptr::null(), |place| {
                let len = self.program.values[step.output].len() * self.count;
                self.arena.part(place, len).start().cast_const()
            }),
            to: wanted.then(|| self.gradient(input)),
            adds: wanted && backward.adds_to(input),
            bending: None,
            weights,
            window: how.window,
            order: plan::order(how),
            c: self.program.values[input].stride,
            k: self.program.values[step.output].stride,
            scratch: self.scratch(),
            sums: std::ptr::null_mut(),
        };
        if wanted {
            let pixels = how.window.input_pixels();
            let blocks = match algorithm {
                Algorithm::Pointwise => {
                    let rows = plan::block_rows(job.c);
                    Some(Blocks::even(pixels * self.count, rows))
                }
                Algorithm::Depthwise => {
                    Some(Blocks::by_image(self.count, pixels, how.window.input[1]))
                }
                _ => None,
            };
            job.bending = blocks.and_then(|blocks| self.last_part(input, index, blocks));
        }
        match algorithm {
            Algorithm::Pointwise | Algorithm::Patches => {
                self.product_gradient(s, algorithm, &mut job, backward.parameter(how.weight));
            }
            Algorithm::Depthwise => {
                self.depthwise_gradient(s, &mut job, backward.parameter(how.weight));
            }
            Algorithm::Four => self.winograd_gradient::<S, Four, 4, 6>(
                s,
                index,
                &mut job,
                backward.parameter(how.weight),
            ),
            Algorithm::Two => self.winograd_gradient::<S, Two, 2, 4>(
                s,
                index,
                &mut job,
                backward.parameter(how.weight),
            ),
        }
        backward.store.clear_padding(backward.gradients, how.weight);
        if let Some(bending) = &job.bending {
            backward.bent[input] = Some(self.totals(bending));
        }
    }

    /// `to` = the sum of `parts` pieces of `len` values, in their order.
    fn add_up<S: Simd>(
        &mut self,
        s: S,
        from: *const f32,
        parts: usize,
        len: usize,
        to: &mut [f32],
    ) {
        const PIECE: usize = 8192;
        assert!(to.len() >= len, "room for the sum");
        let (from, to) = (Along(from), along(to.as_mut_ptr()));
        self.pool.run(len.div_ceil(PIECE), |task, _| {
            let first = task * PIECE;
            let end = (first + PIECE).min(len);
            let (from, to) = (from.get(), to.get());
            // SAFETY: pieces are disjoint.
            unsafe {
                s.vectorize(
                    #[inline(always)]
                    || {
                        let mut i = first;
                        while i < end {
                            let mut sum = s.load(from.add(i));
                            for part in 1..parts {
                                sum = s.add(sum, s.load(from.add(part * len + i)));
                            }
                            s.store(to.add(i), sum);
                            i += S::LANES;
                        }
                    },
                );
            }
        });
    }
}
