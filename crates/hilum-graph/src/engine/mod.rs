//! The seam: what an engine does with a graph, whatever it runs on.

mod batch;
mod device;
mod dropout;
mod error;
mod gradient;
mod loss;
mod step;

#[cfg(doc)]
use crate::network::Tap;
use crate::network::{Graph, NodeIndex};
use crate::parameters::Parameters;

pub use batch::{Batch, Logits};
pub use device::{DeviceName, GpuInterface};
pub use dropout::dropout_keeps;
pub use error::EngineError;
pub use gradient::{Gradient, LogitFactors};
pub use loss::{Loss, cross_entropy};
pub use step::{Entry, OptimizerState, Step, StepOutcome, UpdateRule};

/// Runs a graph: inference, and training one step at a time.
///
/// An engine owns the parameters and the optimiser's state while it runs; both go in and out
/// by name and in PyTorch's layouts, so that engines can be exchanged in the middle of a run.
///
/// Same graph, same parameters, same steps, same thread count: same results to the bit.
pub trait Engine: Send {
    /// The network that it runs.
    fn graph(&self) -> &Graph;

    /// Logits in inference mode: running statistics normalise, dropout does nothing.
    fn forward(&mut self, images: &Batch) -> Result<Logits, EngineError>;

    /// The logits of [`forward`](Self::forward), and what the graph's [taps](Graph::taps) hold: a
    /// row per image, of [`Graph::tapped_shape`], tap after tap as [`Tap::pool`] makes them.
    ///
    /// One pass makes both; rounding may differ from [`forward`](Self::forward)'s.
    fn forward_tapped(&mut self, images: &Batch) -> Result<(Logits, Batch), EngineError>;

    /// What the nodes before `first_trained` make of images, in inference mode: a row per image
    /// of the values of [`Graph::border`], node after node, NHWC.
    ///
    /// A row depends on its image alone, not on the others of the batch or their count. From
    /// `NodeIndex(0)` and `NodeIndex(1)` the images themselves come back.
    fn features(&mut self, images: &Batch, first_trained: NodeIndex) -> Result<Batch, EngineError>;

    /// Logits in inference mode, from what [`features`](Self::features) made for the same
    /// `first_trained`.
    fn forward_features(
        &mut self,
        features: &Batch,
        first_trained: NodeIndex,
    ) -> Result<Logits, EngineError>;

    /// What `node` makes of images in inference mode, the logits, and the gradient of the logits'
    /// weighted sum by each of the node's values, as if these were given: `factors` names the
    /// weights once it sees the logits.
    ///
    /// All images go through together: memory grows with their count. Where a slope jumps (a
    /// ReLU's zero) it is the one that training takes.
    fn gradient(
        &mut self,
        images: &Batch,
        node: NodeIndex,
        factors: LogitFactors<'_>,
    ) -> Result<Gradient, EngineError>;

    /// One training step: forward in training mode, loss, backward, update.
    ///
    /// If the loss is not finite, nothing is updated, neither parameters nor running statistics.
    fn train_step(&mut self, step: &Step<'_>) -> Result<StepOutcome, EngineError>;

    /// A copy of all parameters and running statistics.
    fn parameters(&self) -> Result<Parameters, EngineError>;

    /// Replaces all parameters and running statistics.
    fn set_parameters(&mut self, parameters: &Parameters) -> Result<(), EngineError>;

    /// A copy of the optimiser's state.
    fn optimizer_state(&self) -> Result<OptimizerState, EngineError>;

    /// Replaces the optimiser's state; an empty one starts afresh.
    fn set_optimizer_state(&mut self, state: &OptimizerState) -> Result<(), EngineError>;

    /// The running average of all parameters and statistics, if a step asked for one
    /// ([`Step::averaging`]).
    fn average(&self) -> Result<Option<Parameters>, EngineError>;

    /// Replaces the running average; with `None` the next one starts from the weights then.
    fn set_average(&mut self, average: Option<&Parameters>) -> Result<(), EngineError>;

    /// What it runs on, for logs and reports: `cpu avx2, 2 threads`.
    fn description(&self) -> String;

    /// Bytes that it keeps for the passes it has run so far: parameters in all forms, the
    /// optimiser's moments, gradients, tensors. `None` if it cannot say.
    fn memory(&self) -> Option<usize> {
        None
    }
}
