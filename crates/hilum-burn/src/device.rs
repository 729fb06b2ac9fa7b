//! Burn's devices, by name.

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn_tensor::Tensor;

use hilum_graph::{DeviceName, EngineError, GpuInterface};

/// Whether this build has a backend for GPUs of `interface`; each is a cargo feature.
pub const fn is_compiled_in(interface: GpuInterface) -> bool {
    match interface {
        GpuInterface::Cuda => cfg!(feature = "cuda"),
        GpuInterface::Rocm => cfg!(feature = "rocm"),
        GpuInterface::Vulkan => cfg!(feature = "vulkan"),
        GpuInterface::Metal => cfg!(feature = "metal"),
        GpuInterface::Wgpu => cfg!(feature = "wgpu"),
    }
}

/// Burn's handle, after a first small computation on it.
pub(crate) fn connect(name: DeviceName) -> Result<burn_tensor::Device, EngineError> {
    answer_of(name, || {
        let device = handle(name).ok_or_else(|| not_compiled_in(name))?;
        let two = Tensor::<1>::from_floats([1.0, 1.0], &device).sum();
        match two.try_into_scalar::<f32>() {
            Ok(2.0) => Ok(device),
            Ok(_) => Err(name.refuse("it cannot add 1 and 1")),
            Err(error) => Err(name.refuse(error.to_string())),
        }
    })
}

/// What `ask` gives, or the device's refusal: Burn panics where a driver or a GPU is missing.
pub(crate) fn answer_of<T>(
    name: DeviceName,
    ask: impl FnOnce() -> Result<T, EngineError>,
) -> Result<T, EngineError> {
    catch_unwind(AssertUnwindSafe(ask)).unwrap_or_else(|panic| {
        Err(name.refuse(format!(
            "{}\nhint: are the GPU and its driver installed? `--device cpu` needs neither",
            panic_message(panic.as_ref())
        )))
    })
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
        #[cfg(feature = "wgpu")]
        DeviceName::Gpu {
            interface: GpuInterface::Wgpu,
            index,
        } => Some(burn_tensor::Device::wgpu(adapter(index))),
        #[allow(
            unreachable_patterns,
            reason = "reachable unless every backend is compiled in"
        )]
        _ => None,
    }
}

#[cfg(any(feature = "vulkan", feature = "metal", feature = "wgpu"))]
fn adapter(index: Option<usize>) -> burn_tensor::DeviceKind {
    index.map_or(burn_tensor::DeviceKind::DefaultDevice, |index| {
        burn_tensor::DeviceKind::DiscreteGpu(index)
    })
}
