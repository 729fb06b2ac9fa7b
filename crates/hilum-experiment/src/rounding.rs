//! Whether a model answers as well in `bf16`, and when it is asked in it.

use std::path::Path;

use hilum_core::{Probabilities, Split};
use hilum_graph::DeviceName;
use hilum_imaging::Pixels;
use hilum_weights::{ModelFile, RoundingRecord};
use rayon::ThreadPool;

use crate::model::logits;
use crate::session::{Session, workers};
use crate::settings::{Arithmetic, Choices, MachineSettings};
use crate::{ExperimentError, Predict, data, engine};

/// The machine that answers for the model in `file`: where the choice is left open, in `bf16` if the
/// model was found to answer as well in it, and if the processor is faster in it.
pub(crate) fn settled(
    machine: &MachineSettings,
    file: &ModelFile,
    session: &Session<'_>,
) -> MachineSettings {
    let mut machine = machine.clone();
    if machine.precision == Arithmetic::Auto {
        let holds = file.rounding.as_ref().is_some_and(RoundingRecord::holds);
        let gains = machine.device == DeviceName::Cpu && session.instruction_set.multiplies_bf16();
        machine.precision = if holds && gains {
            Arithmetic::Bf16
        } else {
            Arithmetic::F32
        };
    }
    machine
}

/// Holds what the model in `file` answers in `bf16` against what it answers in `f32`, of slices that
/// its recipe prepared; `None` if there are none.
pub(crate) fn look(
    file: &ModelFile,
    slices: &[&Pixels],
    workers: &ThreadPool,
    session: &Session<'_>,
) -> Result<Option<RoundingRecord>, ExperimentError> {
    if slices.is_empty() {
        return Ok(None);
    }
    let [exact, rounded] = [Arithmetic::F32, Arithmetic::Bf16]
        .map(|precision| answers(file, slices, precision, workers, session));
    let (exact, rounded) = (exact?, rounded?);
    let (mut same_class, mut largest) = (0, 0.0_f64);
    for (exact, rounded) in exact.iter().zip(&rounded) {
        same_class += usize::from(exact.most_likely() == rounded.most_likely());
        for class in file.classes.indices() {
            largest = largest.max((exact.of(class) - rounded.of(class)).abs());
        }
    }
    Ok(Some(RoundingRecord::new(slices.len(), same_class, largest)))
}

/// The same of the validation slices in `path`, read as for a training.
pub(crate) fn look_at(
    path: &Path,
    file: &ModelFile,
    session: &Session<'_>,
) -> Result<Option<RoundingRecord>, ExperimentError> {
    let choices = Choices::default();
    let settings = choices.data(path);
    let workers = workers(choices.machine().threads)?;
    let audited = data::for_training(&settings, &workers, session)?;
    let dataset = data::with_valid(audited, &settings, session)?.dataset;
    let valid = Split::Valid;
    let loaded = data::load_split(&dataset, valid, &file.recipe, &settings, &workers, session)?;
    let slices: Vec<&Pixels> = loaded.slices.iter().map(|slice| &slice.pixels).collect();
    look(file, &slices, &workers, session)
}

fn answers(
    file: &ModelFile,
    slices: &[&Pixels],
    precision: Arithmetic,
    workers: &ThreadPool,
    session: &Session<'_>,
) -> Result<Vec<Probabilities>, ExperimentError> {
    let machine = MachineSettings {
        device: DeviceName::Cpu,
        precision,
        ..Choices::default().machine()
    };
    let mut engine = engine::open(&machine, file.graph()?, &file.parameters, session)?;
    let (recipe, cancel) = (&file.recipe, session.cancel());
    let rows = workers.install(|| {
        logits(
            engine.as_mut(),
            slices,
            recipe,
            Predict::BATCH,
            &|_| {},
            cancel,
        )
    })?;
    let scaling = file.calibration.as_ref().map(|one| &one.scaling);
    let probabilities = rows.iter().map(|row| match scaling {
        Some(scaling) => scaling.probabilities(row),
        None => Probabilities::from_logits(row),
    });
    Ok(probabilities.collect())
}
