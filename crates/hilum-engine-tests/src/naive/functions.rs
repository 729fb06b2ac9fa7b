//! Functions of each value on its own: activations and dropout.

use hilum_graph::{Activation, DropoutUnit, Graph, NodeIndex, Op, Padding, Shape, dropout_keeps};

use super::network::{convolution, network, with};
use super::value::Value;

/// What the function makes of every value.
pub(super) fn forward(activation: Activation, input: &Value) -> Value {
    Value::build(input.shape, input.images.len(), |n, r, c, k| {
        value(activation, input.at(n, r, c, k))
    })
}

/// Slopes times the function's derivatives.
pub(super) fn backward(activation: Activation, input: &Value, slope: &Value) -> Value {
    Value::build(input.shape, input.images.len(), |n, r, c, k| {
        slope.at(n, r, c, k) * derivative(activation, input.at(n, r, c, k))
    })
}

fn value(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Relu => x.max(0.0),
        Activation::Relu6 => x.clamp(0.0, 6.0),
        Activation::Silu => x / (1.0 + (-x).exp()),
        Activation::Sigmoid => 1.0 / (1.0 + (-x).exp()),
    }
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

/// Where the slope of a function jumps.
fn jumps(activation: Activation) -> &'static [f64] {
    match activation {
        Activation::Relu => &[0.0],
        Activation::Relu6 => &[0.0, 6.0],
        Activation::Silu | Activation::Sigmoid => &[],
    }
}

/// How near a value comes to where the slope of the function jumps.
pub(super) fn distance_to_jump(activation: Activation, input: &Value) -> f64 {
    let values = input.images.iter().flatten();
    let distances = values.flat_map(|x| jumps(activation).iter().map(move |jump| (x - jump).abs()));
    distances.fold(f64::INFINITY, f64::min)
}

/// What dropout keeps, divided by the share of it. It scales slopes as it does values.
pub(super) fn dropout(
    input: &Value,
    node: NodeIndex,
    probability: f32,
    unit: DropoutUnit,
    seed: u64,
) -> Value {
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

/// Small networks of activations and dropout.
pub(super) fn graphs() -> Vec<Graph> {
    let mut graphs: Vec<Graph> = Activation::ALL.into_iter().map(activated).collect();
    graphs.push(dropped());
    graphs
}

fn activated(activation: Activation) -> Graph {
    network(&activation.to_string(), Shape::new(5, 3, 2), |builder| {
        let before = with(convolution(6, [2, 2], [1, 1]), Padding::NONE, 1, true);
        let input = builder.add("before", before, &[builder.input()]);
        builder.add("tested", Op::Activation(activation), &[input])
    })
}

fn dropped() -> Graph {
    network("dropout", Shape::new(4, 5, 3), |builder| {
        let first = builder.add("first", convolution(4, [2, 2], [1, 1]), &[builder.input()]);
        let value = Op::Dropout {
            probability: 0.4,
            unit: DropoutUnit::Value,
        };
        let value = builder.add("value", value, &[first]);
        let second = builder.add("second", convolution(4, [1, 1], [1, 1]), &[value]);
        let image = Op::Dropout {
            probability: 0.5,
            unit: DropoutUnit::Image,
        };
        let image = builder.add("image", image, &[second]);
        builder.add("sum", Op::Add, &[first, image])
    })
}
