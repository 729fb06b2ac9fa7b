//! The chain rule in plain loops: every operation's result, taken back to what it read.

use std::collections::BTreeMap;

use hilum_graph::{Activation, Graph, NodeIndex, Op, Padding, ParameterRole, Shape, Step};

use super::{Norm, Pass, Value, Weights, drop, under};

/// What one node gives back: the gradient of each input, and of its own parameters.
struct Given {
    inputs: Vec<Value>,
    parameters: Vec<(ParameterRole, Vec<f64>)>,
}

impl Value {
    fn zeros_like(other: &Self) -> Self {
        Self {
            shape: other.shape,
            images: vec![vec![0.0; other.shape.value_count()]; other.images.len()],
        }
    }

    fn at_mut(&mut self, image: usize, row: usize, column: usize, channel: usize) -> &mut f64 {
        let Shape {
            width, channels, ..
        } = self.shape;
        &mut self.images[image][(row * width + column) * channels + channel]
    }

    /// Calls `visit` with image, row, column and channel of every value.
    fn places(&self, mut visit: impl FnMut(usize, usize, usize, usize)) {
        for image in 0..self.images.len() {
            for row in 0..self.shape.height {
                for column in 0..self.shape.width {
                    for channel in 0..self.shape.channels {
                        visit(image, row, column, channel);
                    }
                }
            }
        }
    }
}

impl Pass {
    /// The gradient of the step's loss by every trained parameter, by name.
    ///
    /// The pass is one in training mode, with every node trained and the step's seed.
    pub fn gradients(
        &self,
        graph: &Graph,
        weights: &Weights,
        step: &Step<'_>,
    ) -> BTreeMap<String, Vec<f64>> {
        let mut slopes: Vec<Value> = self.values.iter().map(Value::zeros_like).collect();
        let last = slopes.last_mut().expect("a graph has nodes");
        last.images = loss_slopes(self.logits(), step);
        let mut gradients = BTreeMap::new();
        for index in (1..graph.nodes().len()).rev().map(NodeIndex) {
            let given = self.back(graph, weights, step, index, &slopes[index.0]);
            for (input, slope) in graph.node(index).inputs.iter().zip(given.inputs) {
                add(&mut slopes[input.0], &slope);
            }
            for (role, gradient) in given.parameters {
                gradients.insert(weights.name(index, role).to_owned(), gradient);
            }
        }
        gradients
    }

    /// How far the nearest value lies from where a slope jumps: a ReLU's zero, the six of a
    /// ReLU6, two values that both could be the largest. An engine whose rounding is of that
    /// size may find another slope there and be right.
    pub fn distance_to_jump(&self, graph: &Graph) -> f64 {
        let mut nearest = f64::INFINITY;
        for (node, value) in graph.nodes().iter().zip(&self.values) {
            let Some(input) = node.inputs.first().map(|input| &self.values[input.0]) else {
                continue;
            };
            match node.op {
                Op::Activation(Activation::Relu | Activation::Relu6) => {
                    let all = input.images.iter().flatten();
                    let distance = all.map(|x| x.abs().min((x - 6.0).abs()));
                    nearest = distance.fold(nearest, f64::min);
                }
                Op::MaxPool {
                    kernel,
                    stride,
                    padding,
                    ..
                } => value.places(|n, r, c, k| {
                    let place = largest(input, kernel, stride, padding, [n, r, c, k]);
                    let first = input.at(n, place.0, place.1, k);
                    window(input.shape, kernel, stride, padding, r, c, |row, column| {
                        if (row, column) != place {
                            // Equal zeros lie under a ReLU, which lets no slope pass.
                            let gap = first - input.at(n, row, column, k);
                            if gap > 0.0 {
                                nearest = nearest.min(gap);
                            }
                        }
                    });
                }),
                _ => {}
            }
        }
        nearest
    }

    fn back(
        &self,
        graph: &Graph,
        weights: &Weights,
        step: &Step<'_>,
        index: NodeIndex,
        slope: &Value,
    ) -> Given {
        let node = graph.node(index);
        let inputs: Vec<&Value> = node.inputs.iter().map(|i| &self.values[i.0]).collect();
        let input = inputs[0];
        let weight = weights.get(index, ParameterRole::Weight);
        let only = |value| Given {
            inputs: vec![value],
            parameters: Vec::new(),
        };
        match node.op {
            Op::Convolution { .. } | Op::Dense { .. } => {
                products(node.op, input, weight.expect("a weight"), slope)
            }
            Op::BatchNorm { epsilon, .. } => {
                let norm = Norm::new(index, weights, epsilon, true, input);
                norm_back(&norm, input, slope)
            }
            Op::Activation(activation) => only(Value::build(
                input.shape,
                input.images.len(),
                |n, r, c, k| slope.at(n, r, c, k) * derivative(activation, input.at(n, r, c, k)),
            )),
            Op::Dropout { probability, unit } => {
                // It scales values by what it drew, and slopes alike.
                only(drop(slope, index, probability, unit, step.seed))
            }
            op => Given {
                inputs: moved(op, &inputs, slope),
                parameters: Vec::new(),
            },
        }
    }
}

fn add(to: &mut Value, what: &Value) {
    let values = what.images.iter().flatten();
    for (sum, value) in to.images.iter_mut().flatten().zip(values) {
        *sum += value;
    }
}

