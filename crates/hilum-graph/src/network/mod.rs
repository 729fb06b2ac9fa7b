//! A network as data: nodes, their shapes, what they need to be given and what they cost.

mod builder;
mod error;
mod graph;
mod initialisation;
mod node;
mod op;
mod output_shape;
mod parameter;
mod shape;
mod summary;

pub use builder::GraphBuilder;
pub use error::GraphError;
pub use graph::Graph;
pub use initialisation::{Distribution, Initialisation};
pub use node::{Node, NodeIndex};
pub use op::{Activation, DropoutUnit, Op, Padding};
pub use parameter::{ParameterRole, ParameterSpec};
pub use shape::Shape;
pub use summary::{Layer, Summary, summarise};
