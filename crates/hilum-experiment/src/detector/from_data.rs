//! A detector for a model that was trained before there were any.

use std::path::Path;

use hilum_core::Split;
use hilum_imaging::Pixels;
use hilum_trust::detector::{DetectorRecord, FitError};
use hilum_weights::ModelFile;

use super::examples::MOST_SLICES;
use super::fit::fit;
use super::network::Network;
use crate::data;
use crate::session::{Session, workers};
use crate::settings::Choices;
use crate::{ExperimentError, Predict, engine};

/// From the slices in `path` that the model learned from, read and mended as for a training; the
/// threshold is put by `valid`, unless the model learned from that too.
pub(crate) fn from_data(
    path: &Path,
    model: &ModelFile,
    session: &Session<'_>,
) -> Result<Result<DetectorRecord, FitError>, ExperimentError> {
    let choices = Choices::default();
    let machine = choices.machine();
    let mut settings = choices.data(path);
    settings.train_on_valid = model.training.learnt_from(Split::Valid);
    let workers = workers(machine.threads)?;
    let audited = data::for_training(&settings, &workers, session)?;
    let audited = data::with_valid(audited, &settings, session)?;
    let dataset = &audited.dataset;
    let load = |split| -> Result<Vec<Pixels>, ExperimentError> {
        if dataset.of(split).next().is_none() {
            return Ok(Vec::new());
        }
        let loaded = data::load_split(dataset, split, &model.recipe, &settings, &workers, session)?;
        let slices = loaded.slices.into_iter();
        Ok(slices.map(|slice| slice.pixels).collect())
    };
    let mut train = load(Split::Train)?;
    let mut valid = load(Split::Valid)?;
    if settings.train_on_valid {
        train.append(&mut valid);
    }
    let mut engine = engine::open(&machine, model.graph()?, &model.parameters, session)?;
    let network = Network::new(engine.as_mut(), &model.recipe, Predict::BATCH, session);
    let [train, valid] = [&train, &valid].map(|slices| slices.iter().collect::<Vec<_>>());
    workers.install(|| fit(network, &train, &valid, MOST_SLICES))
}
