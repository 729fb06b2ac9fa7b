//! Whether a device computes what it should: drivers exist that answer, and answer wrongly.

use hilum_core::ClassIndex;
use hilum_graph::{
    Activation, DeviceName, Engine, EngineError, Entry, GpuInterface, Graph, GraphBuilder,
    NodeIndex, Op, Padding, Parameters, Shape, Step, UpdateRule, formula,
};

/// Makes an engine that runs a graph and begins with parameters.
pub type OpenEngine<'a> = &'a dyn Fn(Graph, &Parameters) -> Result<Box<dyn Engine>, EngineError>;

/// How far a value may be from the reference's. Rounding in another order leaves a hundredth of
/// this; what wrong drivers were seen to give was off by 0.1 and more.
const TOLERANCE: f32 = 1e-3;

const IMAGE_COUNT: usize = 4;
const CLASS_COUNT: usize = 4;

/// Runs a small network with every kind of layer on an engine of `device` and on a reference:
/// logits, and one training step.
///
/// # Errors
/// [`EngineError::Device`] if a value differs by more than 1e-3, with both values, or if the
/// engine of the device fails; whatever the reference fails with.
pub fn check_device(
    device: DeviceName,
    open: OpenEngine<'_>,
    open_reference: OpenEngine<'_>,
) -> Result<(), EngineError> {
    let expected = results(open_reference)?;
    let found = results(open).map_err(|error| match error {
        EngineError::NotFinite { what } => refuse(device, &format!("the {what} is not finite")),
        error => error,
    })?;
    let pairs = found.iter().zip(&expected);
    let differences = pairs.flat_map(|(found, expected)| {
        let values = found.values.iter().zip(&expected.values).enumerate();
        values.map(move |(position, (&found, &expected_value))| Difference {
            what: &expected.what,
            position,
            found,
            expected: expected_value,
        })
    });
    let worst = differences.max_by(|one, other| one.size().total_cmp(&other.size()));
    match worst {
        Some(worst) if worst.size() > TOLERANCE => {
            let Difference {
                what,
                position,
                found,
                expected,
            } = worst;
            let reason =
                format!("{what}, value {position}: {found} where the processor finds {expected}");
            Err(refuse(device, &reason))
        }
        _ => Ok(()),
    }
}

fn refuse(device: DeviceName, reason: &str) -> EngineError {
    let way_out = match device {
        DeviceName::Gpu {
            interface: GpuInterface::Vulkan,
            ..
        } => ", or build with the feature `wgpu`, which asks less of a driver",
        _ => "",
    };
    device.refuse(format!(
        "it computes wrongly: {reason}\n\
         hint: use `--device cpu`, or update the driver{way_out}"
    ))
}

/// A value that both engines gave.
struct Difference<'a> {
    what: &'a str,
    position: usize,
    found: f32,
    expected: f32,
}

impl Difference<'_> {
    /// What is no number is infinitely far off.
    fn size(&self) -> f32 {
        let size = (self.found - self.expected).abs();
        if size.is_nan() { f32::INFINITY } else { size }
    }
}

/// Values of one kind that an engine gave.
struct Results {
    what: String,
    values: Vec<f32>,
}

fn results(open: OpenEngine<'_>) -> Result<Vec<Results>, EngineError> {
    let graph = network();
    let mut engine = open(graph.clone(), &formula::parameters(&graph))?;
    let images = formula::images(IMAGE_COUNT, graph.input_shape());
    let truth: Vec<ClassIndex> = (0..IMAGE_COUNT).map(ClassIndex::new).collect();
    let logits = engine.forward(&images)?;
    let outcome = engine.train_step(&Step {
        images: &images,
        entry: Entry::Images,
        truth: &truth,
        class_weights: &[1.0; CLASS_COUNT],
        label_smoothing: 0.1,
        first_trained: NodeIndex(0),
        // At the rate 1, parameters lose exactly their gradient.
        update: UpdateRule::Sgd {
            momentum: 0.0,
            weight_decay: 0.0,
        },
        learning_rate: 1.0,
        layer_rate: 1.0,
        averaging: None,
        seed: 0,
    })?;
    let mut results = vec![
        Results {
            what: "logits".to_owned(),
            values: logits.as_slice().to_vec(),
        },
        Results {
            what: "logits in training".to_owned(),
            values: outcome.logits.as_slice().to_vec(),
        },
        Results {
            what: "loss".to_owned(),
            values: vec![outcome.loss],
        },
    ];
    for (name, tensor) in engine.parameters()?.iter() {
        results.push(Results {
            what: format!("`{name}` after a training step"),
            values: tensor.data.clone(),
        });
    }
    Ok(results)
}

/// Dense, depthwise and pointwise convolutions, batch norms, every activation, both kinds of
/// pooling, a sum, a gate and a dense layer.
fn network() -> Graph {
    const NORM: Op = Op::BatchNorm {
        epsilon: 1e-5,
        momentum: 0.1,
    };
    let convolution = |out_channels, kernel, groups, bias| Op::Convolution {
        out_channels,
        kernel: [kernel; 2],
        stride: [1, 1],
        padding: Padding::same(kernel / 2),
        groups,
        bias,
    };
    let mut builder = GraphBuilder::new("device-check", Shape::new(16, 16, 3));
    let mut add = |name: &str, op, inputs: &[NodeIndex]| builder.add(name, op, inputs);

    let stem = add("stem", convolution(16, 3, 1, false), &[NodeIndex(0)]);
    let stem = add("stem_norm", NORM, &[stem]);
    let stem = add("stem_relu", Op::Activation(Activation::Relu), &[stem]);
    let pool = Op::MaxPool {
        kernel: [3, 3],
        stride: [2, 2],
        padding: Padding::same(1),
        ceil: false,
    };
    let trunk = add("pool", pool, &[stem]);
    let branch = add("depthwise", convolution(16, 3, 16, false), &[trunk]);
    let branch = add("depthwise_norm", NORM, &[branch]);
    let branch = add(
        "depthwise_relu6",
        Op::Activation(Activation::Relu6),
        &[branch],
    );
    let branch = add("pointwise", convolution(16, 1, 1, true), &[branch]);
    let sum = add("sum", Op::Add, &[trunk, branch]);
    let wide = add("wide", convolution(32, 3, 1, true), &[sum]);
    let wide = add("wide_silu", Op::Activation(Activation::Silu), &[wide]);
    let squeezed = add("squeeze", Op::GlobalAveragePool, &[wide]);
    let gate = add("excite", convolution(32, 1, 1, true), &[squeezed]);
    let gate = add(
        "excite_sigmoid",
        Op::Activation(Activation::Sigmoid),
        &[gate],
    );
    let gated = add("gate", Op::Gate, &[wide, gate]);
    let mean = add("mean", Op::GlobalAveragePool, &[gated]);
    builder.begin_head();
    let dense = Op::Dense {
        out_features: CLASS_COUNT,
        bias: true,
    };
    builder.add("head", dense, &[mean]);
    builder.finish().expect("a network that fits its input")
}
