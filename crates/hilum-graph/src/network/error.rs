//! Why nodes do not make a graph.

use thiserror::Error;

use super::shape::Shape;

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
