//! A network as data: nodes, shapes, parameters, and the seam behind which engines run it.
//!
//! Nothing here computes a convolution. An [`Engine`] does, and every engine reads the same
//! [`Graph`].

mod architecture;
mod atomic;
mod engine;
pub mod formula;
mod graph;
mod initialise;
mod model_file;
mod op;
mod output_shape;
mod parameters;
mod shape;
mod summary;
mod tensor_file;
mod weights;

pub use architecture::{Architecture, UnknownArchitecture};
pub use atomic::write_atomically;
pub use engine::{
    Batch, Engine, EngineError, Logits, OptimizerState, Step, StepOutcome, UpdateRule,
    dropout_keeps,
};
pub use graph::{Graph, GraphBuilder, GraphError, Node, NodeIndex};
pub use initialise::{Distribution, Initialisation, initialise, initialise_head};
pub use model_file::{ArchitectureDescription, INTENDED_USE, ModelFile, ModelFileError};
pub use op::{Activation, DropoutUnit, Op, Padding};
pub use parameters::{ParameterRole, ParameterSpec, Parameters, ParametersError, Tensor};
pub use shape::Shape;
pub use summary::{Layer, Summary, summarise};
pub use tensor_file::{TensorFileError, read_tensors, write_tensors};
pub use weights::{
    ApplyError, ApplyReport, HeadReplaced, IgnoredTensor, Misshapen, Partial, PickleError,
    PytorchError, WeightsError, WeightsFile, WeightsFormat, apply_weights, read_weights,
};
