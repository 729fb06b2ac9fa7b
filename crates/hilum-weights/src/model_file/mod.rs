//! The model file: a network's parameters, and all that it takes to use them rightly.

mod description;
mod error;
mod metadata;

use std::path::Path;

use hilum_core::{AuditSummary, Classes};
use hilum_graph::{Graph, GraphError, Parameters, Shape};
use hilum_imaging::Recipe;

use crate::tensor_file::Unverified;
use crate::{Precision, TensorFileError, write_tensors_as};

pub use description::ArchitectureDescription;
pub use error::ModelFileError;

/// What every model says it is for, unless its maker says otherwise.
pub const INTENDED_USE: &str =
    "Research and teaching. Not a medical device; not for diagnosis or treatment.";

/// The longest side of an input that a file may name; a larger one is damage, and would overflow
/// the count of a network's values.
const MAX_SIDE: usize = 1 << 16;

/// A trained model, as it lies in `model.safetensors`.
///
/// The tensors stand in the file under torchvision's names and in its layouts, so that
/// `load_state_dict(load_file("model.safetensors"))` takes them as they are; from a file in half
/// precision too, since PyTorch copies values into parameters of another type. Everything else is
/// JSON in the metadata, under `hilum.*` keys. A digest over all of it reveals a changed file.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelFile {
    /// The network.
    pub architecture: ArchitectureDescription,
    /// What its logits stand for, in their order.
    pub classes: Classes,
    /// How a file's pixels become its input.
    pub recipe: Recipe,
    /// Settings of the training and a fingerprint of its data, as JSON.
    pub training: serde_json::Value,
    /// What the audit said of the data that it learned from.
    pub audit: AuditSummary,
    /// Metrics on validation, as JSON; never on test.
    pub validation: serde_json::Value,
    /// How logits become calibrated probabilities, as JSON; `None` if they were not calibrated.
    pub calibration: Option<serde_json::Value>,
    /// Under which terms it may be used; `None` if its maker did not say.
    pub licence: Option<String>,
    /// What it is for; [`INTENDED_USE`] by default.
    pub intended_use: String,
    /// Weights, biases and running statistics.
    pub parameters: Parameters,
}

impl ModelFile {
    /// The network, without its parameters.
    ///
    /// # Errors
    /// [`GraphError`] if the network cannot read such images; never for a model that was read.
    pub fn graph(&self) -> Result<Graph, GraphError> {
        self.architecture.graph()
    }

    /// Writes the model in full precision, atomically. Equal models give equal bytes.
    ///
    /// # Errors
    /// [`ModelFileError`] if the parts do not fit one another, a parameter is not finite, or the
    /// disk refuses; an older file at `path` is then as it was.
    pub fn write(&self, path: &Path) -> Result<(), ModelFileError> {
        self.write_as(path, Precision::Full)
    }

    /// [`write`](Self::write) with tensors of `precision`; half of it halves the file.
    ///
    /// # Errors
    /// As [`write`](Self::write), and [`TensorFileError::BeyondHalf`].
    pub fn write_as(&self, path: &Path, precision: Precision) -> Result<(), ModelFileError> {
        self.check(path)?;
        let entries = metadata::entries(self);
        write_tensors_as(path, precision, self.parameters.iter(), &entries)?;
        Ok(())
    }

    /// Reads a model that [`write`](Self::write) wrote; half precision is read as f32.
    ///
    /// # Errors
    /// [`ModelFileError`] if the file is truncated, altered, another program's, a later
    /// version's, or its parts do not fit one another. No file makes it panic.
    pub fn read(path: &Path) -> Result<Self, ModelFileError> {
        Self::checked(path, Unverified::read(path))
    }

    /// Reads a model from its bytes; `name` is what errors call it.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn from_bytes(name: &Path, bytes: &[u8]) -> Result<Self, ModelFileError> {
        Self::checked(name, Unverified::parse(name, bytes))
    }

    fn checked(
        path: &Path,
        unverified: Result<Unverified, TensorFileError>,
    ) -> Result<Self, ModelFileError> {
        let unverified = unverified.map_err(|error| match error {
            TensorFileError::NotSafetensors { path, reason } => {
                let reason = format!("it is no safetensors file, {reason}");
                ModelFileError::NotAModel { path, reason }
            }
            other => other.into(),
        })?;
        if unverified.digest.is_none() {
            let path = path.to_owned();
            return Err(ModelFileError::PlainWeights { path });
        }
        metadata::check_version(path, &unverified.metadata)?;
        let (parameters, entries) = unverified.verify(path)?;
        let model = metadata::model(path, &entries, parameters)?;
        model.check(path)?;
        Ok(model)
    }

    fn check(&self, path: &Path) -> Result<(), ModelFileError> {
        let inconsistent = |what| ModelFileError::Inconsistent {
            path: path.to_owned(),
            what,
        };
        let ArchitectureDescription {
            input, class_count, ..
        } = self.architecture;
        if class_count != self.classes.len() {
            let named = self.classes.len();
            let what = format!("its network has {class_count} outputs for {named} classes");
            return Err(inconsistent(what));
        }
        let prepared = recipe_shape(&self.recipe);
        if input != prepared {
            let what = format!("its network reads {input}, its recipe prepares {prepared}");
            return Err(inconsistent(what));
        }
        if input.height.max(input.width) > MAX_SIDE {
            return Err(inconsistent(format!("no image is {input}")));
        }
        let graph = self.graph().map_err(|source| ModelFileError::Graph {
            path: path.to_owned(),
            source,
        })?;
        let fits = self.parameters.check(&graph);
        fits.map_err(|source| ModelFileError::Parameters {
            path: path.to_owned(),
            source,
        })
    }
}

/// The shape of what a recipe prepares.
fn recipe_shape(recipe: &Recipe) -> Shape {
    Shape::new(recipe.height, recipe.width, recipe.channels.count())
}

#[cfg(test)]
mod tests;
