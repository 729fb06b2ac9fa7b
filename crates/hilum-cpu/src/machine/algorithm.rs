//! How each convolution is computed, and whether its factors may be rounded.

use hilum_graph::Op;

use super::plan::{Factors, Plan, Shape, readers};
use crate::kernel::{activation, depthwise, matrix};
use crate::program::{Convolution, Program, Work};

/// How a convolution is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// A matrix product with the image's own rows.
    Pointwise,
    /// A matrix product with the values under the kernel.
    Patches,
    /// Winograd's, tiles of 2x2.
    Two,
    /// Winograd's, tiles of 4x4.
    Four,
    /// Channel by channel.
    Depthwise,
}

impl Algorithm {
    /// Matrices of weights.
    pub(crate) fn positions(self) -> usize {
        match self {
            Self::Four => 36,
            Self::Two => 16,
            _ => 1,
        }
    }

    /// Rows and columns of results per tile.
    pub(crate) fn tile(self) -> usize {
        match self {
            Self::Four => 4,
            Self::Two => 2,
            _ => 1,
        }
    }
}

/// Chooses by what the multiplications and the weights' way from memory cost, per pair of
/// channels: 256 products or 30 bytes take about as long.
pub(super) fn choose(convolution: &Convolution, batch: usize) -> Algorithm {
    let window = &convolution.window;
    if convolution.depthwise {
        return Algorithm::Depthwise;
    }
    let at_rest = window.kernel == [1, 1] && window.stride == [1, 1] && window.padding == [0, 0];
    if at_rest && window.input == window.output && !convolution.pool {
        return Algorithm::Pointwise;
    }
    if !convolution.winograd {
        return Algorithm::Patches;
    }
    let tiles = |size: usize| {
        (window.output[0].div_ceil(size) * window.output[1].div_ceil(size) * batch) as f64
    };
    let cost = |positions: f64, size: usize| {
        let (products, bytes) = (positions * tiles(size) / 256.0, positions * 4.0 / 30.0);
        products.max(bytes) + 0.3 * products.min(bytes)
    };
    // The shorter of the two hides behind the longer, mostly.
    let (four, two, direct) = (cost(36.0, 4), cost(16.0, 2), cost(9.0, 1));
    if four <= two && four <= direct {
        Algorithm::Four
    } else if two <= direct {
        Algorithm::Two
    } else {
        Algorithm::Patches
    }
}

/// Of fewer weights than these, those of the first layers, each one's rounding is felt most, and
/// there is least to gain.
const FEW_WEIGHTS: usize = 1_000;

/// Whether products of pairs are faster: of many pixels, with channels in whole registers. A dense layer waits for its
/// weights, and the last one's rounding would be seen in the logits.
pub(super) fn gains(convolution: &Convolution, algorithm: Algorithm, weights: usize) -> bool {
    let is_product = algorithm != Algorithm::Depthwise;
    let is_dense = convolution.window.output_pixels() == 1;
    is_product && convolution.whole && !convolution.stem && !is_dense && weights >= FEW_WEIGHTS
}

/// The values that lie in memory rounded, because all that read them would round them, or lose little by it: that halves
/// the way to memory.
pub(super) fn rounded_values(
    program: &Program,
    algorithms: &[Algorithm],
    factors: &[Factors],
) -> Vec<bool> {
    let mut rounded = vec![false; program.values.len()];
    for (index, step) in program.steps.iter().enumerate() {
        // Steps of a sum, of values or of words.
        let steps = |convolution: &Convolution| {
            let depth = convolution.window.taps() * program.values[step.inputs[0]].stride;
            match factors[index] {
                Factors::Exact => depth,
                Factors::Words | Factors::Rounded => depth / 2,
            }
        };
        rounded[step.output] = match &step.work {
            Work::Convolution(convolution) => match algorithms[index] {
                Algorithm::Pointwise | Algorithm::Patches => {
                    // A stem's results are much the same all over the air around a body, and so would be
                    // their errors.
                    !convolution.stem
                        && !convolution.pool
                        && matrix::runs_at_once(steps(convolution))
                }
                Algorithm::Depthwise => depthwise::is_fast(&convolution.window),
                // What limits cannot express is applied to values.
                Algorithm::Two | Algorithm::Four => {
                    factors[index] != Factors::Exact
                        && activation::is_limited(convolution.activation)
                }
            },
            _ => false,
        };
    }
    for output in &program.outputs {
        rounded[*output] = false;
    }
    // Of a single pixel, as dense layers hand it on, there is nothing to save, and the logits are near.
    for (rounded, value) in rounded.iter_mut().zip(&program.values) {
        *rounded &= value.pixels() > 1;
    }
    // Where depthwise ones read words they store them too.
    for (index, step) in program.steps.iter().enumerate().rev() {
        let multiplies_words = factors[index] != Factors::Exact;
        let [reads_rounded, adds_rounded] = match &step.work {
            Work::Convolution(convolution) => [
                match algorithms[index] {
                    Algorithm::Pointwise => true,
                    Algorithm::Depthwise => rounded[step.output],
                    Algorithm::Patches | Algorithm::Two | Algorithm::Four => multiplies_words,
                },
                // A sum without an activation is of few channels, and its errors are added up to the end.
                multiplies_words && convolution.activation.is_some(),
            ],
            Work::Operation(Op::GlobalAveragePool) => [true, false],
            _ => [false, false],
        };
        for (place, input) in readers(step).into_iter().enumerate() {
            let is_residual = matches!(&step.work, Work::Convolution(convolution)
                if convolution.residual.is_some())
                && place == 1;
            rounded[input] &= (place == 0 && reads_rounded) || (is_residual && adds_rounded);
        }
    }
    if factors.iter().all(|of| *of == Factors::Exact) {
        rounded.fill(false);
    }
    rounded
}

/// Places of a value that does not stay near the processor until it is read, at fewer it does.
const MANY_PLACES: usize = 1 << 16;

/// Weights that stay in the nearest cache while rows of pixels are computed one by one.
const NEAR_WEIGHTS: usize = 1 << 12;

/// The values that are never stored as a whole: the depthwise convolution that reads one computes it row by row, while the
/// rows that it needs are still in the second cache.
pub(super) fn passing_values(program: &Program, plan: &Plan) -> Vec<bool> {
    let mut passing = vec![false; program.values.len()];
    for (index, pair) in program.steps.windows(2).enumerate() {
        let [step, next] = [&pair[0], &pair[1]];
        let (Work::Convolution(first), Work::Convolution(second)) = (&step.work, &next.work) else {
            continue;
        };
        let value = step.output;
        let is_product = matches!(
            plan.algorithms[index],
            Algorithm::Pointwise | Algorithm::Patches
        ) && !first.pool;
        let is_fast = second.depthwise && depthwise::is_fast(&second.window);
        let reads = program.steps.iter().flat_map(readers);
        let is_alone = next.inputs[0] == value
            && reads.filter(|read| *read == value).count() == 1
            && !program.outputs.contains(&value);
        // Some are rounded after they were stored.
        let is_ready = !plan.rounded[value] || plan.has_words(value);
        let weights = plan.weights(program, index).map_or(0, Shape::len);
        let gains = plan.places(program, value) >= MANY_PLACES && weights <= NEAR_WEIGHTS;
        passing[value] = is_product && is_fast && is_alone && is_ready && gains;
    }
    passing
}
