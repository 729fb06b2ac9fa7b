//! Images, truth and parameters for tests.

use hilum_core::ClassIndex;
use hilum_graph::{Batch, Graph, ParameterRole, Parameters, Tensor};

/// Values that repeat on no grid, in `-1.0..1.0`.
pub fn noise(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2654435761).wrapping_add(12345);
    (0..count)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            (f64::from(state) / f64::from(u32::MAX) * 2.0 - 1.0) as f32
        })
        .collect()
}

/// Parameters for tests: weights of moderate size, scales and variances around 1.
pub fn parameters(graph: &Graph, seed: u32) -> Parameters {
    let specs = graph.parameters().into_iter().enumerate();
    specs
        .map(|(number, spec)| {
            let count: usize = spec.shape.iter().product();
            let fan_in = count / spec.shape[0];
            let size = match spec.role {
                ParameterRole::Weight => (3.0 / fan_in as f32).sqrt(),
                _ => 0.3,
            };
            let center = match spec.role {
                ParameterRole::Scale | ParameterRole::RunningVariance => 1.0,
                _ => 0.0,
            };
            let values = noise(count, seed.wrapping_add(number as u32 * 7919));
            let data = values.into_iter().map(|v| center + size * v).collect();
            (spec.name, Tensor::new(spec.shape, data))
        })
        .collect()
}

/// Images for tests.
pub fn images(graph: &Graph, count: usize, seed: u32) -> Batch {
    let shape = graph.input_shape();
    Batch::new(count, shape, noise(count * shape.value_count(), seed))
}

/// True classes for tests, each in turn.
pub fn truth(graph: &Graph, count: usize) -> Vec<ClassIndex> {
    (0..count)
        .map(|image| ClassIndex::new(image % graph.class_count()))
        .collect()
}
