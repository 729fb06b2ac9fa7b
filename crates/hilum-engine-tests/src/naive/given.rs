//! What a node gives back.

use hilum_graph::ParameterRole;

use super::value::Value;

/// What one node gives back: the gradient of each input, and of its own parameters.
pub(super) struct Given {
    pub(super) inputs: Vec<Value>,
    pub(super) parameters: Vec<(ParameterRole, Vec<f64>)>,
}

impl Given {
    /// The gradients of the inputs of a node without parameters.
    pub(super) fn to_inputs(inputs: Vec<Value>) -> Self {
        Self {
            inputs,
            parameters: Vec::new(),
        }
    }
}
