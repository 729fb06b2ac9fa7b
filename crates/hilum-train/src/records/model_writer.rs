//! How the best weights become a model file.

use std::path::Path;

use hilum_graph::Parameters;
use hilum_metrics::EpochRow;
use hilum_weights::{ModelFile, ModelFileError, ValidationRecord};

/// Makes a file of the best weights so far; called each time they get better.
pub trait ModelWriter {
    /// Writes `parameters`, those after the epoch `best`, to `path`, atomically.
    ///
    /// # Errors
    /// [`ModelFileError`]; an older file at `path` is then as it was.
    fn write_model(
        &self,
        path: &Path,
        parameters: &Parameters,
        best: &EpochRow,
    ) -> Result<(), ModelFileError>;
}

/// A model file is the template of others: its parameters and its validation metrics are
/// replaced, all else stays.
impl ModelWriter for ModelFile {
    fn write_model(
        &self,
        path: &Path,
        parameters: &Parameters,
        best: &EpochRow,
    ) -> Result<(), ModelFileError> {
        let model = Self {
            architecture: self.architecture,
            imported: self.imported.clone(),
            classes: self.classes.clone(),
            recipe: self.recipe.clone(),
            training: self.training.clone(),
            known_slices: self.known_slices.clone(),
            audit: self.audit.clone(),
            validation: Some(ValidationRecord::new(best.epoch, best.valid)),
            calibration: self.calibration.clone(),
            // It is of the weights that it was fitted on.
            detector: None,
            rounding: None,
            licence: self.licence.clone(),
            intended_use: self.intended_use.clone(),
            parameters: parameters.clone(),
        };
        model.write(path)
    }
}

#[cfg(test)]
mod tests {
    use hilum_core::{AuditSummary, ClassName, Classes};
    use hilum_graph::{Architecture, Shape, initialise};
    use hilum_imaging::Recipe;
    use hilum_metrics::SplitRow;
    use hilum_weights::{ArchitectureDescription, INTENDED_USE, TrainingRecord};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_template_takes_new_weights_and_the_metrics_of_their_epoch() {
        let architecture = ArchitectureDescription {
            name: Architecture::CompactCnn.into(),
            input: Shape::new(64, 64, 1),
            class_count: 2,
            dropout: None,
        };
        let parameters = initialise(&architecture.graph(None).unwrap(), 32);
        let template = ModelFile {
            architecture,
            imported: None,
            classes: Classes::new(["normal", "tumour"].map(ClassName::new)).unwrap(),
            recipe: Recipe {
                height: 64,
                width: 64,
                ..Recipe::reference()
            },
            training: TrainingRecord::new(&json!({"epochs": 3}), "blake3:00").unwrap(),
            known_slices: None,
            audit: AuditSummary::NotAudited,
            validation: None,
            calibration: None,
            detector: None,
            rounding: None,
            licence: Some("MIT".to_owned()),
            intended_use: INTENDED_USE.to_owned(),
            parameters: Parameters::new(),
        };
        let best = EpochRow {
            epoch: 7,
            learning_rate: 1e-3,
            seconds: 1.0,
            images_per_second: 1.0,
            train: SplitRow::default(),
            valid: SplitRow {
                macro_f1: Some(0.75),
                ..SplitRow::default()
            },
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        template.write_model(&path, &parameters, &best).unwrap();
        let written = ModelFile::read(&path).unwrap();
        assert_eq!(written.parameters, parameters);
        let validation = written.validation.as_ref().unwrap();
        assert_eq!(validation.epoch, Some(7));
        assert_eq!(validation.scores, best.valid);
        let restored = ModelFile {
            parameters: Parameters::new(),
            validation: None,
            ..written
        };
        assert_eq!(restored, template);
    }
}
