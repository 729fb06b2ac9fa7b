//! Weights out of ONNX files.

mod copies;
mod error;
mod layers;
mod schema;
mod tensor;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;

use hilum_graph::Tensor;
use prost::Message;

use copies::Copies;
use error::MOST_PARTS;
use schema::{Model, Node, part_count};
use tensor::{Content, content};

pub use error::ReadError;
pub use layers::{LayerKind, Matched, OnnxLayer, in_order};
pub use tensor::External;

/// What of an ONNX file is weights.
#[derive(Debug, Clone, PartialEq)]
pub struct OnnxWeights {
    /// Constants of floating-point numbers by name; what stands for another is there under both names.
    pub tensors: Vec<(String, Tensor)>,
    /// Other constants, with ONNX's name of their type.
    pub ignored: Vec<(String, String)>,
    /// Layers with parameters, in the order in which they run.
    pub layers: Vec<OnnxLayer>,
    /// What the file says of itself, by key.
    pub metadata: BTreeMap<String, String>,
}

/// Reads the weights of an ONNX file; `beside` gives parts of files that lie beside it, and decides
/// which may be read.
///
/// # Errors
/// [`ReadError`]. No file makes it panic; memory stays within a small multiple of the files' sizes.
pub fn read_onnx(
    bytes: &[u8],
    beside: &mut dyn FnMut(&External) -> io::Result<Vec<u8>>,
) -> Result<OnnxWeights, ReadError> {
    let found = part_count(bytes).ok_or(ReadError::Damaged)?;
    if found > MOST_PARTS {
        return Err(ReadError::TooManyParts { found });
    }
    let model = Model::decode(bytes)?;
    let graph = model.graph.ok_or(ReadError::NoGraph)?;
    let (mut tensors, mut ignored) = (Vec::new(), Vec::new());
    let mut nodes = graph.nodes;
    for stored in graph.constants.into_iter().chain(constants(&mut nodes)) {
        let name = stored.name.clone();
        match content(stored, beside)? {
            Content::Numbers(tensor) => tensors.push((name, tensor)),
            Content::Other(kind) => ignored.push((name, kind)),
        }
    }
    let known = known(&tensors, &nodes);
    let mut copies = Copies::of(&tensors);
    let layers = layers::layers(&nodes, &known, &mut copies)?;
    let own: HashSet<&str> = tensors.iter().map(|(name, _)| name.as_str()).collect();
    let mut others = Vec::new();
    for (name, tensor) in known
        .iter()
        .filter(|(name, _)| !own.contains(name.as_str()))
    {
        copies.spend(tensor)?;
        others.push((name.clone(), (*tensor).clone()));
    }
    tensors.extend(others);
    let metadata = model.metadata.into_iter();
    Ok(OnnxWeights {
        tensors,
        ignored,
        layers,
        metadata: metadata.map(|entry| (entry.key, entry.value)).collect(),
    })
}

/// Takes out the tensors of `Constant` nodes, named as their results.
fn constants(nodes: &mut [Node]) -> Vec<schema::StoredTensor> {
    let constants = nodes.iter_mut().filter(|node| node.op == "Constant");
    let taken = constants.filter_map(|node| {
        let name = node.outputs.first()?.clone();
        let tensor = node
            .attributes
            .iter_mut()
            .find_map(|one| one.tensor.take())?;
        Some(schema::StoredTensor { name, ..tensor })
    });
    taken.collect()
}

/// Tensors by name, also under the names of `Identity` nodes: PyTorch writes equal ones once.
fn known<'a>(tensors: &'a [(String, Tensor)], nodes: &[Node]) -> HashMap<String, &'a Tensor> {
    let named = tensors.iter().map(|(name, tensor)| (name.clone(), tensor));
    let mut known: HashMap<String, &Tensor> = named.collect();
    for node in nodes.iter().filter(|node| node.op == "Identity") {
        let (Some(input), Some(output)) = (node.inputs.first(), node.outputs.first()) else {
            continue;
        };
        if let Some(tensor) = known.get(input).copied() {
            known.entry(output.clone()).or_insert(tensor);
        }
    }
    known
}

#[cfg(test)]
mod tests;
