//! One operation of a network, and its place.

use serde::{Deserialize, Serialize};

use super::op::Op;
use super::shape::Shape;

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
