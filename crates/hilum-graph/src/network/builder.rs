//! Nodes put behind one another until they are a graph.

use super::error::GraphError;
use super::graph::Graph;
use super::initialisation::Initialisation;
use super::node::{Node, NodeIndex};
use super::op::Op;
use super::output_shape::output_shape;
use super::shape::Shape;
use super::tap::Tap;

/// The longest side of an image of unknown origin, and the most values of its pixels.
const MAX_IMAGE_SIDE: usize = 1 << 16;
const MAX_IMAGE_CHANNELS: usize = 1 << 10;

/// Puts nodes behind one another and derives every shape.
///
/// Errors are kept until [`GraphBuilder::finish`], so that an architecture reads as a list.
#[derive(Debug)]
pub struct GraphBuilder {
    name: String,
    nodes: Vec<Node>,
    head: Option<NodeIndex>,
    taps: Vec<Tap>,
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
            taps: Vec::new(),
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

    /// [`new`](Self::new) for an image of unknown origin.
    ///
    /// # Errors
    /// [`GraphError::Unsound`] if no image is of that shape.
    pub fn try_new(name: impl Into<String>, input: Shape) -> Result<Self, GraphError> {
        let sides = [input.height, input.width];
        let is_sound = sides.iter().all(|side| (1..=MAX_IMAGE_SIDE).contains(side))
            && (1..=MAX_IMAGE_CHANNELS).contains(&input.channels);
        if is_sound {
            Ok(Self::new(name, input))
        } else {
            Err(GraphError::Unsound {
                node: "input".to_owned(),
                what: format!("is {input}"),
            })
        }
    }

    /// How many nodes there are.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether a node is called `name`.
    pub fn has(&self, name: &str) -> bool {
        self.nodes.iter().any(|node| node.name == name)
    }

    /// The error of the last node, if it had one.
    pub(super) fn take_error(&mut self) -> Result<(), GraphError> {
        self.error.take().map_or(Ok(()), Err)
    }

    /// The last node.
    pub fn last(&self) -> NodeIndex {
        NodeIndex(self.nodes.len() - 1)
    }

    /// The node at `index`.
    pub fn node(&self, index: NodeIndex) -> &Node {
        &self.nodes[index.0]
    }

    /// Takes off the last node; the input stays.
    pub fn pop(&mut self) -> Option<Node> {
        if self.nodes.len() == 1 {
            return None;
        }
        self.nodes.pop()
    }

    /// Says that the head begins with `node`.
    ///
    /// # Errors
    /// [`GraphError::Unsound`] if there is no such node, or it reads nothing.
    pub fn head_at(&mut self, node: NodeIndex) -> Result<(), GraphError> {
        if node.0 == 0 || node.0 >= self.nodes.len() {
            return Err(GraphError::Unsound {
                node: "head".to_owned(),
                what: "begins at a node that is not there".to_owned(),
            });
        }
        self.head = Some(node);
        Ok(())
    }

    /// Says that the means over the cells of a grid are handed out besides the logits.
    pub(super) fn tap_on_grid(&mut self, tap: Tap) {
        self.taps.push(tap);
    }

    /// Says that the head begins with the next node.
    pub fn begin_head(&mut self) {
        self.head = Some(NodeIndex(self.nodes.len()));
    }

    /// Says that the result of `node` is handed out besides the logits.
    pub fn tap(&mut self, node: NodeIndex) {
        let grid = Tap::GRID;
        self.taps.push(Tap { node, grid });
    }

    /// The graph. What its head reads is its last tap.
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
        let mut taps = self.taps;
        if let Some(first) = self.nodes.get(head.0) {
            taps.push(Tap {
                node: first.inputs[0],
                grid: 1,
            });
        }
        Ok(Graph {
            name: self.name,
            nodes: self.nodes,
            head,
            taps,
            initialisation: self.initialisation,
        })
    }
}
