//! Which engine stands behind a device's name: the only place that knows one.

use std::num::NonZeroUsize;

use hilum_cpu::{CpuEngine, Options};
use hilum_graph::{DeviceName, Engine, EngineError, Graph, Parameters};

/// An engine that runs `graph` on `device`, beginning with `parameters`; on the processor with
/// `threads` threads.
///
/// # Errors
/// [`EngineError::Device`] if this build has no engine for the device or it does not answer,
/// [`EngineError::Parameters`] if the parameters do not fit the graph.
pub(crate) fn open(
    device: DeviceName,
    threads: NonZeroUsize,
    graph: Graph,
    parameters: &Parameters,
) -> Result<Box<dyn Engine>, EngineError> {
    match device {
        DeviceName::Cpu => open_cpu(threads, graph, parameters),
        DeviceName::Gpu { .. } => open_gpu(device, threads, graph, parameters),
    }
}

fn open_cpu(
    threads: NonZeroUsize,
    graph: Graph,
    parameters: &Parameters,
) -> Result<Box<dyn Engine>, EngineError> {
    let options = Options {
        threads: Some(threads),
        ..Options::default()
    };
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
    threads: NonZeroUsize,
    graph: Graph,
    parameters: &Parameters,
) -> Result<Box<dyn Engine>, EngineError> {
    // A GPU whose driver computes wrongly is found out by comparison with the processor.
    hilum_burn::open(device, graph, parameters, &|graph, parameters| {
        open_cpu(threads, graph, parameters)
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
    _: NonZeroUsize,
    _: Graph,
    _: &Parameters,
) -> Result<Box<dyn Engine>, EngineError> {
    Err(device.left_out())
}
