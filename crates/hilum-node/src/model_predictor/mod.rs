//! Series predicted by a model, and what comes out as DICOM objects.

#![expect(
    clippy::result_large_err,
    reason = "the library's error is made once, when a call ends"
)]

mod known_answers;

use std::io;
use std::path::PathBuf;

use hilum_core::Cancel;
use hilum_experiment::{
    ErrorKind, ExperimentError, FileAnswer, Predict, Session, SharedModel, chain, predict_each,
};
use hilum_imaging::DecodeLimits;
use hilum_results::{CaptureSettings, ModelIdentity, results_of};
use hilum_trust::Policy;

use crate::predictor::TakeResult;
use crate::{Predictor, PredictorError, ResultObject, SeriesFiles};
use known_answers::{KnownAnswers, stand_alone};

/// A model that answers every series with a report, and captures of the slices that carry it.
pub struct ModelPredictor {
    current: Box<dyn Fn() -> SharedModel + Send>,
    /// The one that was asked last.
    asked: Option<(SharedModel, ModelIdentity)>,
    /// What it said of instances before their series was complete.
    known: KnownAnswers,
    /// When there is no answer, and how often sets hold the truth.
    pub policy: Policy,
    /// Guards against files that would fill the memory.
    pub limits: DecodeLimits,
    /// Which slices are shown, and how.
    pub captures: CaptureSettings,
    cancel: Cancel,
}

impl ModelPredictor {
    /// What a model says by default: `current` is asked for each series, so that a model may take
    /// another's place. `cancel` ends a prediction that runs.
    pub fn new(current: impl Fn() -> SharedModel + Send + 'static, cancel: Cancel) -> Self {
        Self {
            current: Box::new(current),
            asked: None,
            known: KnownAnswers::default(),
            policy: Policy::default(),
            limits: DecodeLimits::default(),
            captures: CaptureSettings::default(),
            cancel,
        }
    }

    /// The model as it is now. What another one said before it is forgotten.
    fn model(&mut self) -> (SharedModel, ModelIdentity) {
        let model = (self.current)();
        match &self.asked {
            Some((asked, identity)) if asked.is_same_as(&model) => (model, identity.clone()),
            _ => {
                self.known = KnownAnswers::default();
                let identity = ModelIdentity::of(model.origin(), &model.file().classes);
                self.asked = Some((model.clone(), identity.clone()));
                (model, identity)
            }
        }
    }

    fn request(&self, files: &[PathBuf]) -> Predict {
        Predict {
            policy: self.policy,
            limits: self.limits,
            ..Predict::new(files)
        }
    }

    fn session(&self) -> Session<'static> {
        Session::default().cancelled_by(self.cancel.clone())
    }

    fn answers(
        &self,
        model: &SharedModel,
        files: &[PathBuf],
    ) -> Result<Vec<FileAnswer>, ExperimentError> {
        let mut answers = Vec::new();
        if !files.is_empty() {
            let (request, session) = (self.request(files), self.session());
            predict_each(model, &request, &session, &mut |answer| {
                answers.push(answer);
                Ok(())
            })?;
        }
        Ok(answers)
    }

    /// What is said of a series that is complete: what is known, and the rest.
    fn answers_of_series(
        &mut self,
        model: &SharedModel,
        series: SeriesFiles<'_>,
    ) -> Result<Vec<FileAnswer>, ExperimentError> {
        let (mut answers, rest) = self.known.take(series);
        if answers.is_empty() {
            return self.answers(model, series.files);
        }
        answers.extend(self.answers(model, &rest)?);
        if stand_alone(&answers) {
            Ok(answers)
        } else {
            self.answers(model, series.files)
        }
    }

    fn results(
        &mut self,
        series: SeriesFiles<'_>,
        take: &mut dyn FnMut(ResultObject) -> io::Result<()>,
    ) -> Result<(), ExperimentError> {
        let (model, identity) = self.model();
        let answers = self.answers_of_series(&model, series)?;
        let (request, session) = (self.request(series.files), self.session());
        let captures = &self.captures;
        let mut named = |object: hilum_results::ResultObject| {
            take(ResultObject {
                sop_class_uid: object.sop_class_uid.to_owned(),
                sop_instance_uid: object.sop_instance_uid,
                file: object.bytes,
            })
        };
        results_of(
            &model, &identity, &request, answers, captures, &session, &mut named,
        )?;
        Ok(())
    }
}

impl Predictor for ModelPredictor {
    fn look_ahead(&mut self, instances: SeriesFiles<'_>) {
        let (model, _) = self.model();
        // What goes wrong is told when the series is complete.
        if let Ok(answers) = self.answers(&model, instances.files) {
            self.known.add(instances, answers);
        }
    }

    fn predict(
        &mut self,
        series: SeriesFiles<'_>,
        take: &mut TakeResult<'_>,
    ) -> Result<(), PredictorError> {
        let (mut count, mut is_enough) = (0, false);
        let done = self.results(series, &mut |object| {
            count += 1;
            is_enough = take(object).is_break();
            if is_enough {
                return Err(io::ErrorKind::Interrupted.into());
            }
            Ok(())
        });
        match done {
            _ if is_enough => Ok(()),
            Err(error) => Err(why(&error)),
            Ok(()) if count == 0 => {
                let reason = "none of its instances can be read as a CT slice";
                Err(PredictorError::Never(reason.to_owned()))
            }
            Ok(()) => Ok(()),
        }
    }
}

fn why(error: &ExperimentError) -> PredictorError {
    match (error, error.kind()) {
        (_, ErrorKind::Cancelled) => PredictorError::NotNow("the node was stopped".to_owned()),
        (ExperimentError::SharedModel(_), _) => PredictorError::NotNow(chain(error)),
        _ => PredictorError::Never(chain(error)),
    }
}
