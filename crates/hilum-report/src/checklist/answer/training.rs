//! How the network learned, and what was chosen by what.

use crate::checklist::facts::Facts;
use crate::checklist::phrases::counted;
use crate::checklist::reply::{Answer, Reply, Source};

/// Settings of the training that a sentence names, in its order, and what they are called there.
const NAMED: [(&str, &str); 8] = [
    ("training.batch_size", "batch size"),
    ("training.learning_rate", "learning rate"),
    ("training.schedule.kind", "schedule"),
    ("training.update.rule", "optimiser"),
    ("training.update.weight_decay", "weight decay"),
    ("training.label_smoothing", "label smoothing"),
    ("training.averaging", "average of the weights"),
    ("training.freeze.kind", "frozen"),
];

const AUGMENTATION: &str = "training.augmentation.";

/// All of it; what is not named here stands in the model file.
pub(in crate::checklist) fn procedure(facts: &Facts) -> Reply {
    let Some(epochs) = facts.setting("training.epochs") else {
        return Reply::Silent;
    };
    let named = NAMED.iter().filter_map(|(name, says)| {
        let value = facts.setting(name)?;
        Some(format!("{says} {value}"))
    });
    let settings: Vec<String> = [format!("epochs {epochs}")]
        .into_iter()
        .chain(named)
        .collect();
    let ran = facts.epochs.map(|ran| {
        let trained = counted(ran.trained, "epoch was", "epochs were");
        format!("{trained} trained in {:.0} s.", ran.seconds)
    });
    let answer = Answer::new()
        .says(
            format!("Cross-entropy; {}.", settings.join(", ")),
            Source::ModelFile,
        )
        .says(augmentation(facts), Source::ModelFile)
        .may_say(ran, Source::LogCsv)
        .says("All other settings: `hilum card`.", Source::ModelFile);
    Reply::answered(answer)
}

/// What is not off: a range of 0 varies nothing.
fn augmentation(facts: &Facts) -> String {
    let rows = facts.card.training.iter();
    let varied: Vec<String> = rows
        .filter_map(|row| {
            let name = row.name().strip_prefix(AUGMENTATION)?;
            let is_off = ["0", "-", "false", "none", ""].contains(&row.value());
            let is_how = name.starts_with("fill_mode") || name == "cval";
            (!is_off && !is_how).then(|| format!("{name} {}", row.value()))
        })
        .collect();
    if varied.is_empty() {
        "Training slices are not varied.".to_owned()
    } else {
        format!("Training slices are varied: {}.", varied.join(", "))
    }
}

/// By what the final model was chosen.
pub(in crate::checklist) fn selection(facts: &Facts) -> Reply {
    let keep = match facts.setting("training.keep") {
        Some("last") => "The weights of the last epoch are the model.",
        Some("best") => {
            "The weights of the epoch with the highest macro-F1 on validation are the model."
        }
        _ => return Reply::Silent,
    };
    let kept = facts.epochs.and_then(|ran| {
        ran.kept
            .map(|kept| format!("Epoch {kept} of {}.", ran.trained))
    });
    let answer = Answer::new()
        .says(keep, Source::ModelFile)
        .may_say(kept, Source::LogCsv)
        .says(facts.card.validation_words(), Source::ModelFile);
    Reply::answered(answer)
}

/// One network, at most in two views.
pub(in crate::checklist) fn ensemble(facts: &Facts) -> Reply {
    let text = match facts.recipe("views") {
        Some("mirrored") => {
            "No ensemble of models: one network; the logits of a slice and of its mirror image are \
             averaged."
        }
        Some("mirrored-if-unsure") => {
            "No ensemble of models: one network; where the logits of a slice leave doubt, they are \
             averaged with those of its mirror image."
        }
        _ => "No ensemble: one network, one view of each slice.",
    };
    Reply::Answered(Answer::new().says(text, Source::ModelFile))
}

/// Whether classes of few slices count more, and what is done about probabilities after.
pub(in crate::checklist) fn class_balance(facts: &Facts) -> Reply {
    let weights = match facts.setting("training.class_weights") {
        Some("balanced") => {
            "Classes are weighted in the loss by the inverse of how many slices they have, so that \
             rare ones count as much."
        }
        Some("none") => "Nothing was done about class imbalance.",
        _ => return Reply::Silent,
    };
    let after = match &facts.card.calibration {
        Some(words) => format!("Probabilities after that: {words}."),
        None => "Probabilities were not calibrated after that.".to_owned(),
    };
    let answer = Answer::new()
        .says(weights, Source::ModelFile)
        .says(after, Source::ModelFile);
    Reply::answered(answer)
}

/// Nothing in a training looks at who is shown; choosing the data is a person's part.
pub(in crate::checklist) fn fairness(_facts: &Facts) -> Reply {
    let text = "The training used none: hilum reads no age, sex or origin of a patient.";
    Reply::partly(Answer::new().says(text, Source::ModelFile))
}
