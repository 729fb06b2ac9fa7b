//! The border to whatever predicts series and makes DICOM objects of what comes out.

use std::ops::ControlFlow;
use std::path::PathBuf;

use thiserror::Error;

/// A series, or some of its instances.
#[derive(Debug, Clone, Copy)]
pub struct SeriesFiles<'a> {
    /// Study Instance UID.
    pub study_uid: &'a str,
    /// Series Instance UID.
    pub series_uid: &'a str,
    /// Its instances, as DICOM files.
    pub files: &'a [PathBuf],
}

/// A DICOM object to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultObject {
    /// SOP Class UID.
    pub sop_class_uid: String,
    /// SOP Instance UID; the same for the same series and the same model.
    pub sop_instance_uid: String,
    /// The whole file, from the preamble on.
    pub file: Vec<u8>,
}

/// Why a series has no results.
#[derive(Debug, Error)]
pub enum PredictorError {
    /// Nothing in it can be predicted; it is not tried again.
    #[error("{0}")]
    Never(String),
    /// Something outside it is missing; it is tried again.
    #[error("{0}")]
    NotNow(String),
}

/// Takes a result as soon as it is made; breaks where no more is wanted.
pub type TakeResult<'a> = dyn FnMut(ResultObject) -> ControlFlow<()> + 'a;

/// Predicts series, one after the other, on a thread of its own.
pub trait Predictor: Send {
    /// Looks at instances that just came, while their series goes on, so that less is left to do
    /// when it is complete. Whether it is asked changes nothing that is said.
    fn look_ahead(&mut self, instances: SeriesFiles<'_>) {
        let _ = instances;
    }

    /// Hands over the objects that a complete series is answered with, what is quickly made first;
    /// the same ones whenever it is asked again.
    ///
    /// # Errors
    /// [`PredictorError`]; no path and no patient's name may be in it.
    fn predict(
        &mut self,
        series: SeriesFiles<'_>,
        take: &mut TakeResult<'_>,
    ) -> Result<(), PredictorError>;
}
