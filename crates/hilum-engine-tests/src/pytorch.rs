//! Whole training steps against PyTorch; the references' scripts stand beside them.

#![expect(missing_docs, reason = "a check's name says it")]

use hilum_core::ClassIndex;
use hilum_graph::{
    Activation, Batch, Engine, Entry, Graph, GraphBuilder, NodeIndex, Op, Padding, Parameters,
    Shape, Step, Tensor, UpdateRule,
};
use serde_json::Value;

use crate::Open;

/// All of this module's checks as tests of the engine that an expression opens.
#[macro_export]
macro_rules! pytorch {
    ($open:expr) => {
        $crate::tests_of! { pytorch, $open,
            adam_follows_pytorch
            adam_w_follows_pytorch
            gradient_descent_follows_pytorch_with_and_without_momentum
            five_training_steps_give_pytorchs_losses_weights_and_logits
            the_first_gradients_are_pytorchs
        }
    };
}

fn reference(text: &str) -> Value {
    serde_json::from_str(text).expect("a reference file")
}

fn numbers(value: &Value) -> Vec<f32> {
    let list = value.as_array().expect("a list of numbers").iter();
    list.map(|number| number.as_f64().expect("a number") as f32)
        .collect()
}

fn classes(value: &Value) -> Vec<ClassIndex> {
    let list = value.as_array().expect("a list of classes").iter();
    list.map(|class| ClassIndex::new(class.as_u64().expect("a class") as usize))
        .collect()
}

fn tensors(value: &Value) -> Parameters {
    let entries = value.as_object().expect("tensors by name").iter();
    let tensors = entries.map(|(name, tensor)| {
        let shape = numbers(&tensor["shape"]).into_iter().map(|n| n as usize);
        let tensor = Tensor::new(shape.collect(), numbers(&tensor["data"]));
        (name.clone(), tensor)
    });
    tensors.collect()
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|value| f64::from(*value)).collect()
}

fn assert_close(found: &[f32], expected: &[f32], within: f64, what: &str) {
    crate::assert_close(wide(found), &wide(expected), 0.0, within, what);
}

fn dense_layer() -> Graph {
    let mut builder = GraphBuilder::new("dense", Shape::vector(4));
    builder.begin_head();
    let dense = Op::Dense {
        out_features: 3,
        bias: true,
    };
    builder.add("head", dense, &[builder.input()]);
    builder.finish().unwrap()
}

fn follows_pytorch(open: Open<'_>, name: &str, update: UpdateRule, learning_rate: f64) {
    let reference = reference(include_str!("reference/optimizers.json"));
    let class_weights = numbers(&reference["class_weights"]);
    let initial = Parameters::from_iter([
        (
            "head.weight".to_owned(),
            Tensor::new(vec![3, 4], numbers(&reference["weight"])),
        ),
        (
            "head.bias".to_owned(),
            Tensor::new(vec![3], numbers(&reference["bias"])),
        ),
    ]);
    let mut engine = open(dense_layer(), &initial).unwrap();
    let steps = reference["rules"][name].as_array().unwrap();
    for (number, expected) in steps.iter().enumerate() {
        let images = numbers(&reference["images"][number]);
        let outcome = engine
            .train_step(&Step {
                images: &Batch::new(5, Shape::vector(4), images),
                truth: &classes(&reference["truth"][number]),
                class_weights: &class_weights,
                label_smoothing: reference["label_smoothing"].as_f64().unwrap() as f32,
                entry: Entry::Images,
                layer_rate: 1.0,
                averaging: None,
                first_trained: NodeIndex(0),
                update,
                learning_rate,
                seed: 0,
            })
            .unwrap();
        let what = format!("{name}, step {number}");
        let loss = expected["loss"].as_f64().unwrap() as f32;
        assert_close(&[outcome.loss], &[loss], 1e-5, &what);
        let parameters = engine.parameters().unwrap();
        for (name, key) in [("head.weight", "weight"), ("head.bias", "bias")] {
            let found = &parameters.get(name).unwrap().data;
            assert_close(found, &numbers(&expected[key]), 1e-5, &what);
        }
    }
    assert!(!steps.is_empty());
}

pub fn adam_follows_pytorch(open: Open<'_>) {
    let rule = UpdateRule::Adam {
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
    };
    follows_pytorch(open, "adam", rule, 0.01);
}

pub fn adam_w_follows_pytorch(open: Open<'_>) {
    let rule = UpdateRule::AdamW {
        beta1: 0.8,
        beta2: 0.99,
        epsilon: 1e-6,
        weight_decay: 0.1,
    };
    follows_pytorch(open, "adam_w", rule, 0.02);
}

pub fn gradient_descent_follows_pytorch_with_and_without_momentum(open: Open<'_>) {
    let rule = |momentum, weight_decay| UpdateRule::Sgd {
        momentum,
        weight_decay,
    };
    follows_pytorch(open, "sgd", rule(0.0, 0.0), 0.05);
    follows_pytorch(open, "sgd_momentum", rule(0.9, 0.01), 0.05);
}

