//! Batch norm: statistics of a batch in shards, and the gradient.

use burn_tensor::Tensor;

use crate::shards::{self, Shards};

/// What training mode found and needs again.
pub(crate) struct BatchStatistics {
    /// `[1, channels, 1, 1]`
    pub(crate) mean: Tensor<4>,
    /// The biased variance, `[1, channels, 1, 1]`.
    pub(crate) variance: Tensor<4>,
    /// How many values of each channel there were.
    pub(crate) count: usize,
}

/// Mean and variance over images, rows and columns.
///
/// Shards are joined by the parallel algorithm of Chan, Golub & LeVeque (1979), which does not
/// cancel as the difference of a mean of squares and a squared mean would.
pub(crate) fn statistics(input: &Shards) -> BatchStatistics {
    let counts: Vec<usize> = input.iter().map(values_per_channel).collect();
    let count: usize = counts.iter().sum();
    let device = input[0].device();
    let shares = counts.iter().map(|&part| part as f32 / count as f32);
    let shares = shards::tensor(shares.collect(), [counts.len(), 1, 1, 1], &device);

    let parts = shards::each(input, |shard| {
        let mean = channel_sums(shard.clone()).div_scalar(values_per_channel(&shard) as f32);
        let deviations = shard - mean.clone();
        let squares = channel_sums(deviations.clone() * deviations);
        (mean, squares)
    });
    let (means, squares): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    let means = Tensor::cat(means, 0);
    let mean = (means.clone() * shares.clone()).sum_dim(0);
    let between = (means - mean.clone()).square() * shares;
    let variance = shards::sum(squares).div_scalar(count as f32) + between.sum_dim(0);
    BatchStatistics {
        mean,
        variance,
        count,
    }
}

/// `factor * input + summand`, channel by channel.
pub(crate) fn scale_and_shift(input: Shards, factor: &Tensor<4>, summand: &Tensor<4>) -> Shards {
    let (factor, summand) = (factor.clone(), summand.clone());
    shards::map(input, move |shard| shard * factor.clone() + summand.clone())
}

/// Factor and summand by which batch norm with these statistics amounts to `x * f + s`.
pub(crate) fn factor_and_summand(
    mean: Tensor<4>,
    variance: Tensor<4>,
    epsilon: f32,
    scale: Tensor<4>,
    shift: Tensor<4>,
) -> (Tensor<4>, Tensor<4>) {
    let factor = scale / variance.add_scalar(epsilon).sqrt();
    let summand = shift - mean * factor.clone();
    (factor, summand)
}

/// Gradients of a batch norm in training mode.
pub(crate) struct Gradients {
    pub(crate) input: Option<Shards>,
    pub(crate) scale: Tensor<4>,
    pub(crate) shift: Tensor<4>,
}

/// Ioffe & Szegedy, 2015, section 3, in the form
/// `dx = scale / deviation * (dy - mean(dy) - normal * mean(dy * normal))`.
pub(crate) fn backward(
    input: Shards,
    gradient: Shards,
    statistics: &BatchStatistics,
    epsilon: f32,
    scale: Tensor<4>,
    wants_input_gradient: bool,
) -> Gradients {
    let BatchStatistics {
        mean,
        variance,
        count,
    } = statistics;
    let inverse = variance.clone().add_scalar(epsilon).sqrt().recip();
    let mean = mean.clone();
    let centered = shards::map(input, move |shard| shard - mean.clone());
    let sums = shards::zip(centered.clone(), gradient.clone(), |centered, gradient| {
        (
            channel_sums(gradient.clone()),
            channel_sums(centered * gradient),
        )
    });
    let (sums, products): (Vec<_>, Vec<_>) = sums.into_iter().unzip();
    let shift_gradient = shards::sum(sums);
    let scale_gradient = shards::sum(products) * inverse.clone();

    let input = wants_input_gradient.then(|| {
        let factor = scale * inverse.clone();
        let slope = factor.clone() * inverse * scale_gradient.clone().div_scalar(*count as f32);
        let summand = factor.clone() * shift_gradient.clone().div_scalar(*count as f32);
        shards::zip(centered, gradient, move |centered, gradient| {
            gradient * factor.clone() - (centered * slope.clone() + summand.clone())
        })
    });
    Gradients {
        input,
        scale: scale_gradient,
        shift: shift_gradient,
    }
}

/// The sum over images, rows and columns, `[1, channels, 1, 1]`.
pub(crate) fn channel_sums(tensor: Tensor<4>) -> Tensor<4> {
    let [images, channels, rows, columns] = tensor.dims();
    tensor
        .reshape([images, channels, rows * columns])
        .sum_dim(2)
        .sum_dim(0)
        .reshape([1, channels, 1, 1])
}

fn values_per_channel(tensor: &Tensor<4>) -> usize {
    let [images, _, rows, columns] = tensor.dims();
    images * rows * columns
}
