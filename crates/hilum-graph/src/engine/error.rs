//! Why an engine could not do what it was asked.

use thiserror::Error;

use crate::network::Shape;
use crate::parameters::ParametersError;

/// Why an engine could not do what it was asked.
#[derive(Debug, Error)]
pub enum EngineError {
    /// Parameters do not fit the graph.
    #[error("the parameters do not fit `{graph}`")]
    Parameters {
        /// The graph's name.
        graph: String,
        /// What does not fit.
        #[source]
        source: ParametersError,
    },
    /// The optimiser's state does not fit the graph.
    #[error("the optimiser's state has no place for `{name}`")]
    OptimizerState {
        /// The entry that does not fit.
        name: String,
    },
    /// Images of another shape than the graph reads.
    #[error("`{graph}` reads images of {expected}, found {found}")]
    ImageShape {
        /// The graph's name.
        graph: String,
        /// What it reads.
        expected: Shape,
        /// What was given.
        found: Shape,
    },
    /// A logit or the loss is NaN or infinite.
    #[error("the {what} is not finite")]
    NotFinite {
        /// `loss` or `logits`.
        what: &'static str,
    },
    /// The device cannot be used.
    #[error("device `{device}` cannot be used: {reason}")]
    Device {
        /// What was asked for.
        device: String,
        /// What is in the way.
        reason: String,
    },
}
