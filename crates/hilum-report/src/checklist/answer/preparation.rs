//! How a file becomes the numbers that a network sees.

use crate::checklist::facts::Facts;
use crate::checklist::reply::{Answer, Reply, Source};

/// The whole recipe.
pub(in crate::checklist) fn recipe(facts: &Facts) -> Reply {
    Reply::answered(recipe_in_words(facts))
}

fn recipe_in_words(facts: &Facts) -> Answer {
    let of = |name| facts.recipe(name);
    let (Some(height), Some(width)) = (of("height"), of("width")) else {
        return Answer::new();
    };
    let mut parts = Vec::new();
    let window = of("window.hounsfield.center_hu").zip(of("window.hounsfield.width_hu"));
    match window {
        Some((center, width)) => parts.push(format!(
            "Hounsfield units are windowed at centre {center}, width {width}; files without them keep \
             their grey levels"
        )),
        None => parts.push("each file's own window is applied".to_owned()),
    }
    match of("frame") {
        Some("cut") => parts.push("the slice is cut to the body, black outside of it".to_owned()),
        Some("tones") => {
            parts.push("lungs and soft tissue are brought to two fixed grey levels".to_owned());
        }
        Some("both") => parts.push(
            "the slice is cut to the body, and lungs and soft tissue are brought to two fixed grey \
             levels"
                .to_owned(),
        ),
        _ => {}
    }
    let fit = match of("fit") {
        Some("letterbox") => "with its aspect kept",
        _ => "each side by itself",
    };
    let interpolation = of("interpolation").unwrap_or("unknown");
    parts.push(format!(
        "resized to {height} x {width} pixels, {fit}, {interpolation} interpolation"
    ));
    if let Some(limit) = of("clahe.clip_limit") {
        parts.push(format!("equalised by CLAHE (clip limit {limit})"));
    }
    parts.push(format!("{} channels", of("channels").unwrap_or("grey")));
    let means = of("normalisation.mean_std.mean").zip(of("normalisation.mean_std.std"));
    match (means, of("normalisation")) {
        (Some((mean, std)), _) => {
            parts.push(format!("less the mean ({mean}), by the deviation ({std})"));
        }
        (None, Some(name)) => parts.push(format!("normalised by `{name}`")),
        (None, None) => {}
    }
    let text = format!(
        "The recipe travels in the model file and is the same for every slice: {}.",
        parts.join("; ")
    );
    Answer::new().says(text, Source::ModelFile)
}

/// Which part of a slice is looked at.
pub(in crate::checklist) fn subsets(facts: &Facts) -> Reply {
    let text = match facts.recipe("frame") {
        Some("cut" | "both") => {
            "Of each slice the body's box, found by the program; no region was drawn by a person."
        }
        _ => "Whole slices; no region of interest was cut out, by hand or by the program.",
    };
    Reply::Answered(Answer::new().says(text, Source::ModelFile))
}

/// What the predictors are: nothing beside the pixels.
pub(in crate::checklist) fn predictors(_facts: &Facts) -> Reply {
    let text = "The pixels of one slice, all of them, and nothing else: no clinical variable is read, \
                and none was selected.";
    Reply::Answered(Answer::new().says(text, Source::ModelFile))
}

/// How they were measured is the scanner's part, which the files may not tell.
pub(in crate::checklist) fn measured(facts: &Facts) -> Reply {
    Reply::partly(recipe_in_words(facts))
}

/// Who assesses predictors.
pub(in crate::checklist) fn assessors(_facts: &Facts) -> Reply {
    let text = "Nobody: pixels are read by the program, without a person's judgement.";
    Reply::Answered(Answer::new().says(text, Source::ModelFile))
}
