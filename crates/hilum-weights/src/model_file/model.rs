//! A trained model, and whether its parts fit one another.

use std::path::Path;

use hilum_core::{AuditSummary, Classes};
use hilum_graph::{Graph, GraphError, Parameters, Shape};
use hilum_imaging::Recipe;
use hilum_trust::detector::DetectorRecord;

use super::description::ArchitectureDescription;
use super::error::ModelFileError;
use super::record::{
    CalibrationRecord, KnownSlices, RoundingRecord, TrainingRecord, ValidationRecord,
};

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
    /// The network itself, where no name here stands for it; `None` otherwise.
    pub imported: Option<Graph>,
    /// What its logits stand for, in their order.
    pub classes: Classes,
    /// How a file's pixels become its input.
    pub recipe: Recipe,
    /// How it was trained, and on what.
    pub training: TrainingRecord,
    /// By what it knows the slices again that made it; `None` if an older hilum trained it.
    pub known_slices: Option<KnownSlices>,
    /// What the audit said of the data that it learned from.
    pub audit: AuditSummary,
    /// What it was worth on validation; `None` before anything was trained.
    pub validation: Option<ValidationRecord>,
    /// How logits become calibrated probabilities; `None` if they were not calibrated.
    pub calibration: Option<CalibrationRecord>,
    /// What is unlike the training data; `None` if nothing tells.
    pub detector: Option<DetectorRecord>,
    /// Whether it answers as well in `bf16`; `None` if that was not looked at.
    pub rounding: Option<RoundingRecord>,
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
        self.architecture.graph(self.imported.as_ref())
    }

    /// Whether the parts fit one another; errors name `path`.
    pub(super) fn check(&self, path: &Path) -> Result<(), ModelFileError> {
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
        let calibration = self.calibration.as_ref();
        if calibration.is_some_and(|calibration| !calibration.fits(class_count)) {
            let what = format!("its calibration is not one of {class_count} classes");
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
        if self.architecture.name.known().is_none() != self.imported.is_some() {
            let name = self.architecture.name;
            let what = format!("it is called `{name}`, and its graph does not go with that");
            return Err(inconsistent(what));
        }
        let graph = self.graph().map_err(|source| ModelFileError::Graph {
            path: path.to_owned(),
            source,
        })?;
        let width = graph.tapped_shape().value_count();
        let detector = self.detector.as_ref();
        if detector.is_some_and(|one| one.tapped_width != width || !one.is_sound()) {
            let what = format!("its detector is not one of {width} features");
            return Err(inconsistent(what));
        }
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
