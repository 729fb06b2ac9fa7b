//! Batch norm.

use hilum_graph::{Activation, Graph, NodeIndex, Op, Padding, ParameterRole, Shape};

use super::given::Given;
use super::network::{convolution, network, with};
use super::value::Value;
use super::weights::Weights;

/// A batch norm and what it normalises with.
pub(super) struct Norm<'a> {
    node: NodeIndex,
    scale: &'a [f64],
    shift: &'a [f64],
    mean: Vec<f64>,
    variance: Vec<f64>,
    epsilon: f64,
    /// Values behind each mean.
    count: f64,
}

impl<'a> Norm<'a> {
    pub(super) fn new(
        node: NodeIndex,
        weights: &'a Weights,
        epsilon: f32,
        training: bool,
        input: &Value,
    ) -> Self {
        let get = |role| weights.get(node, role).expect("batch norm's parameters");
        let (mean, variance, count) = moments(input);
        let (mean, variance) = if training {
            (mean, variance)
        } else {
            let running = [ParameterRole::RunningMean, ParameterRole::RunningVariance];
            let [mean, variance] = running.map(|role| get(role).to_vec());
            (mean, variance)
        };
        Self {
            node,
            scale: get(ParameterRole::Scale),
            shift: get(ParameterRole::Shift),
            mean,
            variance,
            epsilon: f64::from(epsilon),
            count,
        }
    }

    /// `(x - mean) / deviation`
    fn normalised(&self, x: f64, channel: usize) -> f64 {
        (x - self.mean[channel]) / self.deviation(channel)
    }

    fn deviation(&self, channel: usize) -> f64 {
        (self.variance[channel] + self.epsilon).sqrt()
    }

    pub(super) fn apply(&self, input: &Value) -> Value {
        Value::build(input.shape, input.images.len(), |n, r, c, k| {
            self.normalised(input.at(n, r, c, k), k) * self.scale[k] + self.shift[k]
        })
    }

    pub(super) fn statistics(
        &self,
        name: &str,
        momentum: f64,
        weights: &Weights,
    ) -> Vec<(String, Vec<f64>)> {
        let mix = |role, new: &[f64], factor: f64| -> Vec<f64> {
            let old = weights.get(self.node, role).expect("running statistics");
            let pairs = old.iter().zip(new);
            pairs
                .map(|(old, new)| (1.0 - momentum) * old + momentum * new * factor)
                .collect()
        };
        let mean = mix(ParameterRole::RunningMean, &self.mean, 1.0);
        let mut all = vec![(format!("{name}.running_mean"), mean)];
        if self.count > 1.0 {
            let unbiased = self.count / (self.count - 1.0);
            let variance = mix(ParameterRole::RunningVariance, &self.variance, unbiased);
            all.push((format!("{name}.running_var"), variance));
        }
        all
    }
}

fn moments(input: &Value) -> (Vec<f64>, Vec<f64>, f64) {
    let channels = input.shape.channels;
    let pixels = input.shape.height * input.shape.width;
    let count = (input.images.len() * pixels) as f64;
    let mut mean = vec![0.0; channels];
    let mut variance = vec![0.0; channels];
    let all = || input.images.iter().flatten().enumerate();
    for (position, value) in all() {
        mean[position % channels] += value / count;
    }
    for (position, value) in all() {
        variance[position % channels] += (value - mean[position % channels]).powi(2) / count;
    }
    (mean, variance, count)
}

/// Ioffe & Szegedy, 2015, section 3, for the statistics of the batch.
pub(super) fn backward(norm: &Norm<'_>, input: &Value, slope: &Value) -> Given {
    let channels = input.shape.channels;
    let mut of_scale = vec![0.0; channels];
    let mut of_shift = vec![0.0; channels];
    slope.places(|n, r, c, k| {
        let out = slope.at(n, r, c, k);
        of_scale[k] += out * norm.normalised(input.at(n, r, c, k), k);
        of_shift[k] += out;
    });
    let back = Value::build(input.shape, input.images.len(), |n, r, c, k| {
        let centred = norm.normalised(input.at(n, r, c, k), k);
        let rest = slope.at(n, r, c, k) - (of_shift[k] + centred * of_scale[k]) / norm.count;
        rest * norm.scale[k] / norm.deviation(k)
    });
    Given {
        inputs: vec![back],
        parameters: vec![
            (ParameterRole::Scale, of_scale),
            (ParameterRole::Shift, of_shift),
        ],
    }
}

/// The input's gradient where the statistics are given.
pub(super) fn backward_as_ever(norm: &Norm<'_>, slope: &Value) -> Value {
    Value::build(slope.shape, slope.images.len(), |n, r, c, k| {
        slope.at(n, r, c, k) * norm.scale[k] / norm.deviation(k)
    })
}

const NORM: Op = Op::BatchNorm {
    epsilon: 1e-3,
    momentum: 0.1,
};

/// Small networks of batch norms.
pub(super) fn graphs() -> Vec<Graph> {
    let behind_convolution = network("norm", Shape::new(6, 5, 2), |builder| {
        let input = builder.add("before", convolution(5, [3, 3], [1, 1]), &[builder.input()]);
        let norm = builder.add("norm", NORM, &[input]);
        builder.add("relu", Op::Activation(Activation::Relu), &[norm])
    });
    let biased = network("norm-of-biased", Shape::new(6, 5, 2), |builder| {
        let before = with(convolution(4, [3, 3], [1, 1]), Padding::NONE, 2, true);
        let input = builder.add("before", before, &[builder.input()]);
        builder.add("norm", NORM, &[input])
    });
    let shared = network("norm-of-shared", Shape::new(6, 5, 2), |builder| {
        let input = builder.add("before", convolution(5, [3, 3], [1, 1]), &[builder.input()]);
        let norm = builder.add("norm", NORM, &[input]);
        builder.add("sum", Op::Add, &[input, norm])
    });
    let of_vector = network("norm-of-vector", Shape::new(3, 2, 2), |builder| {
        let flat = builder.add("flat", Op::Flatten, &[builder.input()]);
        let first = builder.add("first", NORM, &[flat]);
        let dense = Op::Dense {
            out_features: 7,
            bias: false,
        };
        let dense = builder.add("dense", dense, &[first]);
        builder.add("second", NORM, &[dense])
    });
    vec![behind_convolution, biased, shared, of_vector]
}
