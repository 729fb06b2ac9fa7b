//! The network, its output, and what it takes to use it.

use crate::checklist::facts::Facts;
use crate::checklist::reply::{Answer, Reply, Source};

/// Which technology it is.
pub(in crate::checklist) fn technology(facts: &Facts) -> Reply {
    let card = &facts.card;
    let text = format!(
        "Deep learning: the convolutional network {} tells {} classes of chest-CT slices apart ({}).",
        card.architecture,
        card.classes.len(),
        card.classes.join(", ")
    );
    Reply::Answered(Answer::new().says(text, Source::ModelFile))
}

/// The same where a title must name population and outcome too.
pub(in crate::checklist) fn for_a_title(facts: &Facts) -> Reply {
    match technology(facts) {
        Reply::Answered(answer) => Reply::partly(answer),
        other => other,
    }
}

/// Whether a model was made, tested, or both.
pub(in crate::checklist) fn goal(facts: &Facts) -> Reply {
    let Some(evaluation) = facts.evaluation() else {
        let answer = Answer::new().says("Development of a model.", Source::ModelFile);
        return Reply::partly(answer);
    };
    let text = format!(
        "Development of a model, and its test on the split `{}` of `{}`.",
        evaluation.report.split,
        evaluation.data()
    );
    let answer = Answer::new().says(text, Source::MetricsJson);
    Reply::answered(answer)
}

/// What the model's file says it is for; its part in care is a person's to say.
pub(in crate::checklist) fn intended_use(facts: &Facts) -> Reply {
    let words = facts.card.intended_use.trim();
    if words.is_empty() {
        return Reply::Silent;
    }
    let text = format!("The model file says: {}", ended(words));
    Reply::partly(Answer::new().says(text, Source::ModelFile))
}

fn ended(words: &str) -> String {
    if words.ends_with(['.', '!', '?']) {
        words.to_owned()
    } else {
        format!("{words}.")
    }
}

/// Layers are the architecture's, which `hilum arch` lists one by one.
pub(in crate::checklist) fn architecture(facts: &Facts) -> Reply {
    let card = &facts.card;
    let input = facts
        .recipe("height")
        .zip(facts.recipe("width"))
        .map(|(height, width)| {
            format!(
                "Input: {height} x {width} pixels, {}. Output: a logit for each of {} classes.",
                facts.recipe("channels").unwrap_or("grey"),
                card.classes.len()
            )
        });
    let dropout = facts
        .setting("network.dropout")
        .map(|share| format!("Dropout before the head: {share}."));
    let answer = Answer::new()
        .says(
            format!(
                "{}, {} trained parameters and {} running statistics, kept in {}.",
                card.architecture, card.parameters, card.statistics, card.precision
            ),
            Source::ModelFile,
        )
        .may_say(input, Source::ModelFile)
        .may_say(dropout, Source::ModelFile)
        .says(
            format!("Layer by layer: `hilum arch {}`.", card.architecture),
            Source::ModelFile,
        );
    Reply::answered(answer)
}

/// Which program, on what.
pub(in crate::checklist) fn software(facts: &Facts) -> Reply {
    let Some(version) = &facts.made_by else {
        return Reply::Silent;
    };
    let engine = facts
        .setting("machine.engine")
        .map(|engine| format!("It ran on: {engine}."));
    let judged = facts.evaluation().and_then(|one| {
        let details = &one.report.details;
        let (version, engine) = details.get("hilum").zip(details.get("engine"))?;
        Some(format!("Judged by hilum {version} on: {engine}."))
    });
    let answer = Answer::new()
        .says(
            format!("Trained by hilum {version}, one program with an engine of its own."),
            Source::ModelFile,
        )
        .may_say(engine, Source::ModelFile)
        .may_say(judged, Source::MetricsJson);
    Reply::answered(answer)
}

/// What the weights were before.
pub(in crate::checklist) fn initial_weights(facts: &Facts) -> Reply {
    let text = format!("Initial weights: {}.", facts.card.initial_weights);
    let seed = facts
        .setting("training.seed")
        .map(|seed| format!("Seed {seed}."));
    let answer = Answer::new()
        .says(text, Source::ModelFile)
        .may_say(seed, Source::ModelFile);
    Reply::answered(answer)
}

/// What comes out, and how a class is made of it.
pub(in crate::checklist) fn output(facts: &Facts) -> Reply {
    let card = &facts.card;
    let calibrated = match &card.calibration {
        Some(words) => format!("Calibration: {words}."),
        None => "They are not calibrated.".to_owned(),
    };
    let answers = facts.evaluation().and_then(|one| {
        let words = one.report.details.get("answers")?;
        Some(format!("In the evaluation: {words}."))
    });
    let answer = Answer::new()
        .says(
            format!(
                "A probability for each of {} classes; the class is the most probable one, without a \
                 threshold.",
                card.classes.len()
            ),
            Source::ModelFile,
        )
        .says(calibrated, Source::ModelFile)
        .may_say(answers, Source::MetricsJson);
    Reply::answered(answer)
}

