//! Which engine stands behind a device's name: the only place that knows one.

use hilum_cpu::{CpuEngine, Options};
use hilum_graph::{DeviceName, Engine, EngineError, Graph, Parameters};

use crate::session::Session;
use crate::settings::MachineSettings;

/// An engine that runs `graph` on the `machine`, beginning with `parameters`.
///
/// # Errors
/// [`EngineError::Device`] if this build has no engine for the device or it does not answer,
/// [`EngineError::Parameters`] if the parameters do not fit the graph.
pub(crate) fn open(
    machine: &MachineSettings,
    graph: Graph,
    parameters: &Parameters,
    session: &Session<'_>,
) -> Result<Box<dyn Engine>, EngineError> {
    match machine.device {
        DeviceName::Cpu => {
            let options = Options {
                threads: Some(machine.threads),
                instruction_set: Some(session.instruction_set),
            };
            Ok(Box::new(CpuEngine::new(graph, parameters, options)?))
        }
        device @ DeviceName::Gpu { .. } => open_gpu(device, graph, parameters),
    }
}

#[cfg(any(
    feature = "cuda",
    feature = "metal",
    feature = "rocm",
    feature = "vulkan"
))]
fn open_gpu(
    device: DeviceName,
    graph: Graph,
    parameters: &Parameters,
) -> Result<Box<dyn Engine>, EngineError> {
    hilum_burn::open(device, graph, parameters)
}

#[cfg(not(any(
    feature = "cuda",
    feature = "metal",
    feature = "rocm",
    feature = "vulkan"
)))]
fn open_gpu(device: DeviceName, _: Graph, _: &Parameters) -> Result<Box<dyn Engine>, EngineError> {
    Err(device.left_out())
}
