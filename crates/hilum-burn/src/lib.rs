//! The graph of `hilum-graph` on Burn: GPUs through CUDA, ROCm, Vulkan, Metal and WebGPU, and the
//! CPU through `flex`, against which `hilum-cpu` is tested.
//!
//! Nothing of Burn is seen from outside: a device is chosen by
//! [name](DeviceName), and [`open`] gives an [`Engine`](hilum_graph::Engine). Before that it
//! compares the device with another engine: drivers exist that compute wrongly without a word.
//!
//! ```
//! use hilum_cpu::{CpuEngine, Options};
//! use hilum_graph::{Architecture, Batch, Engine, Graph, Parameters, Shape, initialise};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let input = Shape::new(32, 32, 1);
//! let graph = Architecture::CompactCnn.build(input, 4, None)?;
//! let parameters = initialise(&graph, 32);
//! let reference = |graph: Graph, parameters: &Parameters| {
//!     let engine = CpuEngine::new(graph, parameters, Options::default())?;
//!     Ok(Box::new(engine) as Box<dyn Engine>)
//! };
//! let mut engine = hilum_burn::open("cpu".parse()?, graph, &parameters, &reference)?;
//!
//! let images = Batch::new(2, input, vec![0.5; 2 * input.value_count()]);
//! let logits = engine.forward(&images)?;
//! assert_eq!(logits.rows().len(), 2);
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//! `flex`, on by default, is the CPU. `cuda`, `rocm`, `vulkan`, `metal` and `wgpu` compile GPUs
//! in; which device runs is decided when [`open`] is called. `wgpu` speaks WGSL, which every
//! driver takes; in a build that has `vulkan` or `metal` as well, Burn speaks the language of
//! those to the same drivers.
//!
//! # How it works
//! Every operation is Burn's own, the same on every device, in inference and in training
//! (`operation.rs` says which). A training step is a pass in which Burn follows the parameters
//! that learn, and derives their gradients. By hand are what Burn leaves to its caller: the
//! loss, the units that dropout drops, running statistics, the optimisers and the average.

mod device;
mod device_check;
mod engine;
mod images;
mod loss;
mod open;
mod operation;
mod optimizer;
mod pass;
mod variables;

pub use device::is_compiled_in;
pub use device_check::{OpenEngine, check_device};
pub use engine::BurnEngine;
pub use hilum_graph::{DeviceName, GpuInterface};
pub use open::open;