/// Where the whole model is to be had from.
pub(in crate::checklist) fn specification(facts: &Facts) -> Reply {
    let licence = facts.card.licence.as_deref();
    let terms = match licence {
        Some(terms) => format!("Terms: {terms}."),
        None => "Its maker states no terms.".to_owned(),
    };
    let text = format!(
        "The file `{}` holds weights, classes, recipe and calibration; `hilum predict` applies it to new \
         slices, and its tensors have torchvision's names and layouts where torchvision has the network.",
        facts.model
    );
    let answer = Answer::new()
        .says(text, Source::ModelFile)
        .says(terms, Source::ModelFile);
    match licence {
        Some(_) => Reply::answered(answer),
        None => Reply::partly(answer),
    }
}

/// Whether others get program and model: known where the model states its terms. The item asks for
/// software, model or data; where the data is, a person must say.
pub(in crate::checklist) fn availability(facts: &Facts) -> Reply {
    let program = match code(facts) {
        Reply::Answered(answer) => answer,
        _ => Answer::new(),
    };
    match facts.card.licence.as_deref() {
        Some(terms) => Reply::answered(
            program.says(format!("Terms of the model: {terms}."), Source::ModelFile),
        ),
        None => Reply::partly(program),
    }
}

/// Where the program is to be had from.
pub(in crate::checklist) fn code(facts: &Facts) -> Reply {
    let Some(version) = &facts.made_by else {
        return Reply::Silent;
    };
    let again = match &facts.card.command {
        Some(command) => format!(
            "The commands that make the model again: `{}`.",
            command.replace('\n', "; ")
        ),
        None => "Every setting of the training travels in the model file.".to_owned(),
    };
    let answer = Answer::new()
        .says(
            format!("All analysis is done by hilum {version}, licensed under MIT or Apache-2.0."),
            Source::ModelFile,
        )
        .says(again, Source::ModelFile);
    Reply::answered(answer)
}

/// Where everything that decided the model is written down.
pub(in crate::checklist) fn technical_details(facts: &Facts) -> Reply {
    let print = facts.card.data_fingerprint.as_deref();
    let print = print.map(|print| format!("Fingerprint of the data: {print}."));
    let text = format!(
        "Every setting of the training stands in the metadata of `{}` and in the `settings.toml` of its \
         run; `hilum card` prints them.",
        facts.model
    );
    let answer = Answer::new()
        .says(text, Source::ModelFile)
        .may_say(print, Source::ModelFile);
    Reply::answered(answer)
}

/// What happens to input that is poor or of another kind.
pub(in crate::checklist) fn poor_input(facts: &Facts) -> Reply {
    let unlike = match &facts.card.detector {
        Some(words) => format!("A detector {words}; such a slice gets no class."),
        None => {
            "No detector: nothing tells what is not like the training data, and any picture gets a \
                 class."
                .to_owned()
        }
    };
    let answer = Answer::new()
        .says(
            "A file that cannot be decoded is refused, with the reason.",
            Source::ModelFile,
        )
        .says(unlike, Source::ModelFile);
    Reply::answered(answer)
}

/// What a user does; how expert a user must be is a person's to say.
pub(in crate::checklist) fn interaction(facts: &Facts) -> Reply {
    let text = format!(
        "A user gives files to `hilum predict --model {}`; nothing else is asked, and no value is \
         entered by hand.",
        facts.model
    );
    Reply::partly(Answer::new().says(text, Source::ModelFile))
}

/// How predictions were computed that an evaluation judges.
pub(in crate::checklist) fn predicting(facts: &Facts) -> Reply {
    let Some(evaluation) = facts.evaluation() else {
        return Reply::Silent;
    };
    let views = match facts.recipe("views") {
        Some("mirrored") => "the mean of the logits of a slice and of its mirror image",
        Some("mirrored-if-unsure") => {
            "the logits of a slice, where they leave doubt averaged with those of its mirror image"
        }
        _ => "the logits of a slice",
    };
    let scaled = match &facts.card.calibration {
        Some(_) => ", scaled as calibrated,",
        None => "",
    };
    let text = format!(
        "`hilum evaluate` with this model file: {views}{scaled} through the softmax; each slice's \
         probabilities stand in `predictions.csv` of `{}`.",
        evaluation.folder
    );
    Reply::Answered(Answer::new().says(text, Source::MetricsJson))
}
