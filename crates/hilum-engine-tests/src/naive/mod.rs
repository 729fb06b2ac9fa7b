//! The graph in plain loops over `f64`, straight from the definitions: what an engine is
//! measured against. Activations are NHWC, as in `hilum-graph`.

mod backward;
pub mod graphs;

use hilum_core::ClassIndex;
use hilum_graph::{
    Activation, Batch, DropoutUnit, Graph, NodeIndex, Op, Padding, ParameterRole, Parameters,
    Shape, Step, Tensor, dropout_keeps,
};

/// One node's result for a batch.
#[derive(Clone)]
struct Value {
    shape: Shape,
    images: Vec<Vec<f64>>,
}

impl Value {
    fn at(&self, image: usize, row: usize, column: usize, channel: usize) -> f64 {
        let Shape {
            width, channels, ..
        } = self.shape;
        self.images[image][(row * width + column) * channels + channel]
    }

    fn build(
        shape: Shape,
        count: usize,
        value: impl Fn(usize, usize, usize, usize) -> f64,
    ) -> Self {
        let Shape {
            height,
            width,
            channels,
        } = shape;
        let images = (0..count).map(|image| {
            let mut values = Vec::with_capacity(shape.value_count());
            for row in 0..height {
                for column in 0..width {
                    for channel in 0..channels {
                        values.push(value(image, row, column, channel));
                    }
                }
            }
            values
        });
        Self {
            shape,
            images: images.collect(),
        }
    }
}

/// Inference, or training with dropout's seed.
#[derive(Clone, Copy)]
pub enum Mode {
    /// Running statistics normalise, dropout does nothing.
    Inference,
    /// Batch statistics normalise and dropout drops, from a node on.
    Training {
        /// Dropout's seed.
        seed: u64,
        /// Nodes before it run in inference mode.
        first_trained: NodeIndex,
    },
}

/// Parameters in `f64`, so that finite differences have room.
#[derive(Clone)]
pub struct Weights(Vec<((NodeIndex, ParameterRole), String, Vec<f64>)>);

impl Weights {
    /// The values of every parameter of the graph.
    pub fn new(graph: &Graph, parameters: &Parameters) -> Self {
        let entries = graph.parameters().into_iter().map(|spec| {
            let tensor = parameters.get(&spec.name).expect("every parameter");
            let values = tensor.data.iter().map(|value| f64::from(*value)).collect();
            ((spec.node, spec.role), spec.name, values)
        });
        Self(entries.collect())
    }

    fn get(&self, node: NodeIndex, role: ParameterRole) -> Option<&[f64]> {
        let found = self.0.iter().find(|entry| entry.0 == (node, role));
        found.map(|entry| entry.2.as_slice())
    }

    fn name(&self, node: NodeIndex, role: ParameterRole) -> &str {
        let found = self.0.iter().find(|entry| entry.0 == (node, role));
        &found.expect("a parameter of the graph").1
    }

    /// A parameter's values, to change.
    pub fn by_name_mut(&mut self, name: &str) -> &mut Vec<f64> {
        let found = self.0.iter_mut().find(|entry| entry.1 == name);
        &mut found.expect("a parameter of the graph").2
    }
}

/// What one pass over a graph computes.
pub struct Pass {
    values: Vec<Value>,
    /// The running statistics that training mode leaves behind, by name.
    pub statistics: Vec<(String, Vec<f64>)>,
}

impl Pass {
    /// Logits, row by row.
    pub fn logits(&self) -> &[Vec<f64>] {
        &self.values.last().expect("a graph has nodes").images
    }

    /// The loss of the logits.
    pub fn loss(&self, step: &Step<'_>) -> f64 {
        loss(self.logits(), step)
    }
}

