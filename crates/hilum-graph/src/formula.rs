//! Reference fill for tests across programs.
//!
//! Weights and images that PyTorch, Keras and hilum compute alike, bit for bit, from names and
//! positions, so that outputs can be compared without shipping weights. The other side is
//! `tests/reference/formula.py`; the outputs lie in `tests/reference/torchvision/NAME.json` and
//! `tests/reference/keras/NAME.json`, whose fields the scripts `make_*.py` describe.
//!
//! ```
//! use hilum_graph::{Architecture, Shape, formula};
//!
//! let graph = Architecture::Resnet18.build(Shape::new(64, 64, 3), 4, None)?;
//! let parameters = formula::parameters(&graph);
//! let images = formula::images(2, graph.input_shape());
//! assert!(parameters.check(&graph).is_ok());
//! assert_eq!(images.data.len(), 2 * 64 * 64 * 3);
//! # Ok::<(), hilum_graph::GraphError>(())
//! ```

use crate::engine::Batch;
use crate::network::{Graph, ParameterRole, ParameterSpec, Shape};
use crate::parameters::{Parameters, Tensor};

/// `count` multiples of 2^-23 in `-1.0..1.0`, exact in `f32`, decided by `name`.
pub fn values(name: &str, count: usize) -> Vec<f32> {
    let start = name_hash(name);
    (0..count as u32)
        .map(|index| mix(start.wrapping_add(index.wrapping_mul(0x9E37_79B9))) >> 8)
        .map(|steps| (f64::from(steps) / f64::from(1 << 23) - 1.0) as f32)
        .collect()
}

/// Values for everything that `graph` needs, with variances that keep activations in range.
pub fn parameters(graph: &Graph) -> Parameters {
    let specs = graph.parameters();
    specs
        .iter()
        .map(|spec| (spec.name.clone(), parameter(spec)))
        .collect()
}

fn parameter(spec: &ParameterSpec) -> Tensor {
    let (offset, factor) = match spec.role {
        ParameterRole::Weight => {
            let fan_in: usize = spec.shape[1..].iter().product();
            (0.0, (6.0 / fan_in as f64).sqrt() as f32)
        }
        ParameterRole::Scale => (1.0, 0.25),
        ParameterRole::RunningVariance => (0.75, 0.375),
        ParameterRole::Bias | ParameterRole::Shift | ParameterRole::RunningMean => (0.0, 0.125),
    };
    let data = values(&spec.name, spec.shape.iter().product())
        .into_iter()
        .map(|value| offset + factor * value)
        .collect();
    Tensor::new(spec.shape.clone(), data)
}

/// Images in `-1.0..1.0`: half blocks of 8 x 8 pixels, half fine noise.
pub fn images(count: usize, shape: Shape) -> Batch {
    let (rows, columns) = (shape.height.div_ceil(8), shape.width.div_ceil(8));
    let fine = values("fine", count * shape.value_count());
    let coarse = values("coarse", count * rows * columns * shape.channels);
    let data = (0..)
        .zip(fine)
        .map(|(index, fine)| {
            let channel = index % shape.channels;
            let column = index / shape.channels % shape.width / 8;
            let row = index / (shape.channels * shape.width) % shape.height / 8;
            let image = index / shape.value_count();
            let block = ((image * rows + row) * columns + column) * shape.channels + channel;
            0.5 * coarse[block] + 0.5 * fine
        })
        .collect();
    Batch::new(count, shape, data)
}

/// The length of `data`, and its product with a vector that only `name` decides.
///
/// The second notices values at the wrong place, which the first does not.
pub fn norm_and_projection(name: &str, data: &[f32]) -> (f64, f64) {
    let direction = values(&format!("{name}/projection"), data.len());
    let square: f64 = data.iter().map(|value| f64::from(*value).powi(2)).sum();
    let projection = data
        .iter()
        .zip(direction)
        .map(|(value, along)| f64::from(*value) * f64::from(along))
        .sum();
    (square.sqrt(), projection)
}

/// FNV-1a, 32 bits, of the name behind a `0`: with it, no class of SqueezeNet dies under its
/// last ReLU.
fn name_hash(name: &str) -> u32 {
    std::iter::once(b'0')
        .chain(name.bytes())
        .fold(0x811C_9DC5, |hash, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        })
}

/// Wellons's `lowbias32`.
fn mix(mut bits: u32) -> u32 {
    bits = (bits ^ (bits >> 16)).wrapping_mul(0x7FEB_352D);
    bits = (bits ^ (bits >> 15)).wrapping_mul(0x846C_A68B);
    bits ^ (bits >> 16)
}
