//! Series predicted by a model, and what comes out as DICOM objects.

use hilum_core::Cancel;
use hilum_experiment::{ErrorKind, ExperimentError, Model, Predict, Session, chain};
use hilum_imaging::DecodeLimits;
use hilum_results::{CaptureSettings, ModelIdentity, predict_results};
use hilum_trust::Policy;

use crate::{Predictor, PredictorError, ResultObject, SeriesFiles};

/// A model that answers every series with a report, and captures of the slices that carry it.
pub struct ModelPredictor {
    model: Model,
    identity: ModelIdentity,
    /// When there is no answer, and how often sets hold the truth.
    pub policy: Policy,
    /// Guards against files that would fill the memory.
    pub limits: DecodeLimits,
    /// Which slices are shown, and how.
    pub captures: CaptureSettings,
    cancel: Cancel,
}

impl ModelPredictor {
    /// What `model` says by default; `cancel` ends a prediction that runs.
    pub fn new(model: Model, cancel: Cancel) -> Self {
        Self {
            identity: ModelIdentity::of(&model),
            model,
            policy: Policy::default(),
            limits: DecodeLimits::default(),
            captures: CaptureSettings::default(),
            cancel,
        }
    }
}

impl Predictor for ModelPredictor {
    fn predict(&mut self, series: SeriesFiles<'_>) -> Result<Vec<ResultObject>, PredictorError> {
        let session = Session::default().cancelled_by(self.cancel.clone());
        let request = Predict {
            policy: self.policy,
            limits: self.limits,
            ..Predict::new(series.files)
        };
        let mut objects = Vec::new();
        let predicted = predict_results(
            &mut self.model,
            &self.identity,
            &request,
            &self.captures,
            &session,
            &mut |object| {
                objects.push(ResultObject {
                    sop_class_uid: object.sop_class_uid.to_owned(),
                    sop_instance_uid: object.sop_instance_uid,
                    file: object.bytes,
                });
                Ok(())
            },
        );
        predicted.map_err(|error| why(&error))?;
        if objects.is_empty() {
            let reason = "none of its instances can be read as a CT slice";
            return Err(PredictorError::Never(reason.to_owned()));
        }
        Ok(objects)
    }
}

fn why(error: &ExperimentError) -> PredictorError {
    match error.kind() {
        ErrorKind::Cancelled => PredictorError::NotNow("the node was stopped".to_owned()),
        _ => PredictorError::Never(chain(error)),
    }
}
