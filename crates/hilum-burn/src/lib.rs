//! The graph of `hilum-graph` on Burn: GPUs through CUDA, ROCm, Vulkan and Metal, and the CPU
//! through `flex`, against which `hilum-cpu` is tested.
//!
//! Nothing of Burn is seen from outside: a device is chosen by
//! [name](DeviceName), and [`open`] gives an [`Engine`](hilum_graph::Engine).
//!
//! ```
//! use hilum_graph::{Architecture, Batch, Engine, Shape, initialise};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let input = Shape::new(32, 32, 1);
//! let graph = Architecture::CompactCnn.build(input, 4, None)?;
//! let parameters = initialise(&graph, 32);
//! let mut engine = hilum_burn::open("cpu".parse()?, graph, &parameters)?;
//!
//! let images = Batch::new(2, input, vec![0.5; 2 * input.value_count()]);
//! let logits = engine.forward(&images)?;
//! assert_eq!(logits.rows().len(), 2);
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//! `flex`, on by default, is the CPU. `cuda`, `rocm`, `vulkan` and `metal` compile GPUs in; which
//! device runs is decided when [`open`] is called.
//!
//! # How it works
//! A batch on the CPU is cut into one shard per image: Burn's element-wise operations use one
//! thread, and shards side by side keep all of them busy. Forward in inference mode runs batch
//! norms folded into the convolutions before them. Forward in training mode leaves a record of
//! each node behind, from which backward derives gradients node by node; loss and its gradient
//! are computed on the host, the update on the device.

mod batch_norm;
mod convolution;
mod dense;
mod device;
mod engine;
mod inference;
mod lanes;
mod operation;
mod optimizer;
mod shards;
mod training;
mod variables;

pub use device::{is_compiled_in, open};
pub use engine::BurnEngine;
pub use hilum_graph::{DeviceName, GpuInterface};
