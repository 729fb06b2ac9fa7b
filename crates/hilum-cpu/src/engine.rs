//! The engine: what `hilum-graph` asks, on the processor.

mod border;
mod core;
mod crossing;
mod deriving;
mod machines;
mod tapping;

use std::num::NonZeroUsize;

use hilum_graph::{
    Batch, Engine, EngineError, Gradient, Graph, LogitFactors, Logits, NodeIndex, OptimizerState,
    Parameters, Step, StepOutcome,
};

use self::core::{AnyCore, Core};
use crate::Precision;
#[cfg(target_arch = "aarch64")]
use crate::simd::Neon;
#[cfg(target_arch = "x86_64")]
use crate::simd::{Avx2, Avx512};
use crate::simd::{InstructionSet, Portable, Simd};

/// A graph on the processor.
///
/// # Panics
/// [`Engine::train_step`] panics if a step has not one true class per image or not one weight
/// per class, or a class that the graph does not have, and [`Engine::gradient`] if there is not one
/// factor per logit: mistakes of the caller.
pub struct CpuEngine {
    core: Box<dyn AnyCore>,
    set: InstructionSet,
    precision: Precision,
    training: Precision,
}

/// How an engine runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Threads, the caller's included; all cores if `None`.
    pub threads: Option<NonZeroUsize>,
    /// The instruction set; [`InstructionSet::from_environment`] if `None`.
    pub instruction_set: Option<InstructionSet>,
    /// Of inference.
    pub precision: Precision,
    /// Of training steps; parameters, sums, gradients and moments are `f32` always.
    pub training: Precision,
}

impl CpuEngine {
    /// An engine for `graph` that begins with `parameters`.
    ///
    /// # Errors
    /// [`EngineError::Parameters`] if the parameters do not fit the graph,
    /// [`EngineError::Device`] if the processor lacks the instruction set.
    pub fn new(
        graph: Graph,
        parameters: &Parameters,
        options: Options,
    ) -> Result<Self, EngineError> {
        let refuse = |reason: String| EngineError::Device {
            device: "cpu".to_owned(),
            reason,
        };
        let set = match options.instruction_set {
            Some(set) => set,
            None => {
                InstructionSet::from_environment().map_err(|error| refuse(error.to_string()))?
            }
        };
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let threads = options.threads.map_or(cores, NonZeroUsize::get);
        let Options {
            precision,
            training,
            ..
        } = options;
        let precisions = [precision, training];
        let core = match set {
            InstructionSet::Portable => open::<Portable>(graph, parameters, precisions, threads),
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => open::<Avx2>(graph, parameters, precisions, threads),
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 => open::<Avx512>(graph, parameters, precisions, threads),
            #[cfg(target_arch = "aarch64")]
            InstructionSet::Neon => open::<Neon>(graph, parameters, precisions, threads),
            _ => None,
        };
        let core =
            core.unwrap_or_else(|| Err(refuse(format!("this processor cannot run `{set}`"))))?;
        Ok(Self {
            core,
            set,
            precision,
            training,
        })
    }

    /// Bytes of memory that the engine keeps for the passes it has run so far: parameters in all
    /// forms, the optimiser's moments, tensors.
    pub fn memory(&self) -> usize {
        AnyCore::memory(self.core.as_ref())
    }
}

/// An engine on instruction set `S`, with the precisions of inference and of training; `None` if the processor does not
/// have it.
fn open<S: Simd>(
    graph: Graph,
    parameters: &Parameters,
    precisions: [Precision; 2],
    threads: usize,
) -> Option<Result<Box<dyn AnyCore>, EngineError>> {
    let simd = S::detect()?;
    let core = Core::new(simd, graph, parameters, precisions, threads);
    Some(core.map(|core| Box::new(core) as Box<dyn AnyCore>))
}

impl Engine for CpuEngine {
    fn graph(&self) -> &Graph {
        self.core.graph()
    }

    fn forward(&mut self, images: &Batch) -> Result<Logits, EngineError> {
        self.core.forward(images)
    }

    fn forward_tapped(&mut self, images: &Batch) -> Result<(Logits, Batch), EngineError> {
        self.core.forward_tapped(images)
    }

    fn features(&mut self, images: &Batch, first_trained: NodeIndex) -> Result<Batch, EngineError> {
        self.core.features(images, first_trained)
    }

    fn forward_features(
        &mut self,
        features: &Batch,
        first_trained: NodeIndex,
    ) -> Result<Logits, EngineError> {
        self.core.forward_features(features, first_trained)
    }

    fn gradient(
        &mut self,
        images: &Batch,
        node: NodeIndex,
        factors: LogitFactors<'_>,
    ) -> Result<Gradient, EngineError> {
        self.core.gradient(images, node, factors)
    }

    fn train_step(&mut self, step: &Step<'_>) -> Result<StepOutcome, EngineError> {
        self.core.train_step(step)
    }

    fn parameters(&self) -> Result<Parameters, EngineError> {
        self.core.parameters()
    }

    fn set_parameters(&mut self, parameters: &Parameters) -> Result<(), EngineError> {
        self.core.set_parameters(parameters)
    }

    fn optimizer_state(&self) -> Result<OptimizerState, EngineError> {
        self.core.optimizer_state()
    }

    fn set_optimizer_state(&mut self, state: &OptimizerState) -> Result<(), EngineError> {
        self.core.set_optimizer_state(state)
    }

    fn average(&self) -> Result<Option<Parameters>, EngineError> {
        self.core.average()
    }

    fn set_average(&mut self, average: Option<&Parameters>) -> Result<(), EngineError> {
        self.core.set_average(average)
    }

    fn description(&self) -> String {
        let precision = match (self.precision, self.training) {
            (Precision::F32, Precision::F32) => "",
            (Precision::F32, Precision::Bf16) => " trained in bf16",
            (Precision::Bf16, _) => " bf16",
        };
        match self.core.threads() {
            1 => format!("cpu {}{precision}, 1 thread", self.set),
            threads => format!("cpu {}{precision}, {threads} threads", self.set),
        }
    }

    fn memory(&self) -> Option<usize> {
        Some(CpuEngine::memory(self))
    }
}
