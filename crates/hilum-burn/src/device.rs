//! Burn's devices, by name.

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn_tensor::Tensor;

use hilum_graph::{DeviceName, Engine, EngineError, GpuInterface, Graph, Parameters};

use crate::BurnEngine;

/// Whether this build has a backend for GPUs of `interface`; each is a cargo feature.
pub const fn is_compiled_in(interface: GpuInterface) -> bool {
    match interface {
        GpuInterface::Cuda => cfg!(feature = "cuda"),
        GpuInterface::Rocm => cfg!(feature = "rocm"),
        GpuInterface::Vulkan => cfg!(feature = "vulkan"),
        GpuInterface::Metal => cfg!(feature = "metal"),
    }
}

/// An engine that runs `graph` on `device`, beginning with `parameters`.
///
/// # Errors
/// [`EngineError::Device`] if the device is not compiled in or does not answer,
/// [`EngineError::Parameters`] if the parameters do not fit the graph.
pub fn open(
    device: DeviceName,
    graph: Graph,
    parameters: &Parameters,
) -> Result<Box<dyn Engine>, EngineError> {
    Ok(Box::new(BurnEngine::new(device, graph, parameters)?))
}

/// Burn's handle, after a first small computation on it.
pub(crate) fn connect(name: DeviceName) -> Result<burn_tensor::Device, EngineError> {
    // Burn panics where a driver or a GPU is missing.
    let probe = catch_unwind(AssertUnwindSafe(|| {
        let device = handle(name)?;
        let two = Tensor::<1>::from_floats([1.0, 1.0], &device).sum();
        Some(two.try_into_scalar::<f32>().map(|sum| (device, sum)))
    }));
    match probe {
        Ok(Some(Ok((device, 2.0)))) => Ok(device),
        Ok(Some(Ok(_))) => Err(name.refuse("it cannot add 1 and 1")),
        Ok(Some(Err(error))) => Err(name.refuse(error.to_string())),
        Ok(None) => Err(not_compiled_in(name)),
        Err(panic) => Err(name.refuse(format!(
            "{}\nhint: are the GPU and its driver installed? `--device cpu` needs neither",
            panic_message(panic.as_ref())
        ))),
    }
}

/// Whether `device` is the processor.
pub(crate) fn is_cpu(device: &burn_tensor::Device) -> bool {
    handle(DeviceName::Cpu).is_some_and(|cpu| *device == cpu)
}

fn not_compiled_in(name: DeviceName) -> EngineError {
    match name {
        DeviceName::Cpu => name.refuse("hilum-burn was built without its feature `flex`"),
        DeviceName::Gpu { .. } => name.left_out(),
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    let text = text.unwrap_or_else(|| "it does not answer".to_owned());
    text.lines().next().unwrap_or_default().to_owned()
}

/// `None` if the backend was not compiled in.
fn handle(name: DeviceName) -> Option<burn_tensor::Device> {
    match name {
        #[cfg(feature = "flex")]
        DeviceName::Cpu => Some(burn_tensor::Device::flex()),
        #[cfg(feature = "cuda")]
        DeviceName::Gpu {
            interface: GpuInterface::Cuda,
            index,
        } => Some(burn_tensor::Device::cuda(index.unwrap_or(0))),
        #[cfg(feature = "rocm")]
        DeviceName::Gpu {
            interface: GpuInterface::Rocm,
            index,
        } => Some(burn_tensor::Device::rocm(index.unwrap_or(0))),
        #[cfg(feature = "vulkan")]
        DeviceName::Gpu {
            interface: GpuInterface::Vulkan,
            index,
        } => Some(burn_tensor::Device::vulkan(adapter(index))),
        #[cfg(feature = "metal")]
        DeviceName::Gpu {
            interface: GpuInterface::Metal,
            index,
        } => Some(burn_tensor::Device::metal(adapter(index))),
        #[expect(
            unreachable_patterns,
            reason = "reachable unless every backend is compiled in"
        )]
        #[cfg(all(
            feature = "flex",
            feature = "cuda",
            feature = "rocm",
            feature = "vulkan",
            feature = "metal"
        ))]
        _ => None,
        #[cfg(not(all(
            feature = "flex",
            feature = "cuda",
            feature = "rocm",
            feature = "vulkan",
            feature = "metal"
        )))]
        _ => None,
    }
}

#[cfg(any(feature = "vulkan", feature = "metal"))]
fn adapter(index: Option<usize>) -> burn_tensor::DeviceKind {
    index.map_or(burn_tensor::DeviceKind::DefaultDevice, |index| {
        burn_tensor::DeviceKind::DiscreteGpu(index)
    })
}