/// By logit: `(p * sum of targets - target) / sum of the true classes' weights`.
fn loss_slopes(logits: &[Vec<f64>], step: &Step<'_>) -> Vec<Vec<f64>> {
    let weights: Vec<f64> = step.class_weights.iter().map(|w| f64::from(*w)).collect();
    let smoothing = f64::from(step.label_smoothing);
    let total: f64 = step.truth.iter().map(|truth| weights[truth.get()]).sum();
    let rows = logits.iter().zip(step.truth).map(|(row, truth)| {
        let target = |class: usize| {
            let own = f64::from(u8::from(class == truth.get()));
            weights[class] * (smoothing / row.len() as f64 + (1.0 - smoothing) * own)
        };
        let targets: f64 = (0..row.len()).map(target).sum();
        let sum: f64 = row.iter().map(|logit| logit.exp()).sum();
        let slope = |class: usize| (row[class].exp() / sum * targets - target(class)) / total;
        (0..row.len()).map(slope).collect()
    });
    rows.collect()
}

fn derivative(activation: Activation, x: f64) -> f64 {
    let sigmoid = 1.0 / (1.0 + (-x).exp());
    match activation {
        Activation::Relu => f64::from(u8::from(x > 0.0)),
        Activation::Relu6 => f64::from(u8::from(x > 0.0 && x < 6.0)),
        Activation::Silu => sigmoid * (1.0 + x * (1.0 - sigmoid)),
        Activation::Sigmoid => sigmoid * (1.0 - sigmoid),
    }
}

/// Convolutions and dense layers: sums of weights times inputs.
fn products(op: Op, input: &Value, weight: &[f64], slope: &Value) -> Given {
    let channels = input.shape.channels;
    let (out_channels, kernel, stride, padding, groups, bias) = match op {
        Op::Convolution {
            out_channels,
            kernel,
            stride,
            padding,
            groups,
            bias,
        } => (out_channels, kernel, stride, padding, groups, bias),
        Op::Dense { out_features, bias } => (out_features, [1, 1], [1, 1], Padding::NONE, 1, bias),
        _ => unreachable!("products only"),
    };
    let per_group = channels / groups;
    let mut back = Value::zeros_like(input);
    let mut of_weight = vec![0.0; weight.len()];
    let mut of_bias = vec![0.0; out_channels];
    slope.places(|n, r, c, k| {
        let out = slope.at(n, r, c, k);
        of_bias[k] += out;
        let first = k / (out_channels / groups) * per_group;
        let columns = || under(c, kernel[1], stride[1], padding.left, input.shape.width);
        for (row, from_row) in under(r, kernel[0], stride[0], padding.top, input.shape.height) {
            for (column, from) in columns() {
                for channel in 0..per_group {
                    let position =
                        ((k * per_group + channel) * kernel[0] + row) * kernel[1] + column;
                    of_weight[position] += out * input.at(n, from_row, from, first + channel);
                    *back.at_mut(n, from_row, from, first + channel) += out * weight[position];
                }
            }
        }
    });
    let mut parameters = vec![(ParameterRole::Weight, of_weight)];
    if bias {
        parameters.push((ParameterRole::Bias, of_bias));
    }
    Given {
        inputs: vec![back],
        parameters,
    }
}

/// Ioffe & Szegedy, 2015, section 3, for the statistics of the batch.
fn norm_back(norm: &Norm<'_>, input: &Value, slope: &Value) -> Given {
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

/// Calls `visit` with the rows and columns of the image that lie under a kernel.
fn window(
    shape: Shape,
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: Padding,
    row: usize,
    column: usize,
    mut visit: impl FnMut(usize, usize),
) {
    for (_, from_row) in under(row, kernel[0], stride[0], padding.top, shape.height) {
        for (_, from) in under(column, kernel[1], stride[1], padding.left, shape.width) {
            visit(from_row, from);
        }
    }
}

/// Row and column of the first largest value under a kernel.
fn largest(
    input: &Value,
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: Padding,
    [n, r, c, k]: [usize; 4],
) -> (usize, usize) {
    let mut found = None;
    window(input.shape, kernel, stride, padding, r, c, |row, column| {
        let value = input.at(n, row, column, k);
        if found.is_none_or(|(best, _)| value > best) {
            found = Some((value, (row, column)));
        }
    });
    found.expect("a window that holds a value").1
}

/// What operations without parameters give back that only move, add and choose values.
fn moved(op: Op, inputs: &[&Value], slope: &Value) -> Vec<Value> {
    let input = inputs[0];
    let mut back: Vec<Value> = inputs
        .iter()
        .map(|input| Value::zeros_like(input))
        .collect();
    let Shape { height, width, .. } = input.shape;
    let pixels = height * width;
    slope.places(|n, r, c, k| {
        let out = slope.at(n, r, c, k);
        match op {
            Op::RepeatChannels { .. } => *back[0].at_mut(n, r, c, 0) += out,
            Op::MaxPool {
                kernel,
                stride,
                padding,
                ..
            } => {
                let (row, column) = largest(input, kernel, stride, padding, [n, r, c, k]);
                *back[0].at_mut(n, row, column, k) += out;
            }
            Op::GlobalAveragePool => {
                for place in 0..pixels {
                    *back[0].at_mut(n, place / width, place % width, k) += out / pixels as f64;
                }
            }
            Op::Flatten => {
                *back[0].at_mut(n, k % pixels / width, k % width, k / pixels) += out;
            }
            Op::Add => back
                .iter_mut()
                .for_each(|back| *back.at_mut(n, r, c, k) += out),
            Op::Concat => {
                let mut channel = k;
                for back in &mut back {
                    if channel < back.shape.channels {
                        *back.at_mut(n, r, c, channel) += out;
                        break;
                    }
                    channel -= back.shape.channels;
                }
            }
            Op::Gate => {
                *back[0].at_mut(n, r, c, k) += out * inputs[1].at(n, 0, 0, k);
                *back[1].at_mut(n, 0, 0, k) += out * input.at(n, r, c, k);
            }
            _ => unreachable!("taken back elsewhere"),
        }
    });
    back
}
