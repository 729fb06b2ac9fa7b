//! What a model is worth on slices that it has not seen.

mod answers;
mod cases;
mod data_flow;
mod division;
mod figures;
mod groups;
mod heat;
mod judged;
mod place;
mod provenance;
mod stress;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use hilum_core::{AuditSummary, Classes, FindingCount, Probabilities, Severity, Split};
use hilum_dataset::Dataset;
use hilum_explain::Method;
use hilum_metrics::{Bootstrap, EvaluationReport, GroupedPart, Leaked};
use hilum_report::{Answer, Evaluated, Prediction, write_evaluation};
use hilum_trust::{Policy, Reason};
use thiserror::Error;

use crate::data::{Audited, Known};
use crate::own_training::own_training;
use crate::session::Session;
use crate::settings::DataSettings;
use crate::{Event, ExperimentError, Model, ModelOrigin, Predict, Task, data};
use figures::{clean_positions, figures};

pub use division::Division;
pub(crate) use judged::Judged;
pub(crate) use place::fresh_folder;
pub use place::{EvaluationPlace, EvaluationPlaceError};
pub use stress::{StressGrid, UnknownStressGrid};

/// What is evaluated, and where the results go.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluate {
    /// Which data, and how it is read.
    pub data: DataSettings,
    /// The slices that are judged; nothing else is decoded.
    pub split: Split,
    /// How data without a split of its own is divided; if absent, as it was to train the model,
    /// or not at all if the model did not learn from it.
    pub split_seed: Option<u64>,
    /// Where the results go.
    pub place: EvaluationPlace,
    /// Slices that go through the network at once.
    pub batch: NonZeroUsize,
    /// How intervals are drawn.
    pub bootstrap: Bootstrap,
    /// When there is no answer, and how often sets hold the truth.
    pub policy: Policy,
    /// Which changes of the pictures are tried.
    pub stress: StressGrid,
    /// How heat of all slices is found; it is not, if absent.
    pub explain: Option<Method>,
}

