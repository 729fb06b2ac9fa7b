//! A trained model, ready to predict.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use hilum_core::Probabilities;
use hilum_graph::{DeviceName, Engine, ModelFile};
use hilum_imaging::Pixels;
use hilum_train::predict_slices;

use crate::arguments::{DeviceArguments, ModelChoice};
use crate::bundled;
use crate::engine;
use crate::error::CommandError;
use crate::screen::Screen;

/// What is said wherever a prediction is shown.
pub(crate) const DISCLAIMER: &str = "research software, not a medical device";

/// A model and the engine that runs it.
pub(crate) struct Model {
    /// Where it came from.
    pub(crate) origin: ModelChoice,
    /// What the file says.
    pub(crate) file: ModelFile,
    engine: Box<dyn Engine>,
}

/// What the file of a model says.
pub(crate) fn read(origin: &ModelChoice) -> Result<ModelFile, CommandError> {
    match origin {
        ModelChoice::Bundled => bundled::read(),
        ModelChoice::File(path) => ModelFile::read(path).map_err(CommandError::bad_input),
    }
}

impl Model {
    /// Reads the model and opens an engine for it.
    pub(crate) fn open(
        origin: &ModelChoice,
        machine: &DeviceArguments,
    ) -> Result<Self, CommandError> {
        let device: DeviceName = machine.device.parse().map_err(CommandError::bad_input)?;
        let file = read(origin)?;
        let graph = file.graph().map_err(CommandError::bad_input)?;
        let engine = engine::open(device, machine.threads(), graph, &file.parameters)
            .map_err(CommandError::failure)?;
        Ok(Self {
            origin: origin.clone(),
            file,
            engine,
        })
    }

    /// Says which model it is and what is known of it.
    pub(crate) fn introduce(&self, screen: &Screen) {
        let classes = self.file.classes.len();
        screen.note(format_args!(
            "{}: {}, {classes} classes; {}; {DISCLAIMER}",
            self.origin, self.file.architecture.name, self.file.audit,
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
        let mut done = |count| {
            done(count);
            ControlFlow::Continue(())
        };
        predict_slices(
            self.engine.as_mut(),
            slices,
            &self.file.recipe,
            batch_size,
            &mut done,
        )
        .map_err(CommandError::failure)
    }
}
