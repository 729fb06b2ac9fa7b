//! One of the models that are compared, with all that is known of it.

use std::collections::BTreeMap;
use std::path::Path;

use hilum_metrics::{EvaluationReport, History};
use hilum_report::TrainingContext;
use hilum_weights::ModelFile;

use super::evaluation_folder::{self, JudgedRow};
use super::settings;
use super::subject::Subject;
use super::{Compare, ComparedData};
use crate::evaluate::{Judged, judge};
use crate::own_training::own_training;
use crate::session::Session;
use crate::{Evaluate, ExperimentError, Model, ModelOrigin};

/// One of the models that are compared.
pub(super) struct Side {
    pub(super) subject: Subject,
    /// Where what it says comes from.
    pub(super) source: String,
    pub(super) report: EvaluationReport,
    pub(super) rows: Vec<JudgedRow>,
    /// Every setting of its training that is known, by its name.
    pub(super) settings: BTreeMap<String, String>,
    pub(super) training: Option<(History, TrainingContext)>,
}

impl Side {
    /// Asks the model anew where `request` names data, or reads what it said.
    pub(super) fn of(
        subject: &Subject,
        request: &Compare,
        session: &Session<'_>,
    ) -> Result<Self, ExperimentError> {
        match (&request.data, subject.model()) {
            (Some(data), Some(origin)) => Self::judged(subject, &origin, data, request, session),
            _ => Self::read(subject, request),
        }
    }

    fn judged(
        subject: &Subject,
        origin: &ModelOrigin,
        data: &ComparedData,
        request: &Compare,
        session: &Session<'_>,
    ) -> Result<Self, ExperimentError> {
        let mut model = Model::open(origin, &request.machine, session)?;
        let evaluate = Evaluate {
            split: data.split,
            split_seed: data.split_seed,
            batch: request.batch,
            bootstrap: request.bootstrap,
            ..Evaluate::new(data.settings.clone(), origin)
        };
        let Judged {
            report,
            predictions,
            slices,
            ..
        } = judge(&mut model, &evaluate, session)?;
        let rows = predictions.into_iter().zip(slices);
        let rows = rows.map(|(prediction, slice)| JudgedRow {
            path: prediction.path,
            truth: prediction.truth,
            probabilities: prediction.probabilities,
            group: Some(slice.group),
            is_clean: Some(slice.is_clean),
            content: slice.content,
        });
        let file = match origin {
            ModelOrigin::File(path) => Some(path.as_path()),
            ModelOrigin::Bundled => None,
        };
        Ok(Self {
            subject: subject.clone(),
            source: subject.source(),
            report,
            rows: rows.collect(),
            settings: settings::of_model(&model.file),
            training: file.and_then(|file| own_training(file, &model.file)),
        })
    }

    fn read(subject: &Subject, request: &Compare) -> Result<Self, ExperimentError> {
        let split = request
            .data
            .as_ref()
            .map(|data| data.split)
            .or(request.split);
        let folder = subject.evaluation(split)?;
        let (report, rows) = evaluation_folder::read(&folder)?;
        let (settings, training) = of_run(subject.run().as_deref());
        Ok(Self {
            subject: subject.clone(),
            source: folder.display().to_string(),
            report,
            rows,
            settings,
            training,
        })
    }
}

/// What is known of the training of a run; nothing where its model was deleted.
fn of_run(run: Option<&Path>) -> (BTreeMap<String, String>, Option<(History, TrainingContext)>) {
    let unknown = (BTreeMap::new(), None);
    let Some(run) = run else {
        return unknown;
    };
    let file = run.join("model.safetensors");
    match ModelFile::read(&file) {
        Ok(model) => (settings::of_model(&model), own_training(&file, &model)),
        Err(_) => (settings::of_run(run), None),
    }
}
