//! What a model is worth on slices that it has not seen.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use hilum_core::{AuditSummary, Classes, FindingCount, Severity, Split};
use hilum_dataset::Dataset;
use hilum_metrics::{Bootstrap, Evaluation, EvaluationReport};
use hilum_report::{Evaluated, Prediction, write_evaluation};
use thiserror::Error;

use crate::own_training::own_training;
use crate::session::Session;
use crate::settings::DataSettings;
use crate::{Event, ExperimentError, Model, ModelOrigin, Predict, Task, data};

/// What is evaluated, and where the results go.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluate {
    /// Which data, and how it is read.
    pub data: DataSettings,
    /// The slices that are judged; nothing else is decoded.
    pub split: Split,
    /// Folder of the results; [`ModelOrigin::evaluation_folder`] is the usual one.
    pub folder: PathBuf,
    /// Slices that go through the network at once.
    pub batch: NonZeroUsize,
    /// How intervals are drawn.
    pub bootstrap: Bootstrap,
}

impl Evaluate {
    /// The test split of `data`, with the results beside the model.
    pub fn new(data: DataSettings, model: &ModelOrigin) -> Self {
        Self {
            data,
            split: Split::Test,
            folder: model.evaluation_folder(),
            batch: Predict::BATCH,
            bootstrap: Bootstrap::default(),
        }
    }
}

/// A model that was made for other classes than the data has.
#[derive(Debug, Error)]
#[error(
    "the model tells other classes apart than the data has\n  model: {model}\n  data:  {data}\nhint: map the data's names with `--class-map FROM=TO`, or train on this data"
)]
pub struct ClassesDiffer {
    model: String,
    data: String,
}

/// Judges the model on one split, as it is and on its clean part, and writes every file of an
/// evaluation.
///
/// # Errors
/// [`ExperimentError`] if the data cannot be used, or has other classes than the model.
pub fn evaluate(
    model: &mut Model,
    request: &Evaluate,
    session: &Session<'_>,
) -> Result<EvaluationReport, ExperimentError> {
    if model.file.training.learnt_from(request.split) {
        session.tell(&Event::JudgedOnOwnSlices(request.split));
    }
    let audited = data::for_evaluation(&request.data, &model.workers, session)?;
    let dataset = &audited.dataset;
    check_classes(&model.file.classes, dataset.classes())?;
    let predictions = predict(model, dataset, request, session)?;
    let all: Vec<&Prediction> = predictions.iter().map(|(_, one)| one).collect();
    let clean_part = audited.audit.clean_part(dataset, request.split);
    let clean_positions = clean_part.map(|part| {
        let those = predictions.iter().enumerate();
        let those = those.filter(|(_, (sample, _))| part.binary_search(sample).is_ok());
        those.map(|(position, _)| position).collect::<Vec<usize>>()
    });
    let clean = clean_positions
        .as_ref()
        .map(|positions| positions.iter().map(|at| all[*at]).collect::<Vec<_>>());
    let mut audit = audited.audit.summary();
    if let AuditSummary::Audited { findings, .. } = &mut audit
        && model.file.training.learnt_from(request.split)
    {
        findings.insert(0, trained_on_split(predictions.len()));
    }
    let judge = |slices: &[&Prediction]| judge(dataset.classes(), slices, &request.bootstrap);
    let (as_is, clean) = model
        .workers
        .install(|| (judge(&all), clean.map(|clean| judge(&clean))));
    let report = EvaluationReport {
        split: request.split,
        as_is,
        clean,
        leaked: None,
        audit,
        model: model.origin.to_string(),
        details: details(model, request),
    };
    let predictions: Vec<Prediction> = predictions.into_iter().map(|(_, one)| one).collect();
    let training = match &model.origin {
        ModelOrigin::File(path) => own_training(path, &model.file),
        ModelOrigin::Bundled => None,
    };
    let evaluated = Evaluated {
        report: &report,
        predictions: &predictions,
        clean: clean_positions.as_deref(),
        training: training
            .as_ref()
            .map(|(history, context)| (history, context)),
    };
    let written = write_evaluation(&request.folder, &evaluated)?;
    for path in &written {
        session.tell(&Event::WroteResult { path });
    }
    session.tell(&Event::ResultsIn(&request.folder));
    Ok(report)
}

fn judge(classes: &Classes, slices: &[&Prediction], bootstrap: &Bootstrap) -> Evaluation {
    let truth: Vec<_> = slices.iter().map(|one| one.truth).collect();
    let probabilities: Vec<_> = slices.iter().map(|one| one.probabilities.clone()).collect();
    Evaluation::compute(classes, &truth, &probabilities, bootstrap)
}

/// What travels with figures of slices that the model may have learnt from.
fn trained_on_split(slice_count: usize) -> FindingCount {
    FindingCount {
        rule: "trained-on-split".to_owned(),
        severity: Severity::Warning,
        count: slice_count,
    }
}

fn check_classes(model: &Classes, data: &Classes) -> Result<(), ClassesDiffer> {
    if model == data {
        return Ok(());
    }
    let list = |classes: &Classes| {
        let names = classes.names().iter().map(|name| format!("`{name}`"));
        names.collect::<Vec<_>>().join(", ")
    };
    Err(ClassesDiffer {
        model: list(model),
        data: list(data),
    })
}

fn predict(
    model: &mut Model,
    dataset: &Dataset,
    request: &Evaluate,
    session: &Session<'_>,
) -> Result<Vec<(usize, Prediction)>, ExperimentError> {
    let (recipe, workers) = (&model.file.recipe, &model.workers);
    let loaded = data::load_split(
        dataset,
        request.split,
        recipe,
        &request.data,
        workers,
        session,
    )?;
    let pixels: Vec<_> = loaded.slices.iter().map(|slice| &slice.pixels).collect();
    let cancel = session.cancel();
    let probabilities = session.counted(Task::Predict, pixels.len(), |told| {
        model.probabilities(&pixels, request.batch, told, cancel)
    })?;
    let samples = dataset.samples();
    Ok(loaded
        .slices
        .iter()
        .zip(probabilities)
        .map(|(slice, probabilities)| {
            let sample = &samples[slice.sample_index];
            let prediction = Prediction {
                path: sample.path.clone(),
                truth: sample.class,
                probabilities,
            };
            (slice.sample_index, prediction)
        })
        .collect())
}

/// What it takes to make the numbers again.
fn details(model: &Model, request: &Evaluate) -> BTreeMap<String, String> {
    let bootstrap = &request.bootstrap;
    [
        ("data", request.data.path.display().to_string()),
        ("architecture", model.file.architecture.name.to_string()),
        (
            "bootstrap",
            format!(
                "{} resamples, seed {}",
                bootstrap.resample_count, bootstrap.seed
            ),
        ),
        ("engine", model.engine()),
        ("hilum", env!("CARGO_PKG_VERSION").to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}
