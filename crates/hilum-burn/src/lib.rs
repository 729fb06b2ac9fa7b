//! The graph of `hilum-graph` on Burn: the CPU through `flex`, GPUs through CUDA, ROCm, Vulkan
//! and Metal.
//!
//! Nothing of Burn is seen from outside: a device is chosen by name, and [`open`] gives an
//! [`Engine`](hilum_graph::Engine).

mod batch_norm;
mod convolution;
mod dense;
mod device;
mod engine;
mod inference;
mod loss;
mod operation;
mod optimizer;
mod shards;
mod training;
mod variables;

pub use device::{DeviceName, GpuInterface, open};
pub use engine::BurnEngine;