/// The network of `make_training.py`.
fn network() -> Graph {
    let mut builder = GraphBuilder::new("every-layer", Shape::new(24, 20, 1));
    let convolution = |out_channels, kernel, stride, around, groups, bias| Op::Convolution {
        out_channels,
        kernel: [kernel; 2],
        stride: [stride; 2],
        padding: Padding::same(around),
        groups,
        bias,
    };
    let norm = |epsilon, momentum| Op::BatchNorm { epsilon, momentum };
    let mut last = builder.input();
    let mut then = |name: &str, op, inputs: &[NodeIndex]| {
        last = match inputs {
            [] => builder.add(name, op, &[last]),
            _ => builder.add(name, op, inputs),
        };
        last
    };
    let activation = Op::Activation;
    then("stem", convolution(8, 3, 2, 1, 1, false), &[]);
    then("stem_norm", norm(1e-3, 0.1), &[]);
    then("stem_relu", activation(Activation::Relu6), &[]);
    let pool = Op::MaxPool {
        kernel: [3; 2],
        stride: [2; 2],
        padding: Padding::same(1),
        ceil: false,
    };
    let pooled = then("pool", pool, &[]);
    then("depthwise", convolution(8, 3, 1, 1, 8, false), &[]);
    then("depthwise_norm", norm(1e-5, 0.1), &[]);
    let body = then("depthwise_silu", activation(Activation::Silu), &[]);
    then("mean", Op::GlobalAveragePool, &[]);
    then("squeeze", convolution(4, 1, 1, 0, 1, true), &[]);
    then("squeeze_silu", activation(Activation::Silu), &[]);
    then("excite", convolution(8, 1, 1, 0, 1, true), &[]);
    let gate = then("gate", activation(Activation::Sigmoid), &[]);
    then("gated", Op::Gate, &[body, gate]);
    then("project", convolution(8, 1, 1, 0, 1, false), &[]);
    let projected = then("project_norm", norm(1e-5, 0.1), &[]);
    then("sum", Op::Add, &[pooled, projected]);
    then("last", convolution(12, 3, 1, 0, 1, true), &[]);
    then("last_relu", activation(Activation::Relu), &[]);
    then("last_mean", Op::GlobalAveragePool, &[]);
    let dense = |out_features| Op::Dense {
        out_features,
        bias: true,
    };
    then("hidden", dense(10), &[]);
    then("hidden_relu", activation(Activation::Relu), &[]);
    then("hidden_norm", norm(1e-3, 0.01), &[]);
    then("head", dense(4), &[]);
    builder.begin_head();
    builder.finish().unwrap()
}

fn train(
    open: Open<'_>,
    reference: &Value,
    update: UpdateRule,
    learning_rate: f64,
    steps: usize,
) -> (Box<dyn Engine>, Vec<f32>) {
    let before = tensors(&reference["before"]);
    let mut engine = open(network(), &before).unwrap();
    let images = Batch::new(8, Shape::new(24, 20, 1), numbers(&reference["images"]));
    let truth = classes(&reference["truth"]);
    let class_weights = numbers(&reference["class_weights"]);
    let losses = (0..steps).map(|_| {
        let step = Step {
            images: &images,
            truth: &truth,
            class_weights: &class_weights,
            label_smoothing: reference["label_smoothing"].as_f64().unwrap() as f32,
            entry: Entry::Images,
            layer_rate: 1.0,
            averaging: None,
            first_trained: NodeIndex(0),
            update,
            learning_rate,
            seed: 0,
        };
        engine.train_step(&step).unwrap().loss
    });
    let losses = losses.collect();
    (engine, losses)
}

pub fn five_training_steps_give_pytorchs_losses_weights_and_logits(open: Open<'_>) {
    let reference = reference(include_str!("reference/training.json"));
    let adam = UpdateRule::Adam {
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-3,
    };
    let (mut engine, losses) = train(open, &reference, adam, 0.02, 5);
    assert_close(&losses, &numbers(&reference["losses"]), 1e-5, "losses");

    let parameters = engine.parameters().unwrap();
    for (name, expected) in tensors(&reference["after"]).iter() {
        let found = &parameters.get(name).unwrap().data;
        assert_close(found, &expected.data, 1e-4, name);
    }
    let images = Batch::new(8, Shape::new(24, 20, 1), numbers(&reference["images"]));
    let logits = engine.forward(&images).unwrap();
    assert_close(
        logits.as_slice(),
        &numbers(&reference["logits"]),
        1e-4,
        "logits",
    );
}

pub fn the_first_gradients_are_pytorchs(open: Open<'_>) {
    let reference = reference(include_str!("reference/training.json"));
    let plain = UpdateRule::Sgd {
        momentum: 0.0,
        weight_decay: 0.0,
    };
    let (engine, _) = train(open, &reference, plain, 1.0, 1);
    let before = tensors(&reference["before"]);
    let after = engine.parameters().unwrap();
    for (name, expected) in tensors(&reference["first_gradients"]).iter() {
        let before = wide(&before.get(name).unwrap().data).into_iter();
        let after = wide(&after.get(name).unwrap().data);
        let gradient = before.zip(after).map(|(before, after)| before - after);
        // Subtraction leaves about 1e-7 of the parameter's own size.
        crate::assert_close(gradient, &wide(&expected.data), 0.01, 1e-4, name);
    }
}
