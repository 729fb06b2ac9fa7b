//! hilum's networks on the processor: inference and training, without any other library.
//!
//! ```
//! use hilum_cpu::{CpuEngine, Options};
//! use hilum_graph::{Architecture, Batch, Engine, Shape, initialise};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let input = Shape::new(32, 32, 1);
//! let graph = Architecture::CompactCnn.build(input, 4, None)?;
//! let parameters = initialise(&graph, 32);
//! let mut engine = CpuEngine::new(graph, &parameters, Options::default())?;
//!
//! let images = Batch::new(2, input, vec![0.5; 2 * input.value_count()]);
//! let logits = engine.forward(&images)?;
//! assert_eq!(logits.rows().len(), 2);
//! # Ok(())
//! # }
//! ```
//!
//! # How it works
//! A graph becomes a program: steps that do as much as possible while values are in
//! registers. A machine gives a program its memory, planned once, and runs it forward and
//! backward in phases on a pool of threads. The kernels are written once over vector
//! registers and compiled for each instruction set; the widest that the processor has is chosen
//! at run time, or the one that `HILUM_SIMD` names.
//!
//! Images lie as rows, columns, channels, with channels in the lanes of registers, padded with
//! zeros to whole ones. In training only the results of convolutions are stored; batch norm and
//! activation are applied by whoever reads them.

mod average;
mod engine;
mod kernel;
mod machine;
mod memory;
mod optimizer;
mod precision;
mod program;
mod simd;
mod store;
mod threads;

pub use engine::{CpuEngine, Options};
pub use precision::Precision;
pub use simd::{InstructionSet, InstructionSetError};