/// Runs a graph over a batch.
pub fn run(graph: &Graph, weights: &Weights, images: &Batch, mode: Mode) -> Pass {
    let mut values: Vec<Value> = Vec::new();
    let mut statistics = Vec::new();
    for index in (0..graph.nodes().len()).map(NodeIndex) {
        let node = graph.node(index);
        let inputs: Vec<&Value> = node.inputs.iter().map(|input| &values[input.0]).collect();
        let training = match mode {
            Mode::Training {
                seed,
                first_trained,
            } if index >= first_trained => Some(seed),
            _ => None,
        };
        let value = match node.op {
            Op::Input => image_values(images),
            Op::BatchNorm { epsilon, momentum } => {
                let norm = Norm::new(index, weights, epsilon, training.is_some(), inputs[0]);
                if training.is_some() {
                    statistics.extend(norm.statistics(&node.name, f64::from(momentum), weights));
                }
                norm.apply(inputs[0])
            }
            Op::Dropout { probability, unit } => match training {
                Some(seed) => drop(inputs[0], index, probability, unit, seed),
                None => inputs[0].clone(),
            },
            op => {
                let weight = weights.get(index, ParameterRole::Weight);
                let bias = weights.get(index, ParameterRole::Bias);
                plain(op, node.shape, &inputs, weight, bias)
            }
        };
        values.push(value);
    }
    Pass { values, statistics }
}

fn image_values(images: &Batch) -> Value {
    let values = images.data.chunks_exact(images.shape.value_count());
    Value {
        shape: images.shape,
        images: values
            .map(|image| image.iter().map(|value| f64::from(*value)).collect())
            .collect(),
    }
}

