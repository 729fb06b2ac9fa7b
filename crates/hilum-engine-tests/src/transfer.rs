//! What training a part of a network rests on: features, rates by layer, averages.

#![expect(missing_docs, reason = "a check's name says it")]

use hilum_graph::{
    Activation, Batch, Engine, Entry, Graph, GraphBuilder, NodeIndex, Op, Parameters, Shape, Step,
    Tensor, UpdateRule,
};

use crate::naive::{self, graphs};
use crate::{Open, assert_close};

/// All of this module's checks as tests of the engine that an expression opens.
#[macro_export]
macro_rules! transfer {
    ($open:expr) => {
        $crate::tests_of! { transfer, $open,
            features_and_the_rest_make_the_whole_network
            a_step_from_features_is_the_step_from_images
            a_row_of_features_depends_on_its_image_alone
            features_follow_the_weights
            layers_learn_at_rates_of_their_own
            the_average_follows_weights_and_statistics
            the_average_of_what_is_frozen_is_what_it_was
            an_average_goes_in_and_out
        }
    };
}

const DESCENT: UpdateRule = UpdateRule::Sgd {
    momentum: 0.0,
    weight_decay: 0.0,
};

/// A convolution, a residual block whose middle has two borders, pooling and a dense head.
fn graph() -> Graph {
    graphs::network(
        "residual",
        Shape::new(8, 8, 3),
        |builder: &mut GraphBuilder| {
            let norm = Op::BatchNorm {
                epsilon: 1e-5,
                momentum: 0.1,
            };
            let relu = Op::Activation(Activation::Relu);
            let convolution = graphs::convolution(5, [3, 3], [1, 1]);
            let mut last = builder.add("stem", convolution, &[builder.input()]);
            last = builder.add("stem_norm", norm, &[last]);
            let trunk = builder.add("stem_relu", relu, &[last]);
            let mut branch = builder.add("first", graphs::convolution(5, [1, 1], [1, 1]), &[trunk]);
            branch = builder.add("first_norm", norm, &[branch]);
            branch = builder.add("second", graphs::convolution(5, [1, 1], [1, 1]), &[branch]);
            let same = builder.add("trunk", graphs::convolution(5, [1, 1], [1, 1]), &[trunk]);
            builder.add("sum", Op::Add, &[branch, same])
        },
    )
}

fn engine(open: Open<'_>) -> Box<dyn Engine> {
    let graph = graph();
    let parameters = naive::parameters(&graph, 1);
    open(graph, &parameters).unwrap()
}

/// Every node that could be the first one to learn.
fn cuts(graph: &Graph) -> impl Iterator<Item = NodeIndex> {
    (0..=graph.nodes().len()).map(NodeIndex)
}

fn step<'a>(images: &'a Batch, truth: &'a [hilum_core::ClassIndex]) -> Step<'a> {
    Step {
        images,
        truth,
        class_weights: &[1.0; 3],
        label_smoothing: 0.0,
        entry: Entry::Images,
        layer_rate: 1.0,
        averaging: None,
        first_trained: NodeIndex(0),
        update: DESCENT,
        learning_rate: 0.1,
        seed: 7,
    }
}

pub fn features_and_the_rest_make_the_whole_network(open: Open<'_>) {
    let mut engine = engine(open);
    let graph = engine.graph().clone();
    let images = naive::images(&graph, 5, 9);
    let whole = engine.forward(&images).unwrap();
    let expected: Vec<f64> = whole.as_slice().iter().map(|x| f64::from(*x)).collect();
    for first in cuts(&graph) {
        let features = engine.features(&images, first).unwrap();
        assert_eq!(features.shape, graph.border_shape(first));
        let found = engine.forward_features(&features, first).unwrap();
        let found = found.as_slice().iter().map(|x| f64::from(*x));
        assert_close(found, &expected, 0.0, 1e-5, &format!("cut at {first:?}"));
    }
    let two = cuts(&graph).filter(|first| graph.border(*first).len() == 2);
    assert!(two.count() > 0, "a cut through the block crosses twice");
}

pub fn a_step_from_features_is_the_step_from_images(open: Open<'_>) {
    let graph = graph();
    let images = naive::images(&graph, 5, 9);
    let truth = naive::truth(&graph, 5);
    for first_trained in cuts(&graph) {
        let mut whole = engine(open);
        let from_images = Step {
            first_trained,
            ..step(&images, &truth)
        };
        let expected = whole.train_step(&from_images).unwrap();
        let mut part = engine(open);
        let features = part.features(&images, first_trained).unwrap();
        let from_features = Step {
            images: &features,
            entry: Entry::Features,
            ..from_images
        };
        let found = part.train_step(&from_features).unwrap();
        assert_eq!(found, expected, "from {first_trained:?}");
        assert_eq!(part.parameters().unwrap(), whole.parameters().unwrap());
    }
}

pub fn a_row_of_features_depends_on_its_image_alone(open: Open<'_>) {
    let mut engine = engine(open);
    let graph = engine.graph().clone();
    let images = naive::images(&graph, 37, 9);
    for first in [NodeIndex(4), NodeIndex(6), graph.head()] {
        let together = engine.features(&images, first).unwrap();
        let width = together.shape.value_count();
        for lot in [1, 2, 5, 16] {
            let mut rows = Vec::new();
            for values in images.data.chunks(lot * images.shape.value_count()) {
                let count = values.len() / images.shape.value_count();
                let part = Batch::new(count, images.shape, values.to_vec());
                let found = engine.features(&part, first).unwrap();
                assert_eq!(found.data.len(), count * width);
                rows.extend(found.data);
            }
            assert!(rows == together.data, "in lots of {lot}");
        }
    }
}

