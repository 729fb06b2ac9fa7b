//! Convolutions and dense layers: sums of weights times inputs.

use hilum_graph::{Graph, Op, Padding, ParameterRole, Shape};

use super::given::Given;
use super::network::{UNEVEN, convolution, network, with};
use super::value::Value;
use super::window::under;

/// A convolution as its parts; a dense layer is one of 1x1.
struct Product {
    out_channels: usize,
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: Padding,
    groups: usize,
    bias: bool,
}

impl Product {
    fn of(op: Op) -> Self {
        match op {
            Op::Convolution {
                out_channels,
                kernel,
                stride,
                padding,
                groups,
                bias,
            } => Self {
                out_channels,
                kernel,
                stride,
                padding,
                groups,
                bias,
            },
            Op::Dense { out_features, bias } => Self {
                out_channels: out_features,
                kernel: [1, 1],
                stride: [1, 1],
                padding: Padding::NONE,
                groups: 1,
                bias,
            },
            _ => unreachable!("products only"),
        }
    }

    /// Calls `visit` with position in the weight, row, column and channel of the input, for all
    /// that an output at row `r`, column `c`, channel `k` sums up.
    fn taps(
        &self,
        input: Shape,
        [r, c, k]: [usize; 3],
        mut visit: impl FnMut(usize, usize, usize, usize),
    ) {
        let [rows, columns] = self.kernel;
        let per_group = input.channels / self.groups;
        let first = k / (self.out_channels / self.groups) * per_group;
        for (row, from_row) in under(r, rows, self.stride[0], self.padding.top, input.height) {
            let left = self.padding.left;
            for (column, from) in under(c, columns, self.stride[1], left, input.width) {
                for channel in 0..per_group {
                    let position = ((k * per_group + channel) * rows + row) * columns + column;
                    visit(position, from_row, from, first + channel);
                }
            }
        }
    }
}

/// The sums, and the bias.
pub(super) fn forward(
    op: Op,
    shape: Shape,
    input: &Value,
    weight: &[f64],
    bias: Option<&[f64]>,
) -> Value {
    let product = Product::of(op);
    Value::build(shape, input.images.len(), |n, r, c, k| {
        let mut sum = bias.map_or(0.0, |bias| bias[k]);
        product.taps(input.shape, [r, c, k], |position, row, column, channel| {
            sum += weight[position] * input.at(n, row, column, channel);
        });
        sum
    })
}

/// What a step back gives to the input, the weight and the bias.
pub(super) fn backward(op: Op, input: &Value, weight: &[f64], slope: &Value) -> Given {
    let product = Product::of(op);
    let mut back = Value::zeros_like(input);
    let mut of_weight = vec![0.0; weight.len()];
    let mut of_bias = vec![0.0; product.out_channels];
    slope.places(|n, r, c, k| {
        let out = slope.at(n, r, c, k);
        of_bias[k] += out;
        product.taps(input.shape, [r, c, k], |position, row, column, channel| {
            of_weight[position] += out * input.at(n, row, column, channel);
            *back.at_mut(n, row, column, channel) += out * weight[position];
        });
    });
    let mut parameters = vec![(ParameterRole::Weight, of_weight)];
    if product.bias {
        parameters.push((ParameterRole::Bias, of_bias));
    }
    Given {
        inputs: vec![back],
        parameters,
    }
}

/// Small networks of convolutions.
pub(super) fn graphs() -> Vec<Graph> {
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
