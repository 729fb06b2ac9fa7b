//! Dense layers: all images in one matrix product, so that the weight is read once.

use burn_tensor::Tensor;

use crate::lanes;
use crate::shards::{self, Shards};

/// `[images, features]`
pub(crate) fn matrix(shards: Shards) -> Tensor<2> {
    let whole = shards::merge(shards);
    let [images, features, ..] = whole.dims();
    whole.reshape([images, features])
}

/// `[images, features]` in shards as large as `like`'s.
fn scatter(matrix: Tensor<2>, sizes: &[usize]) -> Shards {
    let [images, features] = matrix.dims();
    shards::split(matrix.reshape([images, features, 1, 1]), sizes)
}

/// `input * weight^T + bias`; `weight` is `[out, in]`.
pub(crate) fn forward(
    input: Tensor<2>,
    weight: Tensor<2>,
    bias: Option<Tensor<1>>,
    sizes: &[usize],
) -> Shards {
    let mut result = lanes::wide(|| input.matmul(weight.transpose()));
    if let Some(bias) = bias {
        result = result + bias.unsqueeze();
    }
    scatter(result, sizes)
}

/// Gradients of weight and bias.
pub(crate) fn parameter_gradients(input: Tensor<2>, gradient: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
    let turned = gradient.clone().transpose();
    let weight = lanes::wide(|| turned.matmul(input));
    (weight, gradient.sum_dim(0))
}

/// The gradient of the input.
pub(crate) fn input_gradient(gradient: Tensor<2>, weight: Tensor<2>, sizes: &[usize]) -> Shards {
    scatter(lanes::wide(|| gradient.matmul(weight)), sizes)
}
