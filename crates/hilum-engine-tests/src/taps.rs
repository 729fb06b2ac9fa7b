//! What is handed out besides the logits.

#![expect(missing_docs, reason = "a check's name says it")]

use hilum_graph::{Activation, Architecture, Batch, Engine, Graph, Op, Shape, Tap, formula};

use crate::naive::{self, Mode, Weights, graphs};
use crate::{Open, assert_close};

/// All of this module's checks as tests of the engine that an expression opens.
#[macro_export]
macro_rules! taps {
    ($open:expr) => {
        $crate::tests_of! { taps, $open,
            taps_hold_the_means_of_what_their_nodes_make
            every_architecture_hands_out_what_plain_loops_make
            taps_follow_the_weights
            images_of_another_shape_are_refused_by_taps
        }
    };
}

/// Taps where other passes would have computed several nodes at once: a convolution that its
/// norm and activation follow, a pooled one, both sides of a sum.
fn graph() -> Graph {
    graphs::network("tapped", Shape::new(11, 9, 3), |builder| {
        let norm = Op::BatchNorm {
            epsilon: 1e-5,
            momentum: 0.1,
        };
        let relu = Op::Activation(Activation::Relu);
        let pool = Op::MaxPool {
            kernel: [2, 2],
            stride: [2, 2],
            padding: hilum_graph::Padding::NONE,
            ceil: false,
        };
        let stem = graphs::convolution(5, [3, 3], [1, 1]);
        let bare = builder.add("stem", stem, &[builder.input()]);
        let normed = builder.add("norm", norm, &[bare]);
        let active = builder.add("relu", relu, &[normed]);
        let second = builder.add("second", graphs::convolution(6, [3, 3], [1, 1]), &[active]);
        let pooled = builder.add("pool", pool, &[second]);
        let branch = builder.add("branch", graphs::convolution(6, [1, 1], [1, 1]), &[pooled]);
        let sum = builder.add("sum", Op::Add, &[branch, pooled]);
        for node in [bare, active, second, branch, sum] {
            builder.tap(node);
        }
        builder.add("last", relu, &[sum])
    })
}

fn expected(graph: &Graph, weights: &Weights, images: &Batch) -> Vec<f64> {
    let pass = naive::run(graph, weights, images, Mode::Inference);
    let mut rows = Vec::new();
    for image in 0..images.count {
        for tap in graph.taps() {
            let shape = graph.node(tap.node).shape;
            rows.extend(means(*tap, shape, &pass.result(tap.node)[image]));
        }
    }
    rows
}

/// PyTorch's `adaptive_avg_pool2d`, mean by mean.
fn means(tap: Tap, shape: Shape, values: &[f64]) -> Vec<f64> {
    let span = |cell: usize, size: usize| {
        let start = (cell as f64 * size as f64 / tap.grid as f64).floor() as usize;
        let end = ((cell + 1) as f64 * size as f64 / tap.grid as f64).ceil() as usize;
        start..end
    };
    let mut means = Vec::new();
    for cell in 0..tap.grid * tap.grid {
        for channel in 0..shape.channels {
            let (mut sum, mut count) = (0.0, 0.0);
            for row in span(cell / tap.grid, shape.height) {
                for column in span(cell % tap.grid, shape.width) {
                    sum += values[(row * shape.width + column) * shape.channels + channel];
                    count += 1.0;
                }
            }
            means.push(sum / count);
        }
    }
    means
}

/// One image alone is a case of its own, and so are more than go through at once.
const COUNTS: [usize; 3] = [1, 5, 19];

fn check(engine: &mut dyn Engine, weights: &Weights, images: &Batch, what: &str) {
    let graph = engine.graph().clone();
    let (logits, taps) = engine.forward_tapped(images).unwrap();
    assert_eq!(
        (taps.count, taps.shape),
        (images.count, graph.tapped_shape())
    );
    let found = taps.data.iter().map(|value| f64::from(*value));
    let expected = expected(&graph, weights, images);
    assert_close(found, &expected, 1.0, 1e-4, &format!("{what}, taps"));
    let alone = engine.forward(images).unwrap();
    let alone: Vec<f64> = alone.as_slice().iter().map(|v| f64::from(*v)).collect();
    let found = logits.as_slice().iter().map(|value| f64::from(*value));
    assert_close(found, &alone, 0.1, 1e-5, &format!("{what}, logits"));
}

pub fn taps_hold_the_means_of_what_their_nodes_make(open: Open<'_>) {
    let graph = graph();
    let parameters = naive::parameters(&graph, 1);
    let weights = Weights::new(&graph, &parameters);
    let mut engine = open(graph.clone(), &parameters).unwrap();
    for count in COUNTS {
        let images = naive::images(&graph, count, 9);
        check(&mut *engine, &weights, &images, &format!("{count} images"));
    }
}

pub fn every_architecture_hands_out_what_plain_loops_make(open: Open<'_>) {
    for architecture in Architecture::ALL {
        let own = architecture.default_input();
        // As small as each of them can be, since plain loops are slow.
        let side = match architecture {
            Architecture::ReferenceCnn => 190,
            _ => 64,
        };
        if architecture == Architecture::ReferenceCnn || architecture == Architecture::Resnet50 {
            continue;
        }
        let input = Shape::new(side, side, own.channels);
        let graph = architecture.build(input, 3, None).unwrap();
        assert_eq!(graph.taps().len(), 3, "of {architecture}");
        let parameters = formula::parameters(&graph);
        let weights = Weights::new(&graph, &parameters);
        let mut engine = open(graph, &parameters).unwrap();
        let images = formula::images(2, input);
        check(&mut *engine, &weights, &images, architecture.name());
    }
}

pub fn taps_follow_the_weights(open: Open<'_>) {
    let graph = graph();
    let images = naive::images(&graph, 3, 9);
    let mut engine = open(graph.clone(), &naive::parameters(&graph, 1)).unwrap();
    let before = engine.forward_tapped(&images).unwrap();
    let others = naive::parameters(&graph, 2);
    engine.set_parameters(&others).unwrap();
    let after = engine.forward_tapped(&images).unwrap();
    assert_ne!(before, after);
    let mut fresh = open(graph, &others).unwrap();
    assert_eq!(fresh.forward_tapped(&images).unwrap(), after);
}

pub fn images_of_another_shape_are_refused_by_taps(open: Open<'_>) {
    let graph = graph();
    let mut engine = open(graph.clone(), &naive::parameters(&graph, 1)).unwrap();
    let shape = Shape::new(9, 11, 3);
    let images = Batch::new(1, shape, vec![0.0; shape.value_count()]);
    let error = engine.forward_tapped(&images).unwrap_err();
    let message = "`tapped` reads images of 11 x 9 x 3, found 9 x 11 x 3";
    assert_eq!(error.to_string(), message);
}
