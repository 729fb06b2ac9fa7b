//! Which device runs the network, chosen by name.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::str::FromStr;

use burn_tensor::Tensor;

use hilum_graph::{Engine, EngineError, Graph, Parameters};

use crate::BurnEngine;

/// A device by name: `cpu`, `cuda`, `cuda:1`, `rocm`, `vulkan`, `metal`.
///
/// A number behind a colon chooses among several GPUs, from 0; without one the first, or the
/// one that the driver prefers, is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DeviceName {
    /// The processor, on all threads of rayon's pool.
    #[default]
    Cpu,
    /// A GPU.
    Gpu {
        /// How it is programmed.
        interface: GpuInterface,
        /// Which of several.
        index: Option<usize>,
    },
}

/// How a GPU is programmed; each is a cargo feature of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GpuInterface {
    /// NVIDIA's CUDA.
    Cuda,
    /// AMD's ROCm.
    Rocm,
    /// Vulkan, on GPUs of any maker.
    Vulkan,
    /// Apple's Metal.
    Metal,
}

impl GpuInterface {
    const ALL: [Self; 4] = [Self::Cuda, Self::Rocm, Self::Vulkan, Self::Metal];

    /// The device's name and the cargo feature's.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cuda => "cuda",
            Self::Rocm => "rocm",
            Self::Vulkan => "vulkan",
            Self::Metal => "metal",
        }
    }

    /// Whether this build can use it.
    pub const fn is_compiled_in(self) -> bool {
        match self {
            Self::Cuda => cfg!(feature = "cuda"),
            Self::Rocm => cfg!(feature = "rocm"),
            Self::Vulkan => cfg!(feature = "vulkan"),
            Self::Metal => cfg!(feature = "metal"),
        }
    }
}

impl DeviceName {
    /// Every name that this build can use, for help texts: `cpu`, and the compiled-in GPUs.
    pub fn available() -> Vec<&'static str> {
        let cpu = cfg!(feature = "flex").then_some("cpu");
        let gpus = GpuInterface::ALL
            .into_iter()
            .filter(|interface| interface.is_compiled_in());
        cpu.into_iter()
            .chain(gpus.map(GpuInterface::name))
            .collect()
    }

    pub(crate) fn refuse(self, reason: impl Into<String>) -> EngineError {
        EngineError::Device {
            device: self.to_string(),
            reason: reason.into(),
        }
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => formatter.write_str("cpu"),
            Self::Gpu {
                interface,
                index: None,
            } => formatter.write_str(interface.name()),
            Self::Gpu {
                interface,
                index: Some(index),
            } => write!(formatter, "{}:{index}", interface.name()),
        }
    }
}

impl FromStr for DeviceName {
    type Err = EngineError;

    /// # Errors
    /// [`EngineError::Device`] if there is no such device; whether it is compiled in is asked
    /// by [`open`].
    fn from_str(text: &str) -> Result<Self, EngineError> {
        let refuse = |reason: &str| EngineError::Device {
            device: text.to_owned(),
            reason: reason.to_owned(),
        };
        let (name, index) = match text.split_once(':') {
            Some((name, number)) => {
                let index: usize = number.parse().map_err(|_| {
                    refuse("what follows the colon is not a number\nhint: write `cuda:0`")
                })?;
                (name, Some(index))
            }
            None => (text, None),
        };
        match GpuInterface::ALL.into_iter().find(|gpu| gpu.name() == name) {
            Some(interface) => Ok(Self::Gpu { interface, index }),
            None if name == "cpu" && index.is_none() => Ok(Self::Cpu),
            None => Err(refuse(
                "there is no such device\n\
                 hint: choose `cpu`, `cuda`, `rocm`, `vulkan` or `metal`, a GPU also with its \
                 number, such as `cuda:1`",
            )),
        }
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
    let feature = match name {
        DeviceName::Cpu => "flex",
        DeviceName::Gpu { interface, .. } => interface.name(),
    };
    name.refuse(format!(
        "this build leaves it out\n\
         hint: build it in: `cargo install --path crates/hilum --features {feature}`"
    ))
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
