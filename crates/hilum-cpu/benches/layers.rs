//! Milliseconds per image of every layer shape of all architectures, one JSON line each.
//!
//! `cargo bench -p hilum-cpu --bench layers -- [ARCHITECTURE] [predict|train] [BATCH] [cpu]`
//!
//! Shapes are read off the graphs, each once, with the architectures that have it. A layer runs
//! in a small network: behind it a mean and a dense layer; in front of it, unless it reads the
//! image, a batch norm, which makes the gradient of its input wanted. `around_ms` is what the
//! network takes without the layer. Predictions are of one image and of sixteen, training steps
//! of sixteen; with `cpu`, by one thread and its processor time (Linux).

mod timing;

use hilum_graph::{Architecture, Graph, GraphBuilder, Op, Shape};
use timing::{CLASSES, Mode, Wanted, measure};

/// A layer as it occurs in a network.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Layer {
    op: Op,
    input: Shape,
    /// Whether it reads the image, which needs no gradient.
    is_first: bool,
}

fn main() {
    let wanted = Wanted::from_command_line();
    for (layer, users) in layers(wanted.architectures()) {
        for (mode, count) in wanted.batches() {
            print(layer, &users, mode, count, &wanted);
        }
    }
}

/// Every shape once, in the order in which networks have them.
fn layers(architectures: impl Iterator<Item = Architecture>) -> Vec<(Layer, Vec<&'static str>)> {
    let mut found: Vec<(Layer, Vec<&'static str>)> = Vec::new();
    for architecture in architectures {
        let graph = architecture.build(architecture.default_input(), CLASSES, None);
        let graph = graph.expect("a graph");
        for layer in graph.nodes().iter().filter_map(|node| {
            let reads = graph.node(*node.inputs.first()?);
            let layer = Layer {
                op: node.op,
                input: reads.shape,
                is_first: reads.inputs.is_empty(),
            };
            is_timed(node.op).then_some(layer)
        }) {
            match found.iter_mut().find(|(known, _)| *known == layer) {
                Some((_, users)) if users.contains(&architecture.name()) => {}
                Some((_, users)) => users.push(architecture.name()),
                None => found.push((layer, vec![architecture.name()])),
            }
        }
    }
    found
}

fn is_timed(op: Op) -> bool {
    matches!(
        op,
        Op::Convolution { .. } | Op::Dense { .. } | Op::MaxPool { .. }
    )
}

impl Layer {
    /// The layer in its small network, or that network alone.
    fn graph(self, is_there: bool) -> Graph {
        let mut builder = GraphBuilder::new("layer", self.input);
        let mut last = builder.input();
        if !self.is_first {
            let norm = Op::BatchNorm {
                epsilon: 1e-3,
                momentum: 0.1,
            };
            last = builder.add("before", norm, &[last]);
        }
        if is_there {
            last = builder.add("layer", self.op, &[last]);
        }
        if builder.shape(last).height * builder.shape(last).width > 1 {
            last = builder.add("mean", Op::GlobalAveragePool, &[last]);
        }
        let flat = builder.add("flat", Op::Flatten, &[last]);
        builder.begin_head();
        let dense = Op::Dense {
            out_features: CLASSES,
            bias: true,
        };
        builder.add("head", dense, &[flat]);
        builder.finish().expect("a layer that fits its input")
    }
}

#[expect(clippy::print_stdout, reason = "a benchmark says what it found")]
fn print(layer: Layer, users: &[&str], mode: Mode, count: usize, wanted: &Wanted) {
    let whole = measure(layer.graph(true), mode, count, wanted);
    let around = measure(layer.graph(false), mode, count, wanted);
    let Shape {
        height,
        width,
        channels,
    } = layer.input;
    println!(
        "{{\"layer\":\"{}\",\"input\":[{height},{width},{channels}],\"users\":{users:?},\"mode\":\"{}\",\"batch\":{count},\"ms_per_image\":{:.4},\"around_ms\":{:.4},\"engine\":\"{}\",\"memory_mb\":{:.1}}}",
        layer.op,
        mode.name(),
        whole.ms_per_image,
        around.ms_per_image,
        whole.engine,
        whole.memory_mb
    );
}
