//! Small networks of odd sizes that between them use every operation every way.

use hilum_graph::{Activation, DropoutUnit, Graph, GraphBuilder, NodeIndex, Op, Padding, Shape};

/// A network that ends in a dense layer with `classes` classes behind a flattened body.
pub fn network(
    name: &str,
    input: Shape,
    body: impl FnOnce(&mut GraphBuilder) -> NodeIndex,
) -> Graph {
    let mut builder = GraphBuilder::new(name, input);
    let end = body(&mut builder);
    let flat = builder.add("flatten", Op::Flatten, &[end]);
    builder.begin_head();
    let dense = Op::Dense {
        out_features: 3,
        bias: true,
    };
    builder.add("head", dense, &[flat]);
    builder.finish().expect("a network that fits its input")
}

/// A convolution in few words.
pub fn convolution(out_channels: usize, kernel: [usize; 2], stride: [usize; 2]) -> Op {
    Op::Convolution {
        out_channels,
        kernel,
        stride,
        padding: Padding::NONE,
        groups: 1,
        bias: false,
    }
}

const NORM: Op = Op::BatchNorm {
    epsilon: 1e-3,
    momentum: 0.1,
};

fn with(op: Op, new_padding: Padding, new_groups: usize, new_bias: bool) -> Op {
    let Op::Convolution {
        out_channels,
        kernel,
        stride,
        ..
    } = op
    else {
        unreachable!("convolutions only");
    };
    Op::Convolution {
        out_channels,
        kernel,
        stride,
        padding: new_padding,
        groups: new_groups,
        bias: new_bias,
    }
}

const UNEVEN: Padding = Padding {
    top: 0,
    bottom: 1,
    left: 2,
    right: 1,
};

fn convolutions() -> Vec<Graph> {
    let one = Padding::same(1);
    let ops = [
        ("valid", convolution(5, [3, 3], [1, 1])),
        ("same", with(convolution(5, [3, 3], [1, 1]), one, 1, true)),
        (
            "pointwise",
            with(convolution(7, [1, 1], [1, 1]), Padding::NONE, 1, true),
        ),
        ("pointwise-stride", convolution(7, [1, 1], [2, 2])),
        (
            "padded-pointwise",
            with(convolution(2, [1, 1], [1, 1]), one, 1, false),
        ),
        (
            "stride",
            with(convolution(5, [3, 3], [2, 2]), one, 1, false),
        ),
        ("rest", convolution(5, [3, 2], [3, 4])),
        (
            "uneven",
            with(convolution(5, [3, 5], [2, 1]), UNEVEN, 1, true),
        ),
        ("groups", with(convolution(6, [3, 3], [1, 2]), one, 2, true)),
        (
            "depthwise",
            with(convolution(4, [3, 3], [1, 1]), one, 4, false),
        ),
        (
            "depthwise-stride",
            with(convolution(4, [3, 3], [2, 2]), one, 4, true),
        ),
        (
            "depthwise-uneven",
            with(convolution(4, [5, 3], [2, 2]), UNEVEN, 4, false),
        ),
        (
            "depthwise-twofold",
            with(convolution(8, [3, 3], [1, 1]), one, 4, false),
        ),
        ("whole", convolution(3, [7, 9], [1, 1])),
    ];
    let graphs = ops.into_iter().map(|(name, op)| {
        network(name, Shape::new(7, 9, 4), |builder| {
            // The first convolution gives the second an input whose gradient is needed.
            let before = with(convolution(4, [3, 3], [1, 1]), one, 1, true);
            let input = builder.add("before", before, &[builder.input()]);
            builder.add("tested", op, &[input])
        })
    });
    graphs.collect()
}

fn pools() -> Vec<Graph> {
    let pool = |kernel, stride, padding, ceil| Op::MaxPool {
        kernel,
        stride,
        padding,
        ceil,
    };
    let ops = [
        ("pool", pool([2, 2], [2, 2], Padding::NONE, false)),
        ("pool-padded", pool([3, 3], [2, 2], Padding::same(1), false)),
        ("pool-ceil", pool([3, 3], [2, 2], Padding::NONE, true)),
        (
            "pool-ceil-padded",
            pool([2, 3], [2, 3], Padding::same(1), true),
        ),
        ("pool-uneven", pool([3, 3], [2, 2], UNEVEN, false)),
        ("pool-uneven-ceil", pool([3, 3], [2, 2], UNEVEN, true)),
    ];
    let graphs = ops.into_iter().map(|(name, op)| {
        network(name, Shape::new(8, 7, 2), |builder| {
            let input = builder.add("before", convolution(3, [1, 1], [1, 1]), &[builder.input()]);
            builder.add("tested", op, &[input])
        })
    });
    graphs.collect()
}

fn functions() -> Vec<Graph> {
    let all = [
        ("relu", Activation::Relu),
        ("relu6", Activation::Relu6),
        ("silu", Activation::Silu),
        ("sigmoid", Activation::Sigmoid),
    ];
    let graphs = all.into_iter().map(|(name, activation)| {
        network(name, Shape::new(5, 3, 2), |builder| {
            let before = with(convolution(6, [2, 2], [1, 1]), Padding::NONE, 1, true);
            let input = builder.add("before", before, &[builder.input()]);
            builder.add("tested", Op::Activation(activation), &[input])
        })
    });
    graphs.collect()
}

fn norms() -> Vec<Graph> {
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

fn joins() -> Vec<Graph> {
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
    let dropouts = network("dropout", Shape::new(4, 5, 3), |builder| {
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
    });
    vec![gate, concat, add, dropouts]
}

/// All of them.
pub fn all() -> Vec<Graph> {
    [convolutions(), pools(), functions(), norms(), joins()].concat()
}
