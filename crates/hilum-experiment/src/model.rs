//! A trained model, ready to predict.

use std::convert::Infallible;
use std::fmt;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;

use hilum_core::Probabilities;
use hilum_graph::Engine;
use hilum_imaging::Pixels;
use hilum_train::predict_slices;
use hilum_weights::ModelFile;
use rayon::ThreadPool;

use crate::session::{Session, workers};
use crate::settings::MachineSettings;
use crate::{Event, ExperimentError, Task, bundled, engine};

/// Where a model comes from: a file, or the program itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelOrigin {
    /// `bundled`; a file of that name is `./bundled`.
    Bundled,
    /// A file.
    File(PathBuf),
}

/// A model and the engine that runs it. It can be asked any number of times.
pub struct Model {
    /// Where it came from.
    pub origin: ModelOrigin,
    /// What the file says.
    pub file: ModelFile,
    pub(crate) workers: ThreadPool,
    engine: Box<dyn Engine>,
}

impl ModelOrigin {
    /// What the file of the model says.
    ///
    /// # Errors
    /// [`ExperimentError::Model`] if there is no such file or it holds no model.
    pub fn read(&self) -> Result<ModelFile, ExperimentError> {
        match self {
            Self::Bundled => bundled::read(),
            Self::File(path) => Ok(ModelFile::read(path)?),
        }
    }
}

impl Model {
    /// Reads the model and opens an engine for it.
    ///
    /// # Errors
    /// [`ExperimentError::Model`] if it cannot be read, [`ExperimentError::Engine`] if the device
    /// does not do its part.
    pub fn open(
        origin: &ModelOrigin,
        machine: &MachineSettings,
        session: &Session<'_>,
    ) -> Result<Self, ExperimentError> {
        let file = origin.read()?;
        let graph = file.graph()?;
        let engine = engine::open(machine.device, machine.threads, graph, &file.parameters)?;
        let model = Self {
            origin: origin.clone(),
            file,
            workers: workers(machine.threads)?,
            engine,
        };
        session.tell(&Event::ModelOpened(&model));
        Ok(model)
    }

    /// What the model runs on.
    pub fn engine(&self) -> String {
        self.engine.description()
    }

    /// The class probabilities of slices that the model's recipe prepared.
    ///
    /// # Errors
    /// [`ExperimentError::Predict`]
    pub fn probabilities(
        &mut self,
        slices: &[&Pixels],
        batch_size: NonZeroUsize,
        done: &mut dyn FnMut(usize),
    ) -> Result<Vec<Probabilities>, ExperimentError> {
        let engine = self.engine.as_mut();
        let recipe = &self.file.recipe;
        Ok(predict_slices(engine, slices, recipe, batch_size, done)?)
    }

    /// The same, telling how far it is.
    pub(crate) fn probabilities_told(
        &mut self,
        slices: &[&Pixels],
        batch_size: NonZeroUsize,
        session: &Session<'_>,
    ) -> Result<Vec<Probabilities>, ExperimentError> {
        session.counted(Task::Predict, slices.len(), |told| {
            self.probabilities(slices, batch_size, &mut |done| told(done))
        })
    }
}

impl FromStr for ModelOrigin {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(if text == bundled::CHOICE {
            Self::Bundled
        } else {
            Self::File(PathBuf::from(text))
        })
    }
}

impl fmt::Display for ModelOrigin {
    /// The path, or `bundled:NAME`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bundled => formatter.pad(&bundled::name()),
            Self::File(path) => path.display().fmt(formatter),
        }
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Model")
            .field("origin", &self.origin)
            .field("engine", &self.engine())
            .finish_non_exhaustive()
    }
}
