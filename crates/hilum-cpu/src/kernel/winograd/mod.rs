//! Winograd's convolutions: 3x3 kernels with a quarter, or less than half, of the multiplications.
//!
//! A 1-D convolution with three taps that gives `m` results from `m + 2` values can be computed
//! with `m + 2` multiplications instead of `3 m`: `y = A^T [(G g) * (B^T d)]`, where `*` is
//! element by element (Lavin & Gray, 2016, "Fast algorithms for convolutional neural networks").
//! Nested in two dimensions, a tile of `m x m` results takes `(m + 2)^2` multiplications per pair
//! of channels instead of `9 m^2`: 36 instead of 144 for `m = 4`, 16 instead of 36 for `m = 2`.
//!
//! Over many tiles and channels, the products at each of the `(m + 2)^2` positions are a matrix
//! product: tiles x channels times channels x filters. So a convolution is three steps: transform
//! tiles of the image, multiply at each position, transform back. Backward takes the transposes:
//! with `D = A dy A^T` the weights' gradient is `G^T (V^T D) G` and the image's `B (D U^T) B^T`.

mod algebra;
mod gradient;
mod patch;
mod tiles;
mod weights;

pub(crate) use algebra::{Algebra, Four, Two};
pub(crate) use gradient::{ResultGradient, gradient_tile, input_gradient_tile};
pub(crate) use patch::Patch;
pub(crate) use tiles::{Output, image_tile, output_tile};
pub(crate) use weights::{
    lost_by_rounding, transform_weights, transform_weights_to_words, weight_gradient,
};
