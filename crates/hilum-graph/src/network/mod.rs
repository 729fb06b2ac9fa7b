//! A network as data: nodes, their shapes, what they need to be given and what they cost.

mod builder;
mod checked;
mod error;
mod graph;
mod initialisation;
mod node;
mod op;
mod output_shape;
mod padding;
mod parameter;
mod record;
mod shape;
mod summary;
mod tap;
mod window;

pub use builder::GraphBuilder;
pub use error::GraphError;
pub use graph::Graph;
pub use initialisation::{Distribution, Initialisation};
pub use node::{Node, NodeIndex};
pub use op::{Activation, DropoutUnit, Op};
pub use padding::Padding;
pub use parameter::{ParameterRole, ParameterSpec};
pub use shape::Shape;
pub use summary::{Layer, Summary, summarise};
pub use tap::Tap;
pub use window::Window;
