//! A network as data: nodes, shapes, parameters, and the seam behind which engines run it.
//!
//! Nothing here computes a convolution. An [`Engine`] does, and every engine reads the same
//! [`Graph`].
//!
//! An [`Architecture`] builds the graph for an image and a number of classes; [`initialise`]
//! draws its first weights; [`summarise`] says what it costs. Weights in files are `hilum-weights`'s.
//!
//! ```
//! use hilum_graph::{Architecture, Shape, initialise, summarise};
//!
//! let architecture: Architecture = "mobilenet-v2".parse()?;
//! let graph = architecture.build(Shape::new(224, 224, 3), 4, None)?;
//! let parameters = initialise(&graph, 32);
//! let head = parameters.get("classifier.1.weight").map(|tensor| tensor.shape.as_slice());
//! assert_eq!(head, Some([4, 1280].as_slice()));
//! assert_eq!(summarise(&graph).parameters, 2_228_996);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod architecture;
mod engine;
pub mod formula;
mod network;
mod parameters;

pub use architecture::{Architecture, NetworkName, Recognised, UnknownArchitecture};
pub use engine::{
    Batch, DeviceName, Engine, EngineError, Entry, GpuInterface, Gradient, LogitFactors, Logits,
    Loss, OptimizerState, Step, StepOutcome, UpdateRule, cross_entropy, dropout_keeps,
};
pub use network::{
    Activation, Distribution, DropoutUnit, Graph, GraphBuilder, GraphError, Initialisation, Layer,
    Node, NodeIndex, Op, Padding, ParameterRole, ParameterSpec, Shape, Summary, Tap, Window,
    summarise,
};
pub use parameters::{Parameters, ParametersError, Tensor, initialise, initialise_head};
