//! A network's weights in files: safetensors, PyTorch's, and the model file.
//!
//! [`read_weights`] reads what others trained and [`apply_weights`] gives it to a graph, saying
//! what fitted. A [`ModelFile`] keeps a network's parameters with all that is needed to use them
//! rightly; [`write_tensors`] and [`read_tensors`] keep tensors of any other use, such as a
//! checkpoint's, under the same digest.
//!
//! ```
//! use std::collections::BTreeMap;
//!
//! use hilum_graph::{Architecture, Shape, initialise};
//! use hilum_weights::{HeadReplaced, Partial, apply_weights, read_weights, write_tensors};
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("pretrained.safetensors");
//!
//! // Somebody's compact network for ten classes.
//! let architecture = Architecture::CompactCnn;
//! let theirs = architecture.build(Shape::new(128, 128, 1), 10, None)?;
//! write_tensors(&path, initialise(&theirs, 7).iter(), &BTreeMap::new())?;
//!
//! // Ours tells four apart: all but the head is theirs.
//! let graph = architecture.build(Shape::new(128, 128, 1), 4, None)?;
//! let mut parameters = initialise(&graph, 32);
//! let weights = read_weights(&path)?;
//! let report = apply_weights(&graph, &weights.tensors, &mut parameters, Partial::Refused)?;
//! let found = HeadReplaced::ClassCount { expected: 4, found: 10 };
//! assert_eq!(report.head_replaced, Some(found));
//! assert_eq!(parameters.get("stem.conv.weight"), weights.tensors.get("stem.conv.weight"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod model_file;
mod tensor_file;
mod weights;

pub use model_file::{
    Acquaintance, ArchitectureDescription, CalibrationRecord, CalibrationSlices, CalibrationSource,
    DataRecord, INTENDED_USE, ImportRecord, InitialWeightsRecord, KnownSlices, ModelFile,
    ModelFileError, NetworkRecord, RoundingRecord, SettingsRecord, TrainingRecord,
    ValidationRecord,
};
pub use tensor_file::{
    Precision, TensorFileError, read_tensors, stored_precision, write_tensors, write_tensors_as,
};
pub use weights::{
    ApplyError, ApplyReport, HeadReplaced, IgnoredTensor, Misshapen, NamedBy, Partial, PickleError,
    PytorchError, WeightsError, WeightsFile, WeightsFormat, apply_weights, onnx_entries,
    read_weights,
};
