//! Convolutions of any shape, and what follows them, against plain loops over `f64`.

use hilum_graph::{Activation, Graph, GraphBuilder, Op, Padding, Shape};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::Open;
use crate::naive::{self, Weights, graphs};
use crate::operations::{TRAINING, infers_what_plain_loops_infer, trains_as_plain_loops_do};

/// A convolution and what is fused with it.
#[derive(Debug, Clone)]
struct Case {
    height: usize,
    width: usize,
    channels: usize,
    convolution: Op,
    norm: bool,
    activation: Option<Activation>,
    pool: bool,
    image_count: usize,
    seed: u32,
}

impl Case {
    /// A convolution in front of it needs the gradient of its input.
    fn graph(&self) -> Graph {
        let input = Shape::new(self.height, self.width, 3);
        graphs::network(&format!("{self:?}"), input, |builder: &mut GraphBuilder| {
            let before = graphs::convolution(self.channels, [1, 1], [1, 1]);
            let before = builder.add("before", before, &[builder.input()]);
            let mut last = builder.add("tested", self.convolution, &[before]);
            if self.norm {
                let norm = Op::BatchNorm {
                    epsilon: 1e-3,
                    momentum: 0.1,
                };
                last = builder.add("norm", norm, &[last]);
            }
            if let Some(activation) = self.activation {
                last = builder.add("activation", Op::Activation(activation), &[last]);
            }
            if self.pool {
                let pool = Op::MaxPool {
                    kernel: [2, 2],
                    stride: [2, 2],
                    padding: Padding::NONE,
                    ceil: false,
                };
                last = builder.add("pool", pool, &[last]);
            }
            last
        })
    }

