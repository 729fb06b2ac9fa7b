//! How logits answer to what any node made of images.

#![expect(missing_docs, reason = "a check's name says it")]

use hilum_graph::{
    Architecture, Batch, Engine, Gradient, Graph, Logits, NodeIndex, Op, Shape, formula,
};

use crate::naive::{self, Mode, Weights, graphs};
use crate::{Open, assert_close};

/// All of this module's checks as tests of the engine that an expression opens.
#[macro_export]
macro_rules! gradients {
    ($open:expr) => {
        $crate::tests_of! { gradients, $open,
            every_node_of_every_operation_has_the_gradient_of_plain_loops
            every_architecture_has_the_gradient_of_plain_loops
            gradients_follow_the_weights_and_leave_them_as_they_are
            gradients_are_the_slopes_that_small_changes_find
            factors_are_asked_for_once_the_logits_are_known
            images_of_another_shape_have_no_gradient
        }
    };
}

/// Another factor for each logit of each image.
fn factors(logits: &Logits) -> Vec<f32> {
    let count = logits.as_slice().len();
    (0..count).map(|at| 1.5 - (at * 7 % 5) as f32).collect()
}

fn wide(values: &[f32]) -> impl Iterator<Item = f64> {
    values.iter().map(|value| f64::from(*value))
}

/// How far gradients may lie from those of plain loops.
#[derive(Clone, Copy)]
enum Within {
    /// Each value, by the largest.
    Largest(f64),
    /// All together, by their norm: in a deep network some slopes jump within rounding.
    Norm(f64),
}

impl Within {
    fn check(self, found: &[f32], expected: &[f64], what: &str) {
        match self {
            Self::Largest(share) => assert_close(wide(found), expected, 1e-3, share, what),
            Self::Norm(share) => {
                let norm = |values: &mut dyn Iterator<Item = f64>| {
                    values.map(|value| value * value).sum::<f64>().sqrt()
                };
                let mut apart = wide(found).zip(expected).map(|(a, b)| a - b);
                let (apart, all) = (norm(&mut apart), norm(&mut expected.iter().copied()));
                assert!(apart <= share * all, "{what}: {apart} of {all}");
            }
        }
    }
}

/// Holds the gradients by the results of `nodes` against those of plain loops.
fn check(
    engine: &mut dyn Engine,
    weights: &Weights,
    images: &Batch,
    nodes: &[NodeIndex],
    within: Within,
) {
    let graph = engine.graph().clone();
    let pass = naive::run(&graph, weights, images, Mode::Inference);
    let logits = pass.logits().concat();
    let narrow = Logits::new(
        graph.class_count(),
        logits.iter().map(|v| *v as f32).collect(),
    );
    let seed: Vec<f64> = wide(&factors(&narrow)).collect();
    let slopes = pass.slopes(&graph, weights, &seed);
    for node in nodes {
        let name = &graph.node(*node).name;
        let what = format!("{}, {name}", graph.name());
        let found: Gradient = engine.gradient(images, *node, &factors).unwrap();
        let shape = graph.node(*node).shape;
        for batch in [&found.results, &found.gradient] {
            assert_eq!((batch.count, batch.shape), (images.count, shape), "{what}");
        }
        assert_close(wide(found.logits.as_slice()), &logits, 1e-3, 1e-3, &what);
        let results = pass.result(*node).concat();
        assert_close(wide(&found.results.data), &results, 1e-3, 1e-3, &what);
        let expected = slopes[node.0].concat();
        within.check(
            &found.gradient.data,
            &expected,
            &format!("{what}, gradient"),
        );
    }
}

pub fn every_node_of_every_operation_has_the_gradient_of_plain_loops(open: Open<'_>) {
    for graph in graphs::all() {
        let parameters = naive::parameters(&graph, 11);
        let weights = Weights::new(&graph, &parameters);
        let images = naive::images(&graph, 3, 5);
        let nodes: Vec<NodeIndex> = (0..graph.nodes().len()).map(NodeIndex).collect();
        let mut engine = open(graph, &parameters).unwrap();
        check(
            &mut *engine,
            &weights,
            &images,
            &nodes,
            Within::Largest(1e-4),
        );
    }
}

