//! Convolutions backward, by all algorithms.

mod depthwise;
mod product;
mod winograd;

use super::algorithm::Algorithm;
use super::backward::Backward;
use super::context::{Context, Scratch};
use super::normalise::{ActivationBackprop, Blocks, Tally};
use super::plan::{self, Factors};
use crate::kernel::norm::Linear;
use crate::kernel::view::View;
use crate::kernel::window::{Order, Window};
use crate::kernel::winograd::{Four, Two};
use crate::memory::{Buffer, Shared};
use crate::program::{Convolution, Mode, Step};
use crate::simd::Simd;

/// What all tasks of a convolution's gradients know.
#[derive(Clone, Copy)]
struct ConvolutionBackward<'a> {
    view: View<'a>,
    /// The gradient of the result, after its readers' part.
    g: Shared<'a>,
    z: &'a [f32],
    /// From `g` and `z` to `dL/dz`; `g` is it where there is no batch norm.
    linear: Option<Linear<'a>>,
    /// The choices of a pool that follows.
    choice: Option<&'a [f32]>,
    /// The gradient of the input, if it is wanted.
    to: Option<Shared<'a>>,
    /// What takes the input's gradient further back, if this is its last part.
    backprop: Option<ActivationBackprop<'a>>,
    adds: bool,
    /// Whether the weights' gradient is wanted.
    trains: bool,
    /// For the input's gradient.
    weights: &'a [f32],
    /// What its product multiplies; that of the weights' gradient multiplies values.
    factors: Factors,
    window: Window,
    order: Order,
    c: usize,
    k: usize,
    scratch: Scratch<'a>,
}

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
            &[]
        };
        let c = self.program.values[input].stride;
        let mut tally = self.tally_of_last_part(input, index, &how.window, c);
        let job = ConvolutionBackward {
            view: self.view(input),
            g: self.gradient(step.output),
            z: self.read(step.output),
            linear: self.linear(step.output),
            // SAFETY: only forward writes choices.
            choice: self.note(index).map(|note| unsafe { note.read() }),
            to: wanted.then(|| self.gradient(input)),
            adds: wanted && backward.adds_to(input),
            trains: self.mode == Mode::Training,
            backprop: tally
                .as_mut()
                .map(|tally| self.activation_backprop(input, tally)),
            weights,
            factors: self.plan.factors[index],
            window: how.window,
            order: plan::order(how),
            c,
            k: self.program.values[step.output].stride,
            scratch: self.scratch,
        };
        let gradient = if job.trains {
            backward.parameter(how.weight)
        } else {
            &mut []
        };
        match algorithm {
            Algorithm::Pointwise | Algorithm::Patches => {
                self.product_gradient(s, algorithm, job, gradient);
            }
            Algorithm::Depthwise => self.depthwise_gradient(s, job, gradient),
            Algorithm::Four => self.winograd_gradient::<S, Four, 4, 6>(s, index, job, gradient),
            Algorithm::Two => self.winograd_gradient::<S, Two, 2, 4>(s, index, job, gradient),
        }
        if job.trains {
            backward.store.clear_padding(backward.gradients, how.weight);
        }
        if let Some(tally) = tally {
            backward.channel_sums[input] = Some(self.channel_sums(tally));
        }
    }

    /// Room for the sums of the gradient of a convolution's input, where this step gives its last
    /// part and the algorithm has whole blocks of it in the cache.
    fn tally_of_last_part(
        &mut self,
        input: usize,
        index: usize,
        window: &Window,
        c: usize,
    ) -> Option<Tally> {
        let pixels = window.input_pixels();
        let blocks = match self.plan.algorithms[index] {
            Algorithm::Pointwise => Blocks::even(pixels * self.count, plan::block_rows(c)),
            Algorithm::Depthwise => Blocks::by_image(self.count, pixels, window.input[1]),
            _ => return None,
        };
        let is_last = self.needs_gradient(input) && self.gives_last_part(input, index);
        is_last.then(|| self.tally(input, blocks))
    }

    /// Memory for `len` values that tasks leave behind, to be given back.
    fn take_partial(&mut self, len: usize) -> Buffer {
        let partial = std::mem::take(self.partial);
        if partial.len() < len {
            Buffer::zeroed(len)
        } else {
            partial
        }
    }

    /// `to` = the sum of `parts` pieces of `len` values, in their order.
    fn add_up<S: Simd>(&mut self, s: S, from: &[f32], parts: usize, len: usize, to: &mut [f32]) {
        const PIECE: usize = 8192;
        let to = Shared::of(to);
        self.pool.run(len.div_ceil(PIECE), |task, _| {
            let first = task * PIECE;
            let count = PIECE.min(len - first);
            // SAFETY: pieces are disjoint.
            let to = unsafe { to.part(first, count).write() };
            s.vectorize(
                #[inline(always)]
                || {
                    let mut i = 0;
                    while i + S::LANES <= to.len() {
                        let mut sum = s.read(from, first + i);
                        for part in 1..parts {
                            sum = s.add(sum, s.read(from, part * len + first + i));
                        }
                        s.write(to, i, sum);
                        i += S::LANES;
                    }
                },
            );
        });
    }
}
