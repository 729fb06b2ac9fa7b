//! Windows that slide over images: output sizes against PyTorch and by counting.

use hilum_graph::{GraphBuilder, GraphError, Op, Padding, Shape};
use proptest::prelude::*;
use serde::Deserialize;

/// Pool, height, width, kernel, stride, padding, ceil, output: as `make_sliding.py` says.
type Case = (
    bool,
    usize,
    usize,
    [usize; 2],
    [usize; 2],
    [usize; 2],
    bool,
    Option<[usize; 2]>,
);

#[derive(Deserialize)]
struct Reference {
    cases: Vec<Case>,
}

fn output(op: Op, input: Shape) -> Result<Shape, GraphError> {
    let mut builder = GraphBuilder::new("window", input);
    let image = builder.input();
    builder.begin_head();
    let window = builder.add("slide", op, &[image]);
    let shape = builder.shape(window);
    builder.finish().map(|_| shape)
}

#[test]
fn windows_give_as_many_outputs_as_pytorchs() {
    let reference: Reference = serde_json::from_str(include_str!("reference/sliding.json"))
        .expect("the reference is JSON");
    for case in reference.cases {
        let (pool, height, width, kernel, stride, [down, across], ceil, expected) = case;
        let padding = Padding {
            top: down,
            bottom: down,
            left: across,
            right: across,
        };
        let op = if pool {
            Op::MaxPool {
                kernel,
                stride,
                padding,
                ceil,
            }
        } else {
            Op::Convolution {
                out_channels: 1,
                kernel,
                stride,
                padding,
                groups: 1,
                bias: false,
            }
        };
        let found = output(op, Shape::new(height, width, 1));
        if let Some([rows, columns]) = expected {
            assert_eq!(found, Ok(Shape::new(rows, columns, 1)), "{case:?}");
        } else {
            let node = match &found {
                Err(GraphError::TooSmall { node, .. }) => node.as_str(),
                _ => "none",
            };
            assert_eq!(node, "slide", "{case:?}: {found:?}");
        }
    }
}

/// Starts of windows that lie wholly inside image and padding.
fn starts(size: usize, kernel: usize, stride: usize, padded: usize) -> usize {
    (0..size + padded)
        .step_by(stride)
        .filter(|start| start + kernel <= size + padded)
        .count()
}

#[test]
fn operations_refuse_inputs_that_do_not_fit() {
    let grouped = Op::Convolution {
        out_channels: 4,
        kernel: [1, 1],
        stride: [1, 1],
        padding: Padding::NONE,
        groups: 2,
        bias: false,
    };
    let dense = Op::Dense {
        out_features: 4,
        bias: true,
    };
    let repeat = Op::RepeatChannels { count: 3 };
    for op in [grouped, dense, repeat] {
        let found = output(op, Shape::new(8, 8, 3));
        let expected = GraphError::Inputs {
            node: "slide".to_owned(),
            found: "8 x 8 x 3".to_owned(),
        };
        assert_eq!(found, Err(expected), "{op}");
    }
}

#[test]
fn images_of_two_sizes_are_neither_added_nor_joined() {
    let pool = Op::MaxPool {
        kernel: [2, 2],
        stride: [2, 2],
        padding: Padding::NONE,
        ceil: false,
    };
    for op in [Op::Add, Op::Concat, Op::Gate] {
        let mut builder = GraphBuilder::new("join", Shape::new(8, 8, 3));
        let image = builder.input();
        builder.begin_head();
        let half = builder.add("half", pool, &[image]);
        builder.add("join", op, &[image, half]);
        let message = builder.finish().expect_err("sizes differ").to_string();
        assert_eq!(
            message,
            "`join` cannot take inputs of 8 x 8 x 3 and 4 x 4 x 3"
        );
    }
}

proptest! {
    #[test]
    fn a_convolution_has_one_output_for_each_window_inside(
        (height, width) in (1_usize..40, 1_usize..40),
        kernel in prop::array::uniform2(1_usize..8),
        stride in prop::array::uniform2(1_usize..5),
        (top, bottom, left, right) in (0_usize..4, 0_usize..4, 0_usize..4, 0_usize..4),
    ) {
        let op = Op::Convolution {
            out_channels: 3,
            kernel,
            stride,
            padding: Padding { top, bottom, left, right },
            groups: 1,
            bias: false,
        };
        let rows = starts(height, kernel[0], stride[0], top + bottom);
        let columns = starts(width, kernel[1], stride[1], left + right);
        match output(op, Shape::new(height, width, 2)) {
            Ok(shape) => prop_assert_eq!(shape, Shape::new(rows, columns, 3)),
            Err(_) => prop_assert!(rows == 0 || columns == 0),
        }
    }
}
