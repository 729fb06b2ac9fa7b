//! What every run needs.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use hilum_graph::Parameters;
use hilum_train::{
    BatchDone, FeatureCache, LabelledSlice, Observer, Outcome, RunFolder, Settings, TrainError,
    Training, TrainingData, train,
};
use hilum_weights::read_tensors;

use crate::tiny::{self, TinyEngine};

/// A run's folder and data.
pub(crate) struct Bench {
    pub(crate) runs: tempfile::TempDir,
    pub(crate) train: Vec<LabelledSlice>,
    pub(crate) valid: Vec<LabelledSlice>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self {
            runs: tempfile::tempdir().unwrap(),
            train: tiny::slices(57, 0),
            valid: tiny::slices(24, 1000),
        }
    }

    pub(crate) fn folder(&self, name: &str) -> RunFolder {
        RunFolder::create(self.runs.path(), name).unwrap()
    }

    pub(crate) fn run(
        &self,
        engine: &mut TinyEngine,
        settings: &Settings,
        folder: &RunFolder,
        observer: &mut dyn Observer,
        stop: &AtomicBool,
    ) -> Result<Outcome, TrainError> {
        let features = FeatureCache::new(FeatureCache::DEFAULT_LIMIT_BYTES, folder.path());
        self.run_keeping(engine, settings, folder, &features, observer, stop)
    }

    pub(crate) fn run_keeping(
        &self,
        engine: &mut TinyEngine,
        settings: &Settings,
        folder: &RunFolder,
        features: &FeatureCache,
        observer: &mut dyn Observer,
        stop: &AtomicBool,
    ) -> Result<Outcome, TrainError> {
        let training = Training {
            data: TrainingData {
                classes: &tiny::classes(),
                train: &self.train,
                valid: &self.valid,
            },
            recipe: &tiny::recipe(),
            settings,
            folder,
            model: &tiny::TinyModel,
            features,
        };
        train(engine, &training, observer, stop)
    }

    pub(crate) fn finish(
        &self,
        engine: &mut TinyEngine,
        settings: &Settings,
        folder: &RunFolder,
    ) -> Result<Outcome, TrainError> {
        self.run(engine, settings, folder, &mut (), &AtomicBool::new(false))
    }
}

/// Sets the stop flag after a batch.
pub(crate) struct StopAt<'a> {
    pub(crate) flag: &'a AtomicBool,
    pub(crate) epoch: usize,
    pub(crate) batch: usize,
}

impl Observer for StopAt<'_> {
    fn batch_done(&mut self, batch: &BatchDone) {
        if (batch.epoch, batch.done) == (self.epoch, self.batch) {
            self.flag.store(true, Ordering::Relaxed);
        }
    }
}

/// The log without what a clock decides.
pub(crate) fn log_without_times(folder: &RunFolder) -> Vec<String> {
    let log = fs::read_to_string(folder.log()).unwrap();
    let line = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        [&fields[..2], &fields[4..]].concat().join(",")
    };
    log.lines().map(line).collect()
}

pub(crate) fn model(folder: &RunFolder) -> Parameters {
    read_tensors(&folder.model()).unwrap().0
}

pub(crate) fn files(folder: &Path) -> BTreeSet<String> {
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name();
    let entries = fs::read_dir(folder).unwrap().map(name);
    entries.map(|name| name.into_string().unwrap()).collect()
}