pub fn every_architecture_has_the_gradient_of_plain_loops(open: Open<'_>) {
    for architecture in Architecture::ALL {
        // Plain loops are slow; these two consist of what the others do.
        if matches!(
            architecture,
            Architecture::ReferenceCnn | Architecture::Resnet50
        ) {
            continue;
        }
        let input = Shape::new(64, 64, architecture.default_input().channels);
        let graph = architecture.build(input, 3, None).unwrap();
        let parameters = formula::parameters(&graph);
        let weights = Weights::new(&graph, &parameters);
        let images = formula::images(2, input);
        let is_joined = |node: &NodeIndex| graph.node(*node).op == Op::Add;
        let mut nodes = (0..graph.nodes().len()).map(NodeIndex);
        let joined = nodes.rfind(is_joined);
        let chosen = [Some(NodeIndex(0)), joined, Some(graph.head())];
        let chosen: Vec<NodeIndex> = chosen.into_iter().flatten().collect();
        let mut engine = open(graph.clone(), &parameters).unwrap();
        check(&mut *engine, &weights, &images, &chosen, Within::Norm(0.05));
    }
}

/// A network with every step of a small one: two convolutions, a norm, ReLU.
fn graph() -> Graph {
    graphs::network("derived", Shape::new(7, 9, 1), |builder| {
        let norm = Op::BatchNorm {
            epsilon: 1e-5,
            momentum: 0.1,
        };
        let first = graphs::convolution(4, [3, 3], [1, 1]);
        let first = builder.add("first", first, &[builder.input()]);
        let norm = builder.add("norm", norm, &[first]);
        builder.add("second", graphs::convolution(5, [3, 3], [2, 2]), &[norm])
    })
}

pub fn gradients_follow_the_weights_and_leave_them_as_they_are(open: Open<'_>) {
    let graph = graph();
    let images = naive::images(&graph, 3, 9);
    let node = NodeIndex(1);
    let mut engine = open(graph.clone(), &naive::parameters(&graph, 1)).unwrap();
    let before = engine.gradient(&images, node, &factors).unwrap();
    let others = naive::parameters(&graph, 2);
    engine.set_parameters(&others).unwrap();
    let after = engine.gradient(&images, node, &factors).unwrap();
    assert_ne!(before, after);
    assert_eq!(engine.parameters().unwrap(), others);
    let mut fresh = open(graph, &others).unwrap();
    assert_eq!(fresh.gradient(&images, node, &factors).unwrap(), after);
}

/// The network is linear, so that slopes are differences.
pub fn gradients_are_the_slopes_that_small_changes_find(open: Open<'_>) {
    let graph = graph();
    let mut engine = open(graph.clone(), &naive::parameters(&graph, 1)).unwrap();
    let images = naive::images(&graph, 1, 9);
    let gradient = engine.gradient(&images, NodeIndex(0), &factors).unwrap();
    let sum = |engine: &mut dyn Engine, images: &Batch| {
        let logits = engine.forward(images).unwrap();
        let factors = factors(&logits);
        wide(logits.as_slice())
            .zip(wide(&factors))
            .map(|(a, b)| a * b)
            .sum::<f64>()
    };
    let start = sum(&mut *engine, &images);
    let slopes = (0..images.data.len()).map(|at| {
        let mut changed = images.clone();
        changed.data[at] += 1.0;
        sum(&mut *engine, &changed) - start
    });
    let slopes: Vec<f64> = slopes.collect();
    assert_close(wide(&gradient.gradient.data), &slopes, 0.1, 1e-4, "slopes");
}

pub fn factors_are_asked_for_once_the_logits_are_known(open: Open<'_>) {
    let graph = graph();
    let images = naive::images(&graph, 2, 9);
    let mut engine = open(graph.clone(), &naive::parameters(&graph, 1)).unwrap();
    let expected = engine.forward(&images).unwrap();
    let of_logits = |logits: &Logits| logits.as_slice().to_vec();
    let last = NodeIndex(graph.nodes().len() - 1);
    let found = engine.gradient(&images, last, &of_logits).unwrap();
    let expected: Vec<f64> = wide(expected.as_slice()).collect();
    for values in [&found.results.data, &found.gradient.data] {
        assert_close(wide(values), &expected, 1e-3, 1e-5, "logits");
    }
}

pub fn images_of_another_shape_have_no_gradient(open: Open<'_>) {
    let graph = graph();
    let mut engine = open(graph.clone(), &naive::parameters(&graph, 1)).unwrap();
    let shape = Shape::new(9, 7, 1);
    let images = Batch::new(1, shape, vec![0.0; shape.value_count()]);
    let error = engine
        .gradient(&images, NodeIndex(0), &factors)
        .unwrap_err();
    let message = "`derived` reads images of 7 x 9 x 1, found 9 x 7 x 1";
    assert_eq!(error.to_string(), message);
}
