//! Classes and reasons as codes.

use hilum_core::ClassName;
use hilum_experiment::UnitReason;
use hilum_trust::Reason;

use crate::Code;
use crate::scheme::{of_name, own};

/// The code of a class by its canonical name: SNOMED CT for what the reference recipe tells apart,
/// hilum's own scheme for any other.
pub fn finding(class: &ClassName) -> Code {
    match class.as_str() {
        "adenocarcinoma" => Code::sct("254626006", "Adenocarcinoma of lung"),
        "large.cell.carcinoma" => Code::sct("22687000", "Large cell carcinoma"),
        "squamous.cell.carcinoma" => Code::sct("254634000", "Squamous cell carcinoma of lung"),
        "normal" => Code::sct("17621005", "Normal"),
        name => of_name(name),
    }
}

/// What is found where the answer is "I don't know".
pub(crate) fn indeterminate() -> Code {
    Code::sct("82334004", "Indeterminate")
}

/// Why there is no answer.
pub(crate) fn reason(reason: UnitReason) -> Code {
    let value = match reason {
        UnitReason::MostUnlike => "MOST-UNLIKE",
        UnitReason::Of(Reason::NotLikeTraining) => "UNLIKE-TRAINING",
        UnitReason::Of(Reason::TwoAsLikely) => "TWO-AS-LIKELY",
        UnitReason::Of(Reason::BelowThreshold) => {
            return own(
                "BELOW-THRESHOLD",
                "the most likely class is below the threshold",
            );
        }
    };
    own(value, &reason.to_string())
}