pub fn features_follow_the_weights(open: Open<'_>) {
    let mut engine = engine(open);
    let graph = engine.graph().clone();
    let head = graph.head();
    let images = naive::images(&graph, 4, 9);
    let truth = naive::truth(&graph, 4);
    let before = engine.features(&images, head).unwrap();
    let parameters = engine.parameters().unwrap();
    engine.train_step(&step(&images, &truth)).unwrap();
    let after = engine.features(&images, head).unwrap();
    assert_ne!(after, before);
    let mut fresh = open(graph.clone(), &engine.parameters().unwrap()).unwrap();
    assert_eq!(fresh.features(&images, head).unwrap(), after);
    engine.set_parameters(&parameters).unwrap();
    assert_eq!(engine.features(&images, head).unwrap(), before);
}

pub fn layers_learn_at_rates_of_their_own(open: Open<'_>) {
    let graph = graph();
    let images = naive::images(&graph, 4, 9);
    let truth = naive::truth(&graph, 4);
    let moved = |layer_rate: f64| {
        let mut engine = engine(open);
        let before = engine.parameters().unwrap();
        let step = Step {
            layer_rate,
            ..step(&images, &truth)
        };
        engine.train_step(&step).unwrap();
        let after = engine.parameters().unwrap();
        let difference = |(name, tensor): (&str, &Tensor)| {
            let old = &before.get(name).unwrap().data;
            let moves = tensor.data.iter().zip(old).map(|(a, b)| f64::from(a - b));
            (name.to_owned(), moves.collect::<Vec<f64>>())
        };
        after.iter().map(difference).collect::<Vec<_>>()
    };
    let alike = moved(1.0);
    let gentle = moved(0.1);
    for spec in graph
        .parameters()
        .iter()
        .filter(|spec| spec.role.is_trained())
    {
        let find = |all: &[(String, Vec<f64>)]| {
            let found = all.iter().find(|(name, _)| *name == spec.name);
            found.unwrap().1.clone()
        };
        let position = (spec.node.0 as f64 / graph.head().0 as f64).min(1.0);
        let share = 0.1_f64.powf(1.0 - position);
        let expected: Vec<f64> = find(&alike).iter().map(|value| value * share).collect();
        // Differences of neighbouring floats: no more digits are left.
        assert_close(find(&gentle), &expected, 1e-3, 1e-3, &spec.name);
    }
}

/// `average = decay * average + (1 - decay) * weights`, value by value.
fn blended(average: &Parameters, weights: &Parameters, decay: f64) -> Parameters {
    let blend = |(name, tensor): (&str, &Tensor)| {
        let new = &weights.get(name).unwrap().data;
        let values = tensor.data.iter().zip(new);
        let data = values
            .map(|(old, new)| (decay * f64::from(*old) + (1.0 - decay) * f64::from(*new)) as f32);
        (
            name.to_owned(),
            Tensor::new(tensor.shape.clone(), data.collect()),
        )
    };
    average.iter().map(blend).collect()
}

pub fn the_average_follows_weights_and_statistics(open: Open<'_>) {
    let mut engine = engine(open);
    let graph = engine.graph().clone();
    let images = naive::images(&graph, 4, 9);
    let truth = naive::truth(&graph, 4);
    assert_eq!(engine.average().unwrap(), None);
    let mut expected: Option<Parameters> = None;
    for decay in [0.5, 0.5, 0.9, 0.75] {
        let step = Step {
            averaging: Some(decay),
            ..step(&images, &truth)
        };
        engine.train_step(&step).unwrap();
        let weights = engine.parameters().unwrap();
        let next = match &expected {
            None => weights,
            Some(average) => blended(average, &weights, decay),
        };
        let found = engine.average().unwrap().unwrap();
        for (name, tensor) in next.iter() {
            let wanted: Vec<f64> = tensor.data.iter().map(|x| f64::from(*x)).collect();
            let found = found.get(name).unwrap().data.iter().map(|x| f64::from(*x));
            assert_close(found, &wanted, 1e-3, 1e-5, name);
        }
        expected = Some(next);
    }
}

pub fn the_average_of_what_is_frozen_is_what_it_was(open: Open<'_>) {
    let mut engine = engine(open);
    let graph = engine.graph().clone();
    let images = naive::images(&graph, 4, 9);
    let truth = naive::truth(&graph, 4);
    let before = engine.parameters().unwrap();
    for _ in 0..5 {
        let step = Step {
            averaging: Some(0.77),
            first_trained: graph.head(),
            ..step(&images, &truth)
        };
        engine.train_step(&step).unwrap();
    }
    let average = engine.average().unwrap().unwrap();
    for spec in graph.parameters() {
        let is_same = average.get(&spec.name) == before.get(&spec.name);
        assert_eq!(is_same, spec.node < graph.head(), "{}", spec.name);
    }
}

pub fn an_average_goes_in_and_out(open: Open<'_>) {
    let mut engine = engine(open);
    let graph = engine.graph().clone();
    let average = naive::parameters(&graph, 2);
    engine.set_average(Some(&average)).unwrap();
    assert_eq!(engine.average().unwrap(), Some(average.clone()));
    assert_ne!(engine.parameters().unwrap(), average);
    assert!(engine.set_average(Some(&Parameters::new())).is_err());
    assert_eq!(engine.average().unwrap(), Some(average));
    engine.set_average(None).unwrap();
    assert_eq!(engine.average().unwrap(), None);
}
