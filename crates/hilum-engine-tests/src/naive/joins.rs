//! What moves, adds and multiplies values without parameters.

use hilum_graph::{Activation, Graph, Op, Padding, Shape};

use super::network::{convolution, network, with};
use super::value::Value;

/// What becomes of `inputs`.
pub(super) fn forward(op: Op, shape: Shape, inputs: &[&Value]) -> Value {
    let input = inputs[0];
    let Shape { height, width, .. } = input.shape;
    Value::build(shape, input.images.len(), |n, r, c, k| match op {
        Op::RepeatChannels { .. } => input.at(n, r, c, 0),
        Op::Flatten => {
            let pixels = height * width;
            input.at(n, k % pixels / width, k % width, k / pixels)
        }
        Op::Add => input.at(n, r, c, k) + inputs[1].at(n, r, c, k),
        Op::Concat => {
            let (position, channel) = beside(inputs, k);
            inputs[position].at(n, r, c, channel)
        }
        Op::Gate => input.at(n, r, c, k) * inputs[1].at(n, 0, 0, k),
        Op::Input
        | Op::Convolution { .. }
        | Op::Dense { .. }
        | Op::BatchNorm { .. }
        | Op::Activation(_)
        | Op::MaxPool { .. }
        | Op::GlobalAveragePool
        | Op::Dropout { .. } => unreachable!("run by files of their own"),
    })
}

/// What each input is given of a slope.
pub(super) fn backward(op: Op, inputs: &[&Value], slope: &Value) -> Vec<Value> {
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
            Op::Flatten => {
                *back[0].at_mut(n, k % pixels / width, k % width, k / pixels) += out;
            }
            Op::Add => back
                .iter_mut()
                .for_each(|back| *back.at_mut(n, r, c, k) += out),
            Op::Concat => {
                let (position, channel) = beside(inputs, k);
                *back[position].at_mut(n, r, c, channel) += out;
            }
            Op::Gate => {
                *back[0].at_mut(n, r, c, k) += out * inputs[1].at(n, 0, 0, k);
                *back[1].at_mut(n, 0, 0, k) += out * input.at(n, r, c, k);
            }
            Op::Input
            | Op::Convolution { .. }
            | Op::Dense { .. }
            | Op::BatchNorm { .. }
            | Op::Activation(_)
            | Op::MaxPool { .. }
            | Op::GlobalAveragePool
            | Op::Dropout { .. } => unreachable!("run by files of their own"),
        }
    });
    back
}

/// Which of inputs behind one another channel `k` of them together lies in, and where in it.
fn beside(inputs: &[&Value], k: usize) -> (usize, usize) {
    let mut channel = k;
    for (position, input) in inputs.iter().enumerate() {
        if channel < input.shape.channels {
            return (position, channel);
        }
        channel -= input.shape.channels;
    }
    unreachable!("as many channels as the inputs have together")
}

/// Small networks of joins.
pub(super) fn graphs() -> Vec<Graph> {
    let gate = network("gate", Shape::new(4, 5, 3), |builder| {
        let body = builder.add("body", convolution(4, [2, 2], [1, 1]), &[builder.input()]);
        let mean = builder.add("mean", Op::GlobalAveragePool, &[body]);
        let squeeze = builder.add("squeeze", convolution(4, [1, 1], [1, 1]), &[mean]);
        let gate = builder.add("gate", Op::Activation(Activation::Sigmoid), &[squeeze]);
        builder.add("gated", Op::Gate, &[body, gate])
    });
    let concat = network("concat", Shape::new(4, 5, 3), |builder| {
        let left = builder.add("left", convolution(2, [1, 1], [1, 1]), &[builder.input()]);
        let right = convolution(5, [3, 3], [1, 1]);
        let right = builder.add("right", with(right, Padding::same(1), 1, true), &[left]);
        let joined = builder.add("joined", Op::Concat, &[left, right, left]);
        builder.add("after", convolution(2, [2, 2], [2, 2]), &[joined])
    });
    let add = network("add", Shape::new(4, 5, 1), |builder| {
        let colour = builder.add(
            "colour",
            Op::RepeatChannels { count: 3 },
            &[builder.input()],
        );
        let first = builder.add("first", convolution(4, [2, 2], [1, 1]), &[colour]);
        let second = builder.add("second", convolution(4, [1, 1], [1, 1]), &[first]);
        let relu = builder.add("relu", Op::Activation(Activation::Relu), &[second]);
        builder.add("sum", Op::Add, &[first, relu])
    });
    vec![gate, concat, add]
}
