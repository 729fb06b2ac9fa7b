//! Convolutions forward, by all algorithms.

mod depthwise;
mod product;
mod winograd;

use hilum_graph::Activation;

use super::algorithm::Algorithm;
use super::context::{Context, Scratch};
use super::normalise::Tally;
use super::plan::{self, Factors};
use crate::kernel::activation;
use crate::kernel::term::Stored;
use crate::kernel::view::View;
use crate::kernel::window::{Order, Window};
use crate::kernel::winograd::{Four, Two};
use crate::memory::Shared;
use crate::program::{Convolution, Mode, Step, Work};
use crate::simd::{Pairs, Simd};

/// What all tasks of a convolution know.
#[derive(Clone, Copy)]
struct ConvolutionForward<'a> {
    view: View<'a>,
    gate: Option<View<'a>>,
    to: Shared<'a>,
    residual: Option<Stored<'a>>,
    choice: Option<Shared<'a>>,
    weights: &'a [f32],
    /// Not empty for a stem.
    distances: &'a [usize],
    bias: &'a [f32],
    low: f32,
    high: f32,
    after: Option<Activation>,
    window: Window,
    order: Order,
    factors: Factors,
    /// Whether the result is stored as words.
    keeps_words: bool,
    /// Values of a row that are multiplied with weights.
    depth: usize,
    /// Channels of input and result, padding included.
    c: usize,
    k: usize,
    scratch: Scratch<'a>,
}

/// What handles words, where there are any.
#[inline(always)]
pub(super) fn pairs_if<S: Simd>(has_words: bool) -> Option<S::Pairs> {
    has_words.then(|| S::Pairs::detect().expect("words only where they can be multiplied"))
}

impl<'c> Context<'c> {
    pub(super) fn convolve<S: Simd>(
        &mut self,
        s: S,
        index: usize,
        step: &Step,
        how: &Convolution,
        weights: &[f32],
    ) -> Option<Tally> {
        let weights = self.weights(s, index, weights, false);
        let job = self.convolution(index, step, how, weights);
        match self.plan.algorithms[index] {
            Algorithm::Pointwise | Algorithm::Patches => {
                let weights = job.window.taps() * job.c * job.k;
                if self.mode == Mode::Inference && self.plan.gathers_first(how, weights) {
                    self.few_rows(s, job);
                    return None;
                }
                return self.product(s, step.output, job);
            }
            Algorithm::Depthwise => {
                let before = self.computed_with(index);
                return self.depthwise(s, step.output, before, job);
            }
            Algorithm::Four => self.winograd::<S, Four, 4, 6>(s, index, job),
            Algorithm::Two => self.winograd::<S, Two, 2, 4>(s, index, job),
        }
        None
    }

    /// The convolution before step `index` that is computed along with it.
    fn computed_with(&self, index: usize) -> Option<ConvolutionForward<'c>> {
        let before = self.plan.passes_on(self.program, index)?;
        let step = &self.program.steps[before];
        let Work::Convolution(how) = &step.work else {
            return None;
        };
        let weights = self.forward_weights[before]
            .as_ref()
            .expect("packed weights");
        Some(self.convolution(before, step, how, weights))
    }

    fn convolution(
        &self,
        index: usize,
        step: &Step,
        how: &Convolution,
        weights: &'c [f32],
    ) -> ConvolutionForward<'c> {
        let (low, high, after) = activation::limits(how.activation);
        ConvolutionForward {
            view: self.view(step.inputs[0]),
            gate: how.gate.map(|gate| self.view(gate)),
            to: self.stored(step.output),
            residual: how.residual.map(|id| Stored {
                places: self.read(id),
                words: self.plan.has_words(id),
            }),
            choice: self.note(index),
            weights,
            distances: if how.residual.is_none() {
                &self.plan.distances[index]
            } else {
                &[]
            },
            bias: self.biases[index].as_ref().expect("a bias"),
            low,
            high,
            after,
            window: how.window,
            order: plan::order(how),
            factors: self.plan.factors[index],
            depth: self
                .plan
                .weights(self.program, index)
                .map_or(0, |shape| shape.rows),
            keeps_words: self.plan.has_words(step.output),
            c: self.program.values[step.inputs[0]].stride,
            k: self.program.values[step.output].stride,
            scratch: self.scratch,
        }
    }
}
