//! The network alone.

use super::Exported;
use super::description;
use super::network::network;
use super::nodes::{Axis, Nodes, Value, info};
use crate::proto::DataType;

/// Writes the network alone: from `input`, prepared numbers (batch x channels x height x width, 32-bit),
/// to `logits` (batch x classes).
///
/// # Panics
/// If parameters of the graph are missing.
pub fn write_bare(exported: &Exported<'_>) -> Vec<u8> {
    let Exported {
        graph, parameters, ..
    } = exported;
    let mut nodes = Nodes::default();
    let input = Value::input("input");
    let results = network(&mut nodes, graph, parameters, &input, &[]);
    nodes.result("logits", &results.logits);
    let shape = graph.input_shape();
    let batch = Axis::Named("batch");
    let axes = [
        batch,
        Axis::Of(shape.channels),
        Axis::Of(shape.height),
        Axis::Of(shape.width),
    ];
    let input = info("input", DataType::Float, &axes);
    let logits = info(
        "logits",
        DataType::Float,
        &[batch, Axis::Of(graph.class_count())],
    );
    let text = description::bare(graph);
    let written = nodes.finish(graph.name(), text.clone(), input, vec![logits]);
    exported.bytes(written, text)
}
