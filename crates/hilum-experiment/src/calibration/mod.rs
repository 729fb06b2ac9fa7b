//! Probabilities that are ones: fitted on what a model did not learn from.

mod cross_fitted;
mod error;
mod out_of_fold;
mod valid;

use hilum_core::ClassName;
use hilum_trust::{Bias, Confidences, ConformalScores, HeldOut, TooFewSlices, calibrate};
use hilum_weights::{CalibrationRecord, CalibrationSlices, CalibrationSource, ModelFile};

pub(crate) use cross_fitted::cross_fitted;
pub use error::CalibrationError;
pub(crate) use out_of_fold::out_of_fold;
pub(crate) use valid::{ValidSlices, calibrate_on_valid};

use hilum_core::Grouping;

/// Why a model is not calibrated, where nobody asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotCalibrated {
    /// The validation split was trained on.
    TrainedOnValid,
    /// There are too few slices.
    TooFew(TooFewSlices),
    /// Too few are left without those whose group was trained on, as the data names groups.
    GroupsTrainedOn {
        /// Slices of the validation split whose group has slices in train.
        slices: usize,
        /// Slices of the validation split.
        of: usize,
    },
}

/// Slices that a model did not learn from.
pub(crate) struct Slices {
    /// All that temperature and bias are fitted on.
    pub(crate) all: HeldOut,
    /// Each slice once, where `all` has some several times: sets count slices.
    pub(crate) once: Option<HeldOut>,
    pub(crate) source: CalibrationSource,
    pub(crate) grouping: Grouping,
    pub(crate) of_learned_groups: usize,
}

/// Fits everything that the model file keeps.
pub(crate) fn record(slices: &Slices) -> Result<CalibrationRecord, TooFewSlices> {
    let bias = match slices.source {
        CalibrationSource::Valid => Bias::IfWorthIt,
        CalibrationSource::OutOfFold => Bias::Never,
    };
    let fitted = calibrate(&slices.all, bias)?;
    let once = slices.once.as_ref().unwrap_or(&slices.all);
    Ok(CalibrationRecord {
        fitted_on: Some(CalibrationSlices {
            source: slices.source,
            slices: once.slices().len(),
            groups: fitted.groups,
            grouping: slices.grouping,
            of_learned_groups: slices.of_learned_groups,
        }),
        log_losses: fitted.log_losses,
        conformal: Some(ConformalScores::of(once, &fitted.scaling)),
        confidences: Some(Confidences::of(once, &fitted.scaling)),
        ..CalibrationRecord::new(fitted.scaling)
    })
}

/// The name of a class, for an error that knows its number alone.
fn class_name(model: &ModelFile, class: usize) -> Option<&ClassName> {
    model.classes.names().get(class)
}
