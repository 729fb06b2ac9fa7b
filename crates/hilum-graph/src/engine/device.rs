//! What a network runs on, by name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::error::EngineError;

/// A device by name: `cpu`, `cuda`, `cuda:1`, `rocm`, `vulkan`, `metal`, `wgpu`.
///
/// A number behind a colon chooses among several GPUs, from 0; without one the first, or the
/// one that the driver prefers, is used.
///
/// ```
/// use hilum_graph::{DeviceName, GpuInterface};
///
/// let second: DeviceName = "cuda:1".parse()?;
/// let interface = GpuInterface::Cuda;
/// assert_eq!(second, DeviceName::Gpu { interface, index: Some(1) });
/// # Ok::<(), hilum_graph::EngineError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DeviceName {
    /// The processor.
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
    /// WebGPU's shading language, on GPUs of any maker.
    Wgpu,
}

impl GpuInterface {
    /// Every one.
    pub const ALL: [Self; 5] = [
        Self::Cuda,
        Self::Rocm,
        Self::Vulkan,
        Self::Metal,
        Self::Wgpu,
    ];

    /// The device's name and the cargo feature's.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cuda => "cuda",
            Self::Rocm => "rocm",
            Self::Vulkan => "vulkan",
            Self::Metal => "metal",
            Self::Wgpu => "wgpu",
        }
    }
}

impl DeviceName {
    /// The error of a device that cannot be used, for this reason.
    pub fn refuse(self, reason: impl Into<String>) -> EngineError {
        EngineError::Device {
            device: self.to_string(),
            reason: reason.into(),
        }
    }

    /// The error of a device that this build has no engine for; says how to build it in.
    pub fn left_out(self) -> EngineError {
        let features = match self {
            Self::Cpu => String::new(),
            Self::Gpu { interface, .. } => format!(" --features {}", interface.name()),
        };
        self.refuse(format!(
            "this build leaves it out\n\
             hint: build it in: `cargo install --path crates/hilum{features}`"
        ))
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

impl TryFrom<String> for DeviceName {
    type Error = EngineError;

    fn try_from(text: String) -> Result<Self, EngineError> {
        text.parse()
    }
}

impl From<DeviceName> for String {
    fn from(device: DeviceName) -> Self {
        device.to_string()
    }
}

impl FromStr for DeviceName {
    type Err = EngineError;

    /// # Errors
    /// [`EngineError::Device`] if there is no such device; whether this build has an engine for
    /// it is asked when one is opened.
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
                 hint: choose `cpu`, `cuda`, `rocm`, `vulkan`, `metal` or `wgpu`, a GPU also with \
                 its number, such as `cuda:1`",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_have_names() {
        for name in ["cpu", "cuda", "cuda:1", "rocm", "vulkan:0", "metal", "wgpu"] {
            let device: DeviceName = name.parse().unwrap();
            assert_eq!(device.to_string(), name);
        }
        for name in ["", "gpu", "cpu:1", "cuda:", "cuda:one", "CUDA"] {
            let error = name.parse::<DeviceName>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("device `{name}` cannot be used: ")));
            assert!(error.contains("\nhint: "), "{error}");
        }
    }
}
