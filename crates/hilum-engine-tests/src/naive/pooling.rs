//! Pools: the largest value under a kernel, the mean over an image.

use hilum_graph::{Graph, Op, Padding, Shape};

use super::network::{UNEVEN, convolution, network};
use super::value::Value;
use super::window::window;

/// The pool of `input`.
pub(super) fn forward(op: Op, shape: Shape, input: &Value) -> Value {
    let Shape { height, width, .. } = input.shape;
    Value::build(shape, input.images.len(), |n, r, c, k| match op {
        Op::MaxPool {
            kernel,
            stride,
            padding,
            ..
        } => {
            let (row, column) = largest(input, kernel, stride, padding, [n, r, c, k]);
            input.at(n, row, column, k)
        }
        Op::GlobalAveragePool => {
            let places = (0..height).flat_map(|r| (0..width).map(move |c| (r, c)));
            let sum: f64 = places.map(|(r, c)| input.at(n, r, c, k)).sum();
            sum / (height * width) as f64
        }
        _ => unreachable!("pools only"),
    })
}

/// The largest value takes all of a slope, a mean spreads it evenly.
pub(super) fn backward(op: Op, input: &Value, slope: &Value) -> Value {
    let Shape { height, width, .. } = input.shape;
    let mut back = Value::zeros_like(input);
    slope.places(|n, r, c, k| {
        let out = slope.at(n, r, c, k);
        match op {
            Op::MaxPool {
                kernel,
                stride,
                padding,
                ..
            } => {
                let (row, column) = largest(input, kernel, stride, padding, [n, r, c, k]);
                *back.at_mut(n, row, column, k) += out;
            }
            Op::GlobalAveragePool => {
                for row in 0..height {
                    for column in 0..width {
                        *back.at_mut(n, row, column, k) += out / (height * width) as f64;
                    }
                }
            }
            _ => unreachable!("pools only"),
        }
    });
    back
}

/// How near two values come that both could be the largest under a kernel.
pub(super) fn distance_to_jump(op: Op, input: &Value, output: &Value) -> f64 {
    let Op::MaxPool {
        kernel,
        stride,
        padding,
        ..
    } = op
    else {
        return f64::INFINITY;
    };
    let mut nearest = f64::INFINITY;
    output.places(|n, r, c, k| {
        let place = largest(input, kernel, stride, padding, [n, r, c, k]);
        let first = input.at(n, place.0, place.1, k);
        window(
            input.shape,
            kernel,
            stride,
            padding,
            [r, c],
            |row, column| {
                if (row, column) != place {
                    // Equal zeros lie under a ReLU, which lets no slope pass.
                    let gap = first - input.at(n, row, column, k);
                    if gap > 0.0 {
                        nearest = nearest.min(gap);
                    }
                }
            },
        );
    });
    nearest
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
    window(
        input.shape,
        kernel,
        stride,
        padding,
        [r, c],
        |row, column| {
            let value = input.at(n, row, column, k);
            if found.is_none_or(|(best, _)| value > best) {
                found = Some((value, (row, column)));
            }
        },
    );
    found.expect("a window that holds a value").1
}

/// Small networks of pools.
pub(super) fn graphs() -> Vec<Graph> {
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