    fn check(&self, engines: &[Open<'_>]) {
        let graph = self.graph();
        // Where rounding would decide on which side of a jump a value lies, both slopes are
        // right; such images are asked for inference only. Some shapes have no others: a kernel
        // that lies in the padding gives exactly zero.
        let clear = (self.seed..self.seed + 50).find_map(|seed| {
            let parameters = naive::parameters(&graph, seed);
            let images = naive::images(&graph, self.image_count, seed);
            let weights = Weights::new(&graph, &parameters);
            let pass = naive::run(&graph, &weights, &images, TRAINING);
            (pass.distance_to_jump(&graph) > 1e-5).then_some((parameters, images))
        });
        let Some((parameters, images)) = clear else {
            let parameters = naive::parameters(&graph, self.seed);
            let images = naive::images(&graph, self.image_count, self.seed);
            infers_what_plain_loops_infer(engines, &graph, &parameters, &images, WITHIN);
            return;
        };
        infers_what_plain_loops_infer(engines, &graph, &parameters, &images, WITHIN);
        trains_as_plain_loops_do(engines, &graph, &parameters, &images, WITHIN);
    }
}

/// Of the largest magnitude.
const WITHIN: f64 = 1e-4;

/// What a convolution's input is, and what it does with channels.
fn channels() -> impl Strategy<Value = (usize, usize, usize)> {
    prop_oneof![
        4 => (1usize..=40, 1usize..=40).prop_map(|(from, to)| (from, to, 1)),
        2 => (1usize..=40, 1usize..=2).prop_map(|(from, fold)| (from, fold * from, from)),
        1 => (1usize..=10, 1usize..=10, 2usize..=4)
            .prop_map(|(from, to, groups)| (from * groups, to * groups, groups)),
    ]
}

/// Kernel and stride: half of them those of Winograd's algorithm.
fn window() -> impl Strategy<Value = ([usize; 2], [usize; 2])> {
    let any = (1usize..=5, 1usize..=5, 1usize..=3, 1usize..=3);
    prop_oneof![
        3 => Just(([3, 3], [1, 1])),
        1 => (1usize..=5, 1usize..=3).prop_map(|(kernel, stride)| ([kernel; 2], [stride; 2])),
        2 => any.prop_map(|(rows, columns, down, across)| ([rows, columns], [down, across])),
    ]
}

fn activation() -> impl Strategy<Value = Option<Activation>> {
    prop::option::weighted(0.8, prop::sample::select(&Activation::ALL[..]))
}

prop_compose! {
    fn case()(
        (height, width) in (1usize..=20, 1usize..=20),
        (channels, out_channels, groups) in channels(),
        (kernel, stride) in window(),
        (top, bottom, left, right) in (0usize..=2, 0usize..=2, 0usize..=2, 0usize..=2),
        (bias, norm, pool) in (any::<bool>(), any::<bool>(), any::<bool>()),
        activation in activation(),
        image_count in 1usize..=5,
        seed in 0u32..1000,
    ) -> Case {
        let padding = Padding { top, bottom, left, right };
        let height = height.max(kernel[0].saturating_sub(top + bottom));
        let width = width.max(kernel[1].saturating_sub(left + right));
        let results = |size: usize, axis: usize, around: usize| {
            (size + around - kernel[axis]) / stride[axis] + 1
        };
        let (rows, columns) = (results(height, 0, top + bottom), results(width, 1, left + right));
        Case {
            height,
            width,
            channels,
            convolution: Op::Convolution { out_channels, kernel, stride, padding, groups, bias },
            // The variance of one or two values is mostly rounding.
            norm: norm && rows * columns * image_count > 8,
            activation,
            pool: pool && rows > 1 && columns > 1,
            image_count,
            seed,
        }
    }
}

/// Convolutions of every kind, drawn with a fixed seed, with and without batch norm, activation
/// and pooling.
pub fn of_any_shape(engines: &[Open<'_>], case_count: u32) {
    let config = Config {
        cases: case_count,
        failure_persistence: None,
        max_shrink_iters: 64,
        ..Config::default()
    };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, random);
    let outcome = runner.run(&case(), |case| {
        case.check(engines);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

/// The 3x3 convolution at stride 1 of images of every size from 1 to 20: few pixels are best
/// computed directly, more of them in tiles of 2x2, many in tiles of 4x4.
pub fn of_three_by_three_at_every_size(engines: &[Open<'_>]) {
    for size in 1..=20 {
        let case = Case {
            height: size,
            width: (size * 7) % 20 + 1,
            channels: 1 + size * 5 % 23,
            convolution: Op::Convolution {
                out_channels: 1 + size * 11 % 19,
                kernel: [3, 3],
                stride: [1, 1],
                padding: Padding::same(1),
                groups: 1,
                bias: size % 2 == 0,
            },
            norm: size % 3 == 1,
            activation: (size % 4 > 1).then_some(Activation::Relu),
            pool: size % 4 == 3 && (size * 7) % 20 > 0,
            image_count: 1 + size % 3,
            seed: size as u32,
        };
        case.check(engines);
    }
}

/// Depthwise convolutions behind others, of images so large that what lies between need not be stored as a whole.
pub fn of_depthwise_behind_others(engines: &[Open<'_>]) {
    let input = Shape::new(131, 90, 3);
    let padded =
        |out_channels: usize, kernel: usize, stride: usize, groups: usize| Op::Convolution {
            out_channels,
            kernel: [kernel; 2],
            stride: [stride; 2],
            padding: Padding::same(kernel / 2),
            groups,
            bias: true,
        };
    let steps = [
        ("stem", padded(16, 3, 1, 1)),
        ("bent", Op::Activation(Activation::Silu)),
        ("depthwise", padded(16, 3, 1, 16)),
        ("clipped", Op::Activation(Activation::Relu6)),
        ("narrow", padded(8, 1, 1, 1)),
        ("expand", padded(24, 1, 1, 1)),
        ("limited", Op::Activation(Activation::Relu)),
        ("wide", padded(24, 5, 2, 24)),
        ("average", Op::GlobalAveragePool),
    ];
    let graph = graphs::network(
        "depthwise behind others",
        input,
        |builder: &mut GraphBuilder| {
            let mut last = builder.input();
            for (name, op) in steps {
                last = builder.add(name, op, &[last]);
            }
            last
        },
    );
    let parameters = naive::parameters(&graph, 7);
    for count in [1, 2, 3] {
        let images = naive::images(&graph, count, 5);
        infers_what_plain_loops_infer(engines, &graph, &parameters, &images, 1e-4);
    }
}