impl Evaluate {
    /// The test split of `data`, with the results beside the model.
    pub fn new(data: DataSettings, model: &ModelOrigin) -> Self {
        Self {
            data,
            split: Split::Test,
            split_seed: None,
            place: EvaluationPlace::Fresh(model.evaluation_folder()),
            batch: Predict::BATCH,
            bootstrap: Bootstrap::default(),
            policy: Policy::default(),
            stress: StressGrid::default(),
            explain: None,
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
    request.place.check()?;
    let mut judged = judge(model, request, session)?;
    judged.report.stress = stress::stress(model, &judged, request, session)?;
    let sights = heat::sights(model, &judged, request, session)?;
    judged.report.heat = sights.table;
    let folder = request.place.folder()?;
    let training = match &model.origin {
        ModelOrigin::File(path) => own_training(path, &model.file),
        ModelOrigin::Bundled => None,
    };
    let provenance = provenance::provenance(model, &judged, request, session.plots);
    let cases = cases::cases(model, &judged, &sights.maps, request);
    let Judged {
        report,
        predictions,
        slices,
        clean,
        data_flow,
    } = judged;
    let evaluated = Evaluated {
        clean: report.clean.as_ref().map(|_| clean.as_slice()),
        slices: Some(&slices),
        data_flow: Some(&data_flow),
        provenance: Some(&provenance),
        cases: Some(&cases),
        heat: sights.section.as_ref(),
        training: training
            .as_ref()
            .map(|(history, context)| (history, context)),
        ..Evaluated::new(&report, &predictions)
    };
    let written = write_evaluation(&folder, &evaluated, session.plots)?;
    for path in &written {
        session.tell(&Event::WroteResult { path });
    }
    session.tell(&Event::ResultsIn(&folder));
    Ok(report)
}

/// The same without changing any picture, and without writing anything.
///
/// # Errors
/// As [`evaluate`].
pub(crate) fn judge(
    model: &mut Model,
    request: &Evaluate,
    session: &Session<'_>,
) -> Result<Judged, ExperimentError> {
    request.policy.check()?;
    let (audited, division) = division::judged(model, request, session)?;
    let dataset = &audited.dataset;
    check_classes(&model.file.classes, dataset.classes())?;
    let known = known(model, &audited, request.split, session);
    let predictions = predict(model, dataset, request, session)?;
    let clean = clean_positions(&audited, known.as_ref(), request.split, &predictions);
    let figures = figures(model, &audited, &predictions, &clean, &request.bootstrap);
    let shown: Vec<usize> = match clean.as_slice() {
        [] => (0..predictions.len()).collect(),
        clean => clean.to_owned(),
    };
    let answers = answers::scores(model, &audited, &predictions, &shown, request);
    let clean_samples: Vec<usize> = clean.iter().map(|at| predictions[*at].0).collect();
    let data_flow = data_flow::data_flow(&audited, known.as_ref(), request.split, &clean_samples);
    let leaked = known.map(Known::leaked);
    let report = EvaluationReport {
        split: request.split,
        as_is: figures.as_is,
        clean: figures.clean,
        by_group: figures.by_group,
        drawn: figures.drawn,
        audit: with_leak(audited.audit.summary(), leaked.as_ref()),
        leaked,
        answers,
        stress: None,
        heat: None,
        model: model.origin.to_string(),
        details: details(model, request, division),
    };
    let (samples, predictions): (Vec<usize>, Vec<Prediction>) = predictions.into_iter().unzip();
    Ok(Judged {
        slices: judged::slices(&audited, &samples, &figures.groups, &clean),
        report,
        predictions,
        clean,
        data_flow,
    })
}

/// The slices that the model knows, and says so. A model of an older hilum knows the names of its
/// splits alone: all slices of such a split count as known, and of others nobody can tell.
fn known(model: &Model, audited: &Audited, split: Split, session: &Session<'_>) -> Option<Known> {
    let Audited { dataset, audit } = audited;
    let (file, workers) = (&model.file, &model.workers);
    if let Some(known) = &file.known_slices {
        let known = data::known_slices(dataset, audit, Some(split), known, workers);
        if known.count() > 0 {
            session.tell(&Event::JudgedOnKnownSlices {
                split,
                files: &known.pictures,
                of: known.of,
            });
        }
        return Some(known);
    }
    if file.training.learnt_from(split) {
        session.tell(&Event::JudgedOnOwnSlices(split));
        return Some(data::all_slices(dataset, audit, split, workers));
    }
    session.tell(&Event::LeaksUnknown);
    None
}

/// The findings about the model and the slices come before those about the slices.
fn with_leak(mut audit: AuditSummary, leaked: Option<&Leaked>) -> AuditSummary {
    let finding = match leaked {
        None => Some(("training-slices-unknown", 1)),
        Some(leaked) if leaked.count > 0 => Some(("trained-on-split", leaked.count)),
        Some(_) => None,
    };
    if let AuditSummary::Audited { findings, .. } = &mut audit
        && let Some((rule, count)) = finding
    {
        let rule = rule.to_owned();
        let severity = Severity::Warning;
        findings.insert(
            0,
            FindingCount {
                rule,
                severity,
                count,
            },
        );
    }
    audit
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
    let judgements = session.counted(Task::Predict, pixels.len(), |told| {
        model.judgements(&pixels, request.batch, &request.policy, told, cancel)
    })?;
    let answering = model.answering(&request.policy);
    let samples = dataset.samples();
    Ok(loaded
        .slices
        .iter()
        .zip(judgements)
        .map(|(slice, judgement)| {
            let sample = &samples[slice.sample_index];
            let answer = answering.answer(&judgement);
            let before = || Probabilities::from_logits(&judgement.logits);
            let prediction = Prediction {
                path: sample.path.clone(),
                truth: sample.class,
                probabilities: answer.probabilities,
                answer: Answer {
                    before: answer.is_calibrated.then(before),
                    set: answer.set,
                    reason: answer.reason.map(Reason::says),
                },
            };
            (slice.sample_index, prediction)
        })
        .collect())
}

/// What it takes to make the numbers again.
fn details(model: &Model, request: &Evaluate, division: Division) -> BTreeMap<String, String> {
    let bootstrap = &request.bootstrap;
    [
        ("data", request.data.path.display().to_string()),
        ("division", division.to_string()),
        ("architecture", model.file.architecture.name.to_string()),
        (
            "bootstrap",
            format!(
                "{} resamples, seed {}",
                bootstrap.resample_count, bootstrap.seed
            ),
        ),
        ("answers", answers::described(&model.file, &request.policy)),
        ("engine", model.engine()),
        ("hilum", env!("CARGO_PKG_VERSION").to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// The slices that the headline figures are of.
fn shown(judged: &Judged) -> (GroupedPart, Vec<usize>) {
    match judged.clean.as_slice() {
        [] => (GroupedPart::AsIs, (0..judged.predictions.len()).collect()),
        clean => (GroupedPart::Clean, clean.to_owned()),
    }
}
