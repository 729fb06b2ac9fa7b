//! What a run is made of.

use hilum_imaging::Recipe;

use crate::features::FeatureCache;
use crate::hyperparameters::Settings;
use crate::records::{ModelWriter, RunFolder};
use crate::slices::TrainingData;

/// What a run is made of.
#[derive(Clone, Copy)]
pub struct Training<'a> {
    /// What is learnt from.
    pub data: TrainingData<'a>,
    /// How pixels become the network's input.
    pub recipe: &'a Recipe,
    /// How the network is trained.
    pub settings: &'a Settings,
    /// Where the run's files go.
    pub folder: &'a RunFolder,
    /// What makes the model file of the best weights, such as a template
    /// [`ModelFile`](hilum_weights::ModelFile).
    pub model: &'a dyn ModelWriter,
    /// Where results of frozen layers are kept; runs on the same slices may share it.
    pub features: &'a FeatureCache,
}