/// A batch norm and what it normalises with.
struct Norm<'a> {
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
    fn new(
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

    fn apply(&self, input: &Value) -> Value {
        Value::build(input.shape, input.images.len(), |n, r, c, k| {
            self.normalised(input.at(n, r, c, k), k) * self.scale[k] + self.shift[k]
        })
    }

    fn statistics(&self, name: &str, momentum: f64, weights: &Weights) -> Vec<(String, Vec<f64>)> {
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

fn drop(input: &Value, node: NodeIndex, probability: f32, unit: DropoutUnit, seed: u64) -> Value {
    let per_image = match unit {
        DropoutUnit::Value => input.shape.value_count(),
        DropoutUnit::Image => 1,
    };
    let keeps = dropout_keeps(seed, node, probability, input.images.len() * per_image);
    let images = input.images.iter().enumerate().map(|(number, image)| {
        let of_image = &keeps[number * per_image..(number + 1) * per_image];
        let kept = |position: usize| of_image[position % per_image];
        let values = image.iter().enumerate().map(|(position, value)| {
            if kept(position) {
                value / (1.0 - f64::from(probability))
            } else {
                0.0
            }
        });
        values.collect()
    });
    Value {
        shape: input.shape,
        images: images.collect(),
    }
}

fn plain(
    op: Op,
    shape: Shape,
    inputs: &[&Value],
    weight: Option<&[f64]>,
    bias: Option<&[f64]>,
) -> Value {
    let input = inputs[0];
    let count = input.images.len();
    let Shape {
        height,
        width,
        channels,
    } = input.shape;
    let bias_of = |channel: usize| bias.map_or(0.0, |bias| bias[channel]);
    match op {
        Op::RepeatChannels { .. } => Value::build(shape, count, |n, r, c, _| input.at(n, r, c, 0)),
        Op::Convolution {
            out_channels,
            kernel,
            stride,
            padding,
            groups,
            ..
        } => {
            let weight = weight.expect("a convolution's weight");
            let per_group = channels / groups;
            Value::build(shape, count, |n, r, c, k| {
                let first = k / (out_channels / groups) * per_group;
                let mut sum = bias_of(k);
                for (row, from_row) in under(r, kernel[0], stride[0], padding.top, height) {
                    for (column, from) in under(c, kernel[1], stride[1], padding.left, width) {
                        for channel in 0..per_group {
                            let position =
                                ((k * per_group + channel) * kernel[0] + row) * kernel[1] + column;
                            sum += weight[position] * input.at(n, from_row, from, first + channel);
                        }
                    }
                }
                sum
            })
        }
        Op::Dense { .. } => {
            let weight = weight.expect("a dense layer's weight");
            Value::build(shape, count, |n, _, _, k| {
                let row = &weight[k * channels..(k + 1) * channels];
                let products = row.iter().zip(&input.images[n]).map(|(w, x)| w * x);
                products.sum::<f64>() + bias_of(k)
            })
        }
        Op::Activation(activation) => Value::build(shape, count, |n, r, c, k| {
            let x = input.at(n, r, c, k);
            match activation {
                Activation::Relu => x.max(0.0),
                Activation::Relu6 => x.clamp(0.0, 6.0),
                Activation::Silu => x / (1.0 + (-x).exp()),
                Activation::Sigmoid => 1.0 / (1.0 + (-x).exp()),
            }
        }),
        Op::MaxPool {
            kernel,
            stride,
            padding: Padding { top, left, .. },
            ..
        } => Value::build(shape, count, |n, r, c, k| {
            let mut largest = f64::NEG_INFINITY;
            for (_, row) in under(r, kernel[0], stride[0], top, height) {
                for (_, column) in under(c, kernel[1], stride[1], left, width) {
                    largest = largest.max(input.at(n, row, column, k));
                }
            }
            largest
        }),
        Op::GlobalAveragePool => Value::build(shape, count, |n, _, _, k| {
            let pixels = (height * width) as f64;
            let places = (0..height).flat_map(|r| (0..width).map(move |c| (r, c)));
            places.map(|(r, c)| input.at(n, r, c, k)).sum::<f64>() / pixels
        }),
        Op::Flatten => Value::build(shape, count, |n, _, _, k| {
            let pixels = height * width;
            input.at(n, k % pixels / width, k % width, k / pixels)
        }),
        Op::Add => Value::build(shape, count, |n, r, c, k| {
            input.at(n, r, c, k) + inputs[1].at(n, r, c, k)
        }),
        Op::Concat => Value::build(shape, count, |n, r, c, k| {
            let mut channel = k;
            for input in inputs {
                if channel < input.shape.channels {
                    return input.at(n, r, c, channel);
                }
                channel -= input.shape.channels;
            }
            unreachable!("as many channels as the inputs have together")
        }),
        Op::Gate => Value::build(shape, count, |n, r, c, k| {
            input.at(n, r, c, k) * inputs[1].at(n, 0, 0, k)
        }),
        Op::Input | Op::BatchNorm { .. } | Op::Dropout { .. } => unreachable!("run by `run`"),
    }
}

/// Positions in a kernel and in the image below it, along one axis; padding left out.
fn under(
    output: usize,
    kernel: usize,
    stride: usize,
    before: usize,
    size: usize,
) -> impl Iterator<Item = (usize, usize)> {
    (0..kernel).filter_map(move |tap| {
        let position = (output * stride + tap).checked_sub(before)?;
        (position < size).then_some((tap, position))
    })
}

/// The loss as `Step` documents it.
pub fn loss(logits: &[Vec<f64>], step: &Step<'_>) -> f64 {
    let weights: Vec<f64> = step.class_weights.iter().map(|w| f64::from(*w)).collect();
    let classes = weights.len() as f64;
    let smoothing = f64::from(step.label_smoothing);
    let mut sum = 0.0;
    let mut total = 0.0;
    for (row, truth) in logits.iter().zip(step.truth) {
        let log_sum = row.iter().map(|logit| logit.exp()).sum::<f64>().ln();
        let cost = |class: usize| weights[class] * (log_sum - row[class]);
        let all: f64 = (0..row.len()).map(cost).sum();
        sum += (1.0 - smoothing) * cost(truth.get()) + smoothing / classes * all;
        total += weights[truth.get()];
    }
    sum / total
}

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
