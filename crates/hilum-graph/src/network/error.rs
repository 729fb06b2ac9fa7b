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
    /// A node that somebody else wrote cannot be.
    #[error("`{node}` {what}: no such network can run")]
    Unsound {
        /// The node.
        node: String,
        /// What is wrong with it.
        what: String,
    },
    /// A network that was imported reads images of one size.
    #[error(
        "the imported network reads images of {expected}, found {found}\n\
         hint: choose that size and these channels in the recipe"
    )]
    ImageOfImported {
        /// What it reads.
        expected: Shape,
        /// What it was to read.
        found: Shape,
    },
    /// A network whose last layer makes no vector of classes cannot be given others.
    #[error(
        "the imported network ends in `{node}`, which cannot be made to tell {count} classes apart"
    )]
    OtherClasses {
        /// Its last node.
        node: String,
        /// How many classes were asked for.
        count: usize,
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
