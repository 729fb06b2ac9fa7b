//! A trained model, ready to predict.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use hilum_core::Probabilities;
use hilum_graph::{DeviceName, Engine, ModelFile};
use hilum_imaging::Pixels;
use hilum_train::predict_slices;

use crate::arguments::DeviceArguments;
use crate::engine;
use crate::error::CommandError;
use crate::screen::Screen;

/// What is said wherever a prediction is shown.
pub(crate) const DISCLAIMER: &str = "research software, not a medical device";

/// A model file and the engine that runs it.
pub(crate) struct Model {
    /// Where it was read from.
    pub(crate) path: PathBuf,
    /// What the file says.
    pub(crate) file: ModelFile,
    engine: Box<dyn Engine>,
}

impl Model {
    /// Reads `path` and opens an engine for it.
    pub(crate) fn open(path: &Path, machine: &DeviceArguments) -> Result<Self, CommandError> {
        let device: DeviceName = machine.device.parse().map_err(CommandError::bad_input)?;
        let file = ModelFile::read(path).map_err(CommandError::bad_input)?;
        let graph = file.graph().map_err(CommandError::bad_input)?;
        let engine = engine::open(device, machine.threads(), graph, &file.parameters)
            .map_err(CommandError::failure)?;
        Ok(Self {
            path: path.to_owned(),
            file,
            engine,
        })
    }

    /// Says which model it is and what is known of it.
    pub(crate) fn introduce(&self, screen: &Screen) {
        let classes = self.file.classes.len();
        screen.note(format_args!(
            "{}: {}, {classes} classes; {}; {DISCLAIMER}",
            self.path.display(),
            self.file.architecture.name,
            self.file.audit,
        ));
    }

    /// What the model runs on.
    pub(crate) fn engine(&self) -> String {
        self.engine.description()
    }

    /// The class probabilities of slices that the model's recipe prepared.
    pub(crate) fn predict(
        &mut self,
        slices: &[&Pixels],
        batch_size: NonZeroUsize,
        done: &mut dyn FnMut(usize),
    ) -> Result<Vec<Probabilities>, CommandError> {
        predict_slices(
            self.engine.as_mut(),
            slices,
            &self.file.recipe,
            batch_size,
            done,
        )
        .map_err(CommandError::failure)
    }
}
