//! `hilum evaluate`: what a model is worth on slices that it has not seen.

mod summary;

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::ValueEnum;
use hilum_core::{AuditSummary, Classes, FindingCount, Severity, Split};
use hilum_dataset::Dataset;
use hilum_metrics::{Bootstrap, Evaluation, EvaluationReport, History};
use hilum_report::{Prediction, write_evaluation};
use hilum_train::read_log;
use thiserror::Error;

use crate::arguments::{DataArguments, DeviceArguments, GateArguments, ModelChoice, start_threads};
use crate::audited;
use crate::bundled;
use crate::data;
use crate::error::CommandError;
use crate::model::Model;
use crate::screen::Screen;
use crate::settings::DataSettings;

pub(crate) use summary::summary;

/// What `hilum evaluate` takes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hilum evaluate slices/ --model runs/NAME/model.safetensors\n  hilum evaluate slices/ --model runs/NAME/model.safetensors --split valid"
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) data: DataArguments,

    /// The model, as `hilum train` wrote it, or the one that comes with hilum
    #[arg(long, value_name = "FILE", default_value = bundled::CHOICE)]
    pub(crate) model: ModelChoice,

    /// The slices that are judged; nothing else is read
    #[arg(long, default_value_t = Split::Test)]
    pub(crate) split: Split,

    /// Folder of the results; `evaluation` beside the model, or here for the bundled one, if left out
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) gate: GateArguments,

    /// What is printed; the files are the same
    #[arg(long, value_enum, default_value_t = EvaluateFormat::Text)]
    pub(crate) format: EvaluateFormat,

    /// Slices that go through the network at once
    #[arg(long, value_name = "COUNT", default_value = "16")]
    pub(crate) batch: NonZeroUsize,

    /// Seed of the bootstrap
    #[arg(long, default_value_t = 32)]
    pub(crate) seed: u64,

    #[command(flatten)]
    pub(crate) device: DeviceArguments,
}

/// What `hilum evaluate` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EvaluateFormat {
    /// A table per class and the headline figures.
    Text,
    /// What `metrics.json` holds.
    Json,
}

/// A model that was made for other classes than the data has.
#[derive(Debug, Error)]
#[error(
    "the model tells other classes apart than the data has\n  model: {model}\n  data:  {data}\nhint: map the data's names with `--class-map FROM=TO`, or train on this data"
)]
struct ClassesDiffer {
    model: String,
    data: String,
}

/// Evaluates and prints.
pub(crate) fn run(arguments: &Arguments, screen: &Screen) -> Result<(), CommandError> {
    start_threads(arguments.device.threads());
    let mut model = Model::open(&arguments.model, &arguments.device)?;
    model.introduce(screen);
    if learnt_from(&model, arguments.split) {
        screen.warn(format_args!(
            "this model learnt from `{}` slices: if they are these, its figures say nothing",
            arguments.split
        ));
    }
    let request = Request {
        data: arguments.data.settings(&arguments.gate),
        split: arguments.split,
        folder: arguments
            .out
            .clone()
            .unwrap_or_else(|| beside(&arguments.model)),
        batch: arguments.batch,
        bootstrap: Bootstrap {
            seed: arguments.seed,
            ..Bootstrap::default()
        },
    };
    let report = evaluate(&mut model, &request, screen)?;
    let text = match arguments.format {
        EvaluateFormat::Text => summary(&report),
        EvaluateFormat::Json => {
            serde_json::to_string_pretty(&report).map_err(CommandError::failure)?
        }
    };
    writeln!(io::stdout().lock(), "{text}")?;
    Ok(())
}

/// What is evaluated, and where the results go.
pub(crate) struct Request {
    pub(crate) data: DataSettings,
    pub(crate) split: Split,
    pub(crate) folder: PathBuf,
    pub(crate) batch: NonZeroUsize,
    pub(crate) bootstrap: Bootstrap,
}

/// `evaluation` in the folder of the model; that of the bundled one is the current folder.
fn beside(model: &ModelChoice) -> PathBuf {
    match model {
        ModelChoice::Bundled => PathBuf::from("evaluation"),
        ModelChoice::File(path) => path.with_file_name("evaluation"),
    }
}

