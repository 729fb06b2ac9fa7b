//! Slices of an evaluation that a person should look at, as pictures.

use std::path::Path;

use hilum_core::Classes;
use hilum_imaging::{DecodeLimits, Interpolation, Pixels, Recipe, decode_file, encode_png};
use hilum_report::{Case, Cases, ChosenCases, Picture, Prediction};
use rayon::prelude::*;

use super::{Evaluate, Judged};
use crate::Model;

/// How many mistakes, and how many hits.
const SHOWN: usize = 6;
/// A page of slices is to stay small.
const LONGER_SIDE: usize = 256;

/// The surest mistakes and the least sure hits among the slices that the headline figures are of. A
/// file that cannot be read any more is left out.
pub(super) fn cases(model: &Model, judged: &Judged, request: &Evaluate) -> Cases {
    let predictions = &judged.predictions;
    let of = match judged.clean.as_slice() {
        [] => (0..predictions.len()).collect(),
        clean => clean.to_owned(),
    };
    let chosen = ChosenCases::choose(predictions, &of, SHOWN);
    let limits = DecodeLimits {
        max_pixels: request.data.max_pixels,
    };
    let (classes, recipe) = (&model.file.classes, &model.file.recipe);
    let each = |positions: &[usize]| {
        let positions = positions.par_iter();
        let cases = positions.filter_map(|at| case(&predictions[*at], classes, recipe, limits));
        model.workers.install(|| cases.collect())
    };
    Cases {
        confident_mistakes: each(&chosen.confident_mistakes),
        unsure_hits: each(&chosen.unsure_hits),
    }
}

fn case(
    prediction: &Prediction,
    classes: &Classes,
    recipe: &Recipe,
    limits: DecodeLimits,
) -> Option<Case> {
    let pixels = small(&prediction.path, recipe, limits)?;
    let name = prediction.path.display().to_string();
    let truth = classes.name(prediction.truth).to_string();
    let predicted = prediction.probabilities.most_likely();
    let predicted = classes.name(predicted).to_string();
    let probability = prediction.confidence();
    let text = format!("Slice {name}: {truth}, called {predicted} with {probability:.3}.");
    Some(Case {
        name,
        truth,
        predicted,
        probability,
        slice: Picture {
            png: encode_png(&pixels),
            width: pixels.width(),
            height: pixels.height(),
            text,
            caption: String::new(),
        },
        map: None,
    })
}

/// The slice in the tones in which the model reads it, and no larger than a page needs.
fn small(path: &Path, recipe: &Recipe, limits: DecodeLimits) -> Option<Pixels> {
    let pixels = decode_file(path, recipe, &limits).ok()?.pixels;
    let (width, height) = (pixels.width(), pixels.height());
    let longer = width.max(height);
    if longer <= LONGER_SIDE {
        return Some(pixels);
    }
    let side = |side: usize| (side * LONGER_SIDE / longer).max(1);
    Some(pixels.resize(side(width), side(height), Interpolation::Bilinear))
}
