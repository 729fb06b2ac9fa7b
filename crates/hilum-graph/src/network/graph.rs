//! Nodes in the order in which they run.

use serde::{Deserialize, Serialize};

use super::error::GraphError;
use super::initialisation::Initialisation;
use super::node::{Node, NodeIndex};
use super::op::Op;
use super::parameter::{ParameterSpec, roles_and_shapes};
use super::record::GraphRecord;
use super::shape::Shape;
use super::tap::Tap;

/// A network: nodes in the order in which they run, the last of which gives the logits.
///
/// What is deserialised is checked node by node, as [`GraphBuilder::try_add`] does.
///
/// [`GraphBuilder::try_add`]: super::GraphBuilder::try_add
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "GraphRecord", into = "GraphRecord")]
pub struct Graph {
    pub(super) name: String,
    pub(super) nodes: Vec<Node>,
    pub(super) head: NodeIndex,
    pub(super) taps: Vec<Tap>,
    pub(super) initialisation: Initialisation,
}

impl Graph {
    /// The architecture's name, such as `mobilenet-v2`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Every node, in the order in which they run; inputs stand before their users.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The node at `index`.
    pub fn node(&self, index: NodeIndex) -> &Node {
        &self.nodes[index.0]
    }

    /// The shape of the image that the network reads.
    pub fn input_shape(&self) -> Shape {
        self.nodes[0].shape
    }

    /// How many logits come out: the number of classes.
    pub fn class_count(&self) -> usize {
        self.nodes[self.nodes.len() - 1].shape.channels
    }

    /// The first node of the head: what is replaced for other classes and trained when the
    /// backbone is frozen.
    pub fn head(&self) -> NodeIndex {
        self.head
    }

    /// What is handed out besides the logits: layers from the image on, and last what the head
    /// reads.
    pub fn taps(&self) -> &[Tap] {
        &self.taps
    }

    /// The shape of what the taps hold of an image: one vector, tap after tap.
    pub fn tapped_shape(&self) -> Shape {
        let counts = self.taps.iter().map(|tap| self.tap_value_count(*tap));
        Shape::vector(counts.sum())
    }

    /// How many values a tap holds of an image.
    pub fn tap_value_count(&self, tap: Tap) -> usize {
        tap.value_count(self.node(tap.node).shape)
    }

    /// Whether anything is computed before `first`: the image alone is nothing.
    pub fn has_border(&self, first: NodeIndex) -> bool {
        first.0 > 1
    }

    /// The nodes before `first` whose results are read from `first` on; behind the last node,
    /// the last.
    ///
    /// Where there is no [border](Self::has_border) that is the image.
    pub fn border(&self, first: NodeIndex) -> Vec<NodeIndex> {
        if !self.has_border(first) {
            return vec![NodeIndex(0)];
        }
        if first.0 >= self.nodes.len() {
            return vec![NodeIndex(self.nodes.len() - 1)];
        }
        let is_read = |node: &NodeIndex| {
            let mut users = self.nodes[first.0..].iter();
            users.any(|user| user.inputs.contains(node))
        };
        (0..first.0).map(NodeIndex).filter(is_read).collect()
    }

    /// The shape of what crosses the border before `first`: one vector for each image, unless
    /// it is the image itself.
    pub fn border_shape(&self, first: NodeIndex) -> Shape {
        if !self.has_border(first) {
            return self.input_shape();
        }
        let border = self.border(first);
        let counts = border
            .iter()
            .map(|node| self.node(*node).shape.value_count());
        Shape::vector(counts.sum())
    }

    /// How its first weights are drawn.
    pub fn initialisation(&self) -> Initialisation {
        self.initialisation
    }

    /// The same network with every dropout's probability at zero, stochastic depth included.
    #[must_use]
    pub fn without_dropout(mut self) -> Self {
        for node in &mut self.nodes {
            if let Op::Dropout { probability, .. } = &mut node.op {
                *probability = 0.0;
            }
        }
        self
    }

    /// The same network with another share that the dropout of the head zeroes, if it has one.
    #[must_use]
    pub fn with_head_dropout(mut self, share: f32) -> Self {
        let head = self.head.0;
        for node in &mut self.nodes[head..] {
            if let Op::Dropout { probability, .. } = &mut node.op {
                *probability = share;
            }
        }
        self
    }

    /// The same network for another number of classes: its last layer has as many outputs.
    ///
    /// # Errors
    /// [`GraphError::OtherClasses`] if the last node is no dense layer or convolution.
    pub fn with_class_count(mut self, count: usize) -> Result<Self, GraphError> {
        if count == 0 {
            return Err(GraphError::NoClasses);
        }
        if count == self.class_count() {
            return Ok(self);
        }
        let last = self.nodes.len() - 1;
        let node = &mut self.nodes[last];
        match &mut node.op {
            Op::Dense { out_features, .. } => *out_features = count,
            Op::Convolution {
                out_channels,
                groups: 1,
                ..
            } => *out_channels = count,
            _ => {
                let node = node.name.clone();
                return Err(GraphError::OtherClasses { node, count });
            }
        }
        node.shape.channels = count;
        Ok(self)
    }

    /// Every parameter, in the order of the nodes.
    pub fn parameters(&self) -> Vec<ParameterSpec> {
        let mut specs = Vec::new();
        for (index, node) in self.nodes.iter().enumerate() {
            let input = node.inputs.first().map(|input| self.node(*input).shape);
            let in_channels = input.map_or(0, |shape| shape.channels);
            for (role, shape) in roles_and_shapes(node.op, in_channels) {
                specs.push(ParameterSpec {
                    name: format!("{}.{}", node.name, role.suffix()),
                    node: NodeIndex(index),
                    role,
                    shape,
                });
            }
        }
        specs
    }
}
