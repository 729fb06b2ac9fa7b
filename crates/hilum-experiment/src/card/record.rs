//! A model's card for programs: the same facts, as numbers.

use hilum_core::{AuditSummary, Split};
use hilum_imaging::Recipe;
use hilum_metrics::{Drawn, Evaluation};
use hilum_report::{EvaluationFacts, Facts};
use hilum_weights::{InitialWeightsRecord, ModelFile, SettingsRecord, ValidationRecord};
use serde::Serialize;
use serde_json::Value;

/// What `hilum card --format json` prints.
#[derive(Serialize)]
struct Record<'a> {
    name: &'a str,
    model: &'a str,
    architecture: &'a str,
    classes: &'a [String],
    parameters: usize,
    statistics: usize,
    precision: &'a str,
    intended_use: &'a str,
    licence: Option<&'a str>,
    audit: &'a AuditSummary,
    data_fingerprint: Option<&'a str>,
    learned: Option<usize>,
    watched: Option<usize>,
    validation: Option<&'a ValidationRecord>,
    calibration: Option<&'a str>,
    detector: Option<&'a str>,
    initial_weights: Option<&'a InitialWeightsRecord>,
    recipe: &'a Recipe,
    training: &'a SettingsRecord,
    evaluations: Vec<Judged<'a>>,
}

/// An evaluation: its clean figures, and those of all slices.
#[derive(Serialize)]
struct Judged<'a> {
    folder: &'a str,
    data: &'a str,
    split: Split,
    as_is: &'a Evaluation,
    clean: Option<&'a Evaluation>,
    drawn: Drawn,
    audit: &'a AuditSummary,
}

pub(super) fn record(facts: &Facts, model: &ModelFile) -> Result<Value, serde_json::Error> {
    let card = &facts.card;
    serde_json::to_value(Record {
        name: &card.name,
        model: &facts.model,
        architecture: &card.architecture,
        classes: &card.classes,
        parameters: card.parameters,
        statistics: card.statistics,
        precision: &card.precision,
        intended_use: &card.intended_use,
        licence: card.licence.as_deref(),
        audit: &card.audit,
        data_fingerprint: card.data_fingerprint.as_deref(),
        learned: facts.learned,
        watched: facts.watched,
        validation: model.validation.as_ref(),
        calibration: card.calibration.as_deref(),
        detector: card.detector.as_deref(),
        initial_weights: model.training.settings.network.weights.as_ref(),
        recipe: &model.recipe,
        training: &model.training.settings,
        evaluations: facts.evaluations.iter().map(judged).collect(),
    })
}

fn judged(one: &EvaluationFacts) -> Judged<'_> {
    Judged {
        folder: &one.folder,
        data: one.data(),
        split: one.report.split,
        as_is: &one.report.as_is,
        clean: one.report.clean.as_ref(),
        drawn: one.report.drawn,
        audit: &one.report.audit,
    }
}
