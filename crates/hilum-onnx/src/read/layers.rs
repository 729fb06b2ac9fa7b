//! The layers of a graph that hold parameters, in their order, whatever their tensors are called.

use std::collections::HashMap;

use hilum_graph::{Graph, NodeIndex, Op, ParameterRole, ParameterSpec, Parameters, Tensor};

use super::copies::Copies;
use super::error::ReadError;
use super::schema::Node;

/// A layer of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct OnnxLayer {
    /// What it computes.
    pub kind: LayerKind,
    /// In ONNX's order: weight and bias; scale, shift, mean and variance.
    tensors: Vec<Tensor>,
}

/// What a layer with parameters computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerKind {
    /// `Conv`.
    Convolution,
    /// `Gemm`, or `MatMul` with `Add`.
    Dense,
    /// `BatchNormalization`.
    BatchNorm,
}

/// Tensors by the names of a graph.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matched {
    /// The tensors.
    pub parameters: Parameters,
    /// How many batch norms were folded into convolutions, and have the convolution's bias now.
    pub unfolded: usize,
}

/// The layers of `nodes`, whose constants are `known`.
pub(super) fn layers(
    nodes: &[Node],
    known: &HashMap<String, &Tensor>,
    copies: &mut Copies,
) -> Result<Vec<OnnxLayer>, ReadError> {
    let readers = |name: &str| {
        nodes
            .iter()
            .find(|node| node.inputs.iter().any(|input| input == name))
    };
    let constant = |node: &Node, at: usize| {
        let name = node.inputs.get(at)?;
        known.get(name.as_str()).copied()
    };
    let mut found = Vec::new();
    for node in nodes {
        let kind = match node.op.as_str() {
            "Conv" => LayerKind::Convolution,
            "Gemm" | "MatMul" => LayerKind::Dense,
            "BatchNormalization" => LayerKind::BatchNorm,
            _ => continue,
        };
        let Some(first) = constant(node, 1) else {
            continue;
        };
        let mut tensors = vec![first.clone()];
        if kind == LayerKind::Dense && !is_transposed(node) {
            let Some(turned) = turned(first) else {
                continue;
            };
            tensors[0] = turned;
        }
        tensors.extend((2..5).filter_map(|at| constant(node, at)).cloned());
        if node.op == "MatMul" {
            let next = node.outputs.first().and_then(|output| readers(output));
            let next = next.filter(|next| next.op == "Add");
            let bias = next.and_then(|next| constant(next, 0).or_else(|| constant(next, 1)));
            tensors.extend(bias.cloned());
        }
        for tensor in &tensors {
            copies.spend(tensor)?;
        }
        found.push(OnnxLayer { kind, tensors });
    }
    Ok(found)
}

/// Whether a dense layer's matrix lies as PyTorch's, a row for each result.
fn is_transposed(node: &Node) -> bool {
    let mut attributes = node.attributes.iter();
    node.op == "Gemm" && attributes.any(|one| one.name == "transB" && one.int == 1)
}

fn turned(matrix: &Tensor) -> Option<Tensor> {
    let [rows, columns] = matrix.shape[..] else {
        return None;
    };
    let places = (0..columns).flat_map(|column| (0..rows).map(move |row| row * columns + column));
    let data = places.map(|place| matrix.data[place]).collect();
    Some(Tensor::new(vec![columns, rows], data))
}

/// Gives the tensors of `layers` the names that `graph` has for layers of the same kind and shape, in
/// their order; the head's may be for another count of classes.
///
/// Exporters fold batch norm into the convolution before it. What is left is a weight and a bias: the
/// batch norm becomes one that adds that bias and changes nothing else.
pub fn in_order(layers: &[OnnxLayer], graph: &Graph) -> Matched {
    let has_norms = layers
        .iter()
        .any(|layer| layer.kind == LayerKind::BatchNorm);
    let mut slots = slots(graph);
    let mut matched = Matched::default();
    for layer in layers {
        let fits = |slot: &&mut Slot| !slot.is_taken && slot.fits(layer, graph);
        let Some(slot) = slots.iter_mut().find(fits) else {
            continue;
        };
        slot.is_taken = true;
        let (node, specs) = (slot.node, slot.specs.clone());
        let (own, rest) = layer.tensors.split_at(specs.len().min(layer.tensors.len()));
        for (spec, tensor) in specs.iter().zip(own) {
            matched.parameters.insert(spec.name.clone(), tensor.clone());
        }
        // What is zero may have been left out.
        let zeros = Tensor::new(vec![own[0].shape[0]], vec![0.0; own[0].shape[0]]);
        for spec in &specs[own.len()..] {
            matched.parameters.insert(spec.name.clone(), zeros.clone());
        }
        let bias = match rest {
            [bias] => bias,
            [] if layer.kind == LayerKind::Convolution && !has_norms => &zeros,
            _ => continue,
        };
        let reads = |slot: &&mut Slot| !slot.is_taken && slot.normalises(node, graph);
        if let Some(norm) = slots.iter_mut().find(reads) {
            norm.is_taken = true;
            matched.unfolded += 1;
            norm.add(bias, graph, &mut matched.parameters);
        }
    }
    matched
}

/// A node of a graph that has parameters.
#[derive(Debug)]
struct Slot {
    node: NodeIndex,
    specs: Vec<ParameterSpec>,
    is_taken: bool,
}

fn slots(graph: &Graph) -> Vec<Slot> {
    let mut slots: Vec<Slot> = Vec::new();
    for spec in graph.parameters() {
        match slots.last_mut() {
            Some(slot) if slot.node == spec.node => slot.specs.push(spec),
            _ => slots.push(Slot {
                node: spec.node,
                specs: vec![spec],
                is_taken: false,
            }),
        }
    }
    slots
}

impl Slot {
    fn fits(&self, layer: &OnnxLayer, graph: &Graph) -> bool {
        let is_kind = matches!(
            (graph.node(self.node).op, layer.kind),
            (Op::Convolution { .. }, LayerKind::Convolution)
                | (Op::Dense { .. }, LayerKind::Dense)
                | (Op::BatchNorm { .. }, LayerKind::BatchNorm)
        );
        // Of the head, the count of classes may differ.
        let from = usize::from(self.node >= graph.head());
        let (expected, found) = (&self.specs[0].shape, &layer.tensors[0].shape);
        let mut others = layer.tensors[1..].iter();
        is_kind
            && expected.len() == found.len()
            && expected[from..] == found[from..]
            && others.all(|other| other.shape == found[..1])
    }

    /// Whether it is a batch norm of what `node` makes.
    fn normalises(&self, node: NodeIndex, graph: &Graph) -> bool {
        let own = graph.node(self.node);
        matches!(own.op, Op::BatchNorm { .. }) && own.inputs == [node]
    }

    /// Makes it one that adds `bias`.
    fn add(&self, bias: &Tensor, graph: &Graph, parameters: &mut Parameters) {
        let Op::BatchNorm { epsilon, .. } = graph.node(self.node).op else {
            return;
        };
        for spec in &self.specs {
            let fill = |value: f32| {
                Tensor::new(spec.shape.clone(), vec![value; spec.shape.iter().product()])
            };
            let tensor = match spec.role {
                ParameterRole::Scale => fill((1.0 + epsilon).sqrt()),
                ParameterRole::RunningMean => fill(0.0),
                ParameterRole::RunningVariance => fill(1.0),
                _ => bias.clone(),
            };
            parameters.insert(spec.name.clone(), tensor);
        }
    }
}