/// Judges the model on one split, as it is and on its clean part, and writes every file of an evaluation.
pub(crate) fn evaluate(
    model: &mut Model,
    request: &Request,
    screen: &Screen,
) -> Result<EvaluationReport, CommandError> {
    let audited = audited::for_evaluation(&request.data, screen)?;
    let dataset = &audited.dataset;
    check_classes(&model.file.classes, dataset.classes())?;
    let predictions = predict(model, dataset, request, screen)?;
    let judge = |predictions: &[&Prediction]| {
        let truth: Vec<_> = predictions.iter().map(|one| one.truth).collect();
        let probabilities: Vec<_> = predictions
            .iter()
            .map(|one| one.probabilities.clone())
            .collect();
        Evaluation::compute(
            dataset.classes(),
            &truth,
            &probabilities,
            &request.bootstrap,
        )
    };
    let all: Vec<&Prediction> = predictions.iter().map(|(_, one)| one).collect();
    let clean = audited
        .audit
        .clean_part(dataset, request.split)
        .map(|part| {
            predictions
                .iter()
                .filter(|(sample_index, _)| part.binary_search(sample_index).is_ok())
                .map(|(_, one)| one)
                .collect::<Vec<&Prediction>>()
        });
    let mut audit = audited.audit.summary();
    if let AuditSummary::Audited { findings, .. } = &mut audit
        && learnt_from(model, request.split)
    {
        findings.insert(0, trained_on_split(predictions.len()));
    }
    let report = EvaluationReport {
        split: request.split,
        as_is: judge(&all),
        clean: clean.map(|clean| judge(&clean)),
        audit,
        model: model.origin.to_string(),
        details: details(model, request),
    };
    let predictions: Vec<Prediction> = predictions.into_iter().map(|(_, one)| one).collect();
    let history = history(model);
    let written = write_evaluation(&request.folder, &report, &predictions, history.as_ref())
        .map_err(CommandError::failure)?;
    for path in written {
        screen.detail(format_args!("wrote `{}`", path.display()));
    }
    screen.note(format_args!(
        "results are in `{}`",
        request.folder.display()
    ));
    Ok(report)
}

/// Whether the model learnt from slices of this split, of whatever data it was trained on.
fn learnt_from(model: &Model, split: Split) -> bool {
    match split {
        Split::Train => true,
        Split::Valid => model.file.training["settings"]["data"]["train_on_valid"] == true,
        Split::Test => false,
    }
}

/// What travels with figures of slices that the model may have learnt from.
fn trained_on_split(slice_count: usize) -> FindingCount {
    FindingCount {
        rule: "trained-on-split".to_owned(),
        severity: Severity::Warning,
        count: slice_count,
    }
}

fn check_classes(model: &Classes, data: &Classes) -> Result<(), CommandError> {
    if model == data {
        return Ok(());
    }
    let list = |classes: &Classes| {
        let names: Vec<String> = classes
            .names()
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        names.join(", ")
    };
    Err(CommandError::bad_input(ClassesDiffer {
        model: list(model),
        data: list(data),
    }))
}

fn predict(
    model: &mut Model,
    dataset: &Dataset,
    request: &Request,
    screen: &Screen,
) -> Result<Vec<(usize, Prediction)>, CommandError> {
    let loaded = data::load_split(
        dataset,
        request.split,
        &model.file.recipe,
        &request.data,
        screen,
    )?;
    let pixels: Vec<_> = loaded.slices.iter().map(|slice| &slice.pixels).collect();
    let bar = screen.bar(pixels.len(), "predicting");
    let probabilities = model.predict(&pixels, request.batch, &mut |done| {
        bar.set_position(done as u64);
    })?;
    bar.finish_and_clear();
    let samples = dataset.samples();
    Ok(loaded
        .slices
        .iter()
        .zip(probabilities)
        .map(|(slice, probabilities)| {
            let sample = &samples[slice.sample_index];
            let path = sample.path.clone();
            let prediction = Prediction {
                path,
                truth: sample.class,
                probabilities,
            };
            (slice.sample_index, prediction)
        })
        .collect())
}

/// The run that made the model, if its log still lies beside it.
fn history(model: &Model) -> Option<History> {
    let ModelChoice::File(path) = &model.origin else {
        return None;
    };
    let mut history = read_log(&path.with_file_name("log.csv")).ok()?;
    history.best_epoch = model.file.validation["epoch"]
        .as_u64()
        .map(|epoch| epoch as usize);
    Some(history)
}

/// What it takes to make the numbers again.
fn details(model: &Model, request: &Request) -> BTreeMap<String, String> {
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
