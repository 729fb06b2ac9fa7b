//! What a model's answers are worth, by what its file says, and how that came about.

use hilum_experiment::NotCalibrated;
use hilum_trust::Exchangeability;
use hilum_trust::detector::FitError;
use hilum_weights::{CalibrationRecord, ModelFile, RoundingRecord};

use crate::screen::Screen;

/// One line: whether probabilities are calibrated, and whether the model knows what is unlike its
/// training data.
pub(super) fn worth_of_answers(file: &ModelFile) -> String {
    let calibration = match &file.calibration {
        Some(calibration) => calibration.to_string(),
        None => "not calibrated: its probabilities are no frequencies".to_owned(),
    };
    match &file.detector {
        Some(detector) => format!("{calibration}; its detector {detector}"),
        None => format!(
            "{calibration}; no detector: nothing tells it what is not like its training data"
        ),
    }
}

/// A model has just been calibrated.
pub(super) fn calibrated(record: &CalibrationRecord, differences: &str, screen: &Screen) {
    let losses = match &record.log_losses {
        Some(losses) => format!(
            "; log-loss {:.3} before, {:.3} after, cross-validated",
            losses.before, losses.after
        ),
        None => String::new(),
    };
    screen.note(format_args!("{record}{losses}"));
    let on = record.fitted_on.as_ref();
    if let Some(on) = on.filter(|on| on.of_learned_groups > 0) {
        screen.warn(format_args!(
            "{} of {} slices that it is calibrated on look like scans that it learned from: its \
             probabilities may flatter; `hilum cross-validate` and `--calibrate-on` keep such groups \
             apart",
            on.of_learned_groups, on.slices
        ));
    }
    if !differences.is_empty() {
        screen.warn(format_args!(
            "the cross-validation that it is calibrated on was of other settings:{differences}"
        ));
    }
}

/// Why a model is not calibrated, and what to do.
pub(super) fn not_calibrated(reason: &NotCalibrated) -> String {
    let why = match reason {
        NotCalibrated::TrainedOnValid => "`valid` was trained on".to_owned(),
        NotCalibrated::TooFew(error) => error.to_string(),
        NotCalibrated::GroupsTrainedOn { slices, of } => format!(
            "{slices} of {of} slices of `valid` are of groups that were trained on, and the rest is \
             too little"
        ),
    };
    format!(
        "not calibrated: {why}\nhint: `hilum cross-validate` with the same settings judges every \
         slice by a model that did not see it; give its folder with `--calibrate-on`, here or to \
         `hilum export`"
    )
}

/// How a model answers in `bf16`, and what comes of it.
pub(super) fn rounded(record: &RoundingRecord) -> String {
    if record.holds() {
        format!("{record}: predictions take it where the processor is faster in it")
    } else {
        format!("{record}: predictions stay in f32")
    }
}

/// Why a model has no detector, and what to do.
pub(super) fn no_detector(reason: &FitError) -> String {
    format!("no detector: {reason}; nothing tells the model what is not like its training data")
}

/// Whether the slices that were predicted look like those that the model was calibrated on.
pub(super) fn held_against(found: &Exchangeability, screen: &Screen) {
    let Exchangeability {
        p_value,
        slices,
        confidence,
        held_out_confidence,
        ..
    } = found;
    let said = format!(
        "p = {p_value:.4}, mean confidence {confidence:.2}, there {held_out_confidence:.2}"
    );
    if found.is_alarm() {
        screen.warn(format_args!(
            "these {slices} slices do not look like those that the model was calibrated on ({said}): \
             do not count on its probabilities and sets"
        ));
    } else {
        screen.detail(format_args!(
            "these {slices} slices look like those that the model was calibrated on ({said})"
        ));
    }
}
