//! Parts of small networks of odd sizes.

use hilum_graph::{Graph, GraphBuilder, NodeIndex, Op, Padding, Shape};

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

/// A convolution with other padding, groups and bias.
pub(super) fn with(op: Op, new_padding: Padding, new_groups: usize, new_bias: bool) -> Op {
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

/// Padding that differs from side to side.
pub(super) const UNEVEN: Padding = Padding {
    top: 0,
    bottom: 1,
    left: 2,
    right: 1,
};
