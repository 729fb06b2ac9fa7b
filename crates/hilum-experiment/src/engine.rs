//! Which engine stands behind a device's name: the only place that knows one.

use hilum_cpu::{CpuEngine, Options, Precision};
use hilum_graph::{DeviceName, Engine, EngineError, Graph, Parameters};

use crate::session::Session;
use crate::settings::{Arithmetic, MachineSettings};

/// An engine that answers with `graph` on the `machine`, in its precision, beginning with `parameters`.
///
/// # Errors
/// [`EngineError::Device`] if this build has no engine for the device, or it does not answer or
/// computes wrongly; [`EngineError::Parameters`] if the parameters do not fit the graph.
pub(crate) fn open(
    machine: &MachineSettings,
    graph: Graph,
    parameters: &Parameters,
    session: &Session<'_>,
) -> Result<Box<dyn Engine>, EngineError> {
    let options = Options {
        precision: precision(machine),
        ..options(machine, session)
    };
    open_with(options, machine, graph, parameters)
}

/// An engine that trains in the precision of the `machine`; what it answers, by which epochs are compared and
/// thresholds are found, is in `f32`.
///
/// # Errors
/// As [`open`].
pub(crate) fn open_to_train(
    machine: &MachineSettings,
    graph: Graph,
    parameters: &Parameters,
    session: &Session<'_>,
) -> Result<Box<dyn Engine>, EngineError> {
    let options = Options {
        training: precision(machine),
        ..options(machine, session)
    };
    open_with(options, machine, graph, parameters)
}

fn options(machine: &MachineSettings, session: &Session<'_>) -> Options {
    Options {
        threads: Some(machine.threads),
        instruction_set: Some(session.instruction_set),
        ..Options::default()
    }
}

fn precision(machine: &MachineSettings) -> Precision {
    match machine.precision {
        // Open only in training, and where no model says whether it would do.
        Arithmetic::Auto | Arithmetic::F32 => Precision::F32,
        Arithmetic::Bf16 => Precision::Bf16,
    }
}

fn open_with(
    options: Options,
    machine: &MachineSettings,
    graph: Graph,
    parameters: &Parameters,
) -> Result<Box<dyn Engine>, EngineError> {
    match machine.device {
        DeviceName::Cpu => open_cpu(options, graph, parameters),
        DeviceName::Gpu { .. } if machine.precision == Arithmetic::Bf16 => {
            Err(EngineError::Device {
                device: machine.device.to_string(),
                reason: "`bf16` is computed on the processor alone\n\
                         hint: write `--precision f32`, or `--device cpu`"
                    .to_owned(),
            })
        }
        DeviceName::Gpu { .. } => open_gpu(machine.device, options, graph, parameters),
    }
}

fn open_cpu(
    options: Options,
    graph: Graph,
    parameters: &Parameters,
) -> Result<Box<dyn Engine>, EngineError> {
    Ok(Box::new(CpuEngine::new(graph, parameters, options)?))
}

#[cfg(any(
    feature = "cuda",
    feature = "metal",
    feature = "rocm",
    feature = "vulkan",
    feature = "wgpu"
))]
fn open_gpu(
    device: DeviceName,
    options: Options,
    graph: Graph,
    parameters: &Parameters,
) -> Result<Box<dyn Engine>, EngineError> {
    // A GPU whose driver computes wrongly is found out by comparison with the processor.
    hilum_burn::open(device, graph, parameters, &|graph, parameters| {
        open_cpu(options, graph, parameters)
    })
}

#[cfg(not(any(
    feature = "cuda",
    feature = "metal",
    feature = "rocm",
    feature = "vulkan",
    feature = "wgpu"
)))]
fn open_gpu(
    device: DeviceName,
    _: Options,
    _: Graph,
    _: &Parameters,
) -> Result<Box<dyn Engine>, EngineError> {
    Err(device.left_out())
}
