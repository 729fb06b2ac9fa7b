//! ONNX files: a network out, with its preprocessing and its answer, and weights in.
//!
//! [`write_bare`] writes the network alone, [`write_whole`] everything from an 8-bit image of any size to
//! the answer. Parameters keep torchvision's names.
//!
//! ```
//! use std::collections::BTreeMap;
//!
//! use hilum_graph::{Architecture, Shape, initialise};
//! use hilum_onnx::{Exported, write_bare};
//!
//! let graph = Architecture::CompactCnn.build(Shape::new(64, 64, 1), 4, None)?;
//! let parameters = initialise(&graph, 7);
//! let bytes = write_bare(&Exported {
//!     graph: &graph,
//!     parameters: &parameters,
//!     metadata: BTreeMap::new(),
//!     producer_version: "0.1.0",
//! });
//! // The first field of the file: its format's version, 8.
//! assert_eq!(bytes[..2], [8, 8]);
//! # Ok::<(), hilum_graph::GraphError>(())
//! ```

mod proto;
mod read;
mod write;

pub use read::{
    External, LayerKind, Matched, OnnxLayer, OnnxWeights, ReadError, in_order, read_onnx,
};
pub use write::{Exported, InexpressibleError, Whole, write_bare, write_whole};
