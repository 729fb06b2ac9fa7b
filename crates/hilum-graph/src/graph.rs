//! Nodes in the order in which they run.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::output_shape::output_shape;
use crate::{Initialisation, Op, ParameterRole, ParameterSpec, Shape};

/// The position of a node in its graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeIndex(pub usize);

/// One operation of a network.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The module's path in PyTorch's naming, such as `features.1.conv.0.0`; unique.
    pub name: String,
    /// What it computes.
    pub op: Op,
    /// Where its inputs come from; all stand before it.
    pub inputs: Vec<NodeIndex>,
    /// The shape of its result, for one image.
    pub shape: Shape,
}

/// A network: nodes in the order in which they run, the last of which gives the logits.
#[derive(Debug, Clone, PartialEq)]
pub struct Graph {
    name: String,
    nodes: Vec<Node>,
    head: NodeIndex,
    initialisation: Initialisation,
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

    /// The nodes before `first` whose results are read from `first` on; behind the last node,
    /// the last.
    ///
    /// Up to the second node that is the image: nothing could be computed before.
    pub fn border(&self, first: NodeIndex) -> Vec<NodeIndex> {
        if first.0 <= 1 {
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
        if first.0 <= 1 {
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

    /// Every parameter, in the order of the nodes.
    pub fn parameters(&self) -> Vec<ParameterSpec> {
        let mut specs = Vec::new();
        for (index, node) in self.nodes.iter().enumerate() {
            for (role, shape) in self.node_parameters(node) {
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

    fn node_parameters(&self, node: &Node) -> Vec<(ParameterRole, Vec<usize>)> {
        use ParameterRole::{Bias, RunningMean, RunningVariance, Scale, Shift, Weight};
        let in_channels = node
            .inputs
            .first()
            .map_or(0, |input| self.node(*input).shape.channels);
        match node.op {
            Op::Convolution {
                out_channels,
                kernel,
                groups,
                bias,
                ..
            } => {
                let mut list = vec![(
                    Weight,
                    vec![out_channels, in_channels / groups, kernel[0], kernel[1]],
                )];
                if bias {
                    list.push((Bias, vec![out_channels]));
                }
                list
            }
            Op::Dense { out_features, bias } => {
                let mut list = vec![(Weight, vec![out_features, in_channels])];
                if bias {
                    list.push((Bias, vec![out_features]));
                }
                list
            }
            Op::BatchNorm { .. } => [Scale, Shift, RunningMean, RunningVariance]
                .map(|role| (role, vec![in_channels]))
                .into(),
            _ => Vec::new(),
        }
    }
}

/// Why nodes do not make a graph.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GraphError {
    /// The image shrinks to nothing on its way.
    #[error(
        "`{node}` has nothing left of an input of {input}: its kernel is larger than its {found}\n\
         hint: choose a larger image size"
    )]
    TooSmall {
        /// The node that cannot run.
        node: String,
        /// The network's input.
        input: Shape,
        /// What reaches the node.
        found: Shape,
    },
    /// Inputs of a node do not fit one another or the operation.
    #[error("`{node}` cannot take inputs of {found}")]
    Inputs {
        /// The node.
        node: String,
        /// The shapes that reach it.
        found: String,
    },
    /// A network of colour images cannot read these.
    #[error(
        "`{graph}` reads images of one or three channels, found {found}\n\
         hint: choose grey or three channels in the recipe"
    )]
    Channels {
        /// The network's name.
        graph: String,
        /// What it was to read.
        found: Shape,
    },
    /// A network without outputs.
    #[error("a network needs at least one class, found none")]
    NoClasses,
    /// A share of values that dropout cannot zero.
    #[error("dropout `{found}` is not in 0.0..1.0")]
    Dropout {
        /// What was asked for.
        found: String,
    },
}

/// Puts nodes behind one another and derives every shape.
///
/// Errors are kept until [`GraphBuilder::finish`], so that an architecture reads as a list.
#[derive(Debug)]
pub struct GraphBuilder {
    name: String,
    nodes: Vec<Node>,
    head: Option<NodeIndex>,
    initialisation: Initialisation,
    error: Option<GraphError>,
}

impl GraphBuilder {
    /// A graph called `name` that reads images of `input`.
    pub fn new(name: impl Into<String>, input: Shape) -> Self {
        let node = Node {
            name: "input".to_owned(),
            op: Op::Input,
            inputs: Vec::new(),
            shape: input,
        };
        Self {
            name: name.into(),
            nodes: vec![node],
            head: None,
            initialisation: Initialisation::default(),
            error: None,
        }
    }

    /// How first weights are to be drawn.
    #[must_use]
    pub fn initialise_with(mut self, initialisation: Initialisation) -> Self {
        self.initialisation = initialisation;
        self
    }

    /// The input node.
    pub fn input(&self) -> NodeIndex {
        NodeIndex(0)
    }

    /// The shape of a node's result.
    pub fn shape(&self, index: NodeIndex) -> Shape {
        self.nodes[index.0].shape
    }

    /// Appends a node.
    ///
    /// # Panics
    /// If `name` is taken or an input does not exist yet: a mistake in an architecture.
    pub fn add(&mut self, name: impl Into<String>, op: Op, inputs: &[NodeIndex]) -> NodeIndex {
        let name = name.into();
        assert!(
            self.nodes.iter().all(|node| node.name != name),
            "two nodes called `{name}`"
        );
        let shapes: Vec<Shape> = inputs.iter().map(|input| self.shape(*input)).collect();
        let shape = output_shape(&name, op, &shapes, self.shape(NodeIndex(0)));
        let shape = shape.unwrap_or_else(|error| {
            self.error.get_or_insert(error);
            Shape::vector(1)
        });
        self.nodes.push(Node {
            name,
            op,
            inputs: inputs.to_vec(),
            shape,
        });
        NodeIndex(self.nodes.len() - 1)
    }

    /// Says that the head begins with the next node.
    pub fn begin_head(&mut self) {
        self.head = Some(NodeIndex(self.nodes.len()));
    }

    /// The graph.
    ///
    /// # Errors
    /// The first node that cannot run.
    ///
    /// # Panics
    /// If no head was begun: a mistake in an architecture.
    pub fn finish(self) -> Result<Graph, GraphError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let head = self
            .head
            .expect("an architecture says where its head begins");
        Ok(Graph {
            name: self.name,
            nodes: self.nodes,
            head,
            initialisation: self.initialisation,
        })
    }
}
