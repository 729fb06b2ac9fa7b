//! Slices of an evaluation that a person should look at, as pictures.

use std::collections::BTreeMap;
use std::path::Path;

use hilum_core::Classes;
use hilum_imaging::{DecodeLimits, Interpolation, Pixels, Recipe, decode_file, encode_png};
use hilum_report::{Case, Cases, ChosenCases, Picture, Prediction};
use rayon::prelude::*;

use super::{Evaluate, Judged, shown};
use crate::Model;

/// How many mistakes, and how many hits.
const SHOWN: usize = 6;
/// A page of slices is to stay small.
const LONGER_SIDE: usize = 256;

/// The surest mistakes and the least sure hits among the slices that the headline figures are of. A
/// file that cannot be read any more is left out.
pub(super) fn cases(
    model: &Model,
    judged: &Judged,
    maps: &BTreeMap<usize, Picture>,
    request: &Evaluate,
) -> Cases {
    let predictions = &judged.predictions;
    let chosen = chosen(judged);
    let limits = DecodeLimits {
        max_pixels: request.data.max_pixels,
    };
    let (classes, recipe) = (&model.file.classes, &model.file.recipe);
    let each = |positions: &[usize]| {
        let positions = positions.par_iter();
        let cases = positions
            .filter_map(|at| case(&predictions[*at], maps.get(at), classes, recipe, limits));
        model.workers.install(|| cases.collect())
    };
    Cases {
        confident_mistakes: each(&chosen.confident_mistakes),
        unsure_hits: each(&chosen.unsure_hits),
    }
}

/// Which slices these are.
pub(super) fn chosen(judged: &Judged) -> ChosenCases {
    let (_, of) = shown(judged);
    ChosenCases::choose(&judged.predictions, &of, SHOWN)
}

fn case(
    prediction: &Prediction,
    map: Option<&Picture>,
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
        map: map.cloned(),
    })
}

/// The slice in the tones in which the model reads it, and no larger than a page needs.
fn small(path: &Path, recipe: &Recipe, limits: DecodeLimits) -> Option<Pixels> {
    let pixels = decode_file(path, recipe, &limits).ok()?.pixels;
    let (width, height) = size_on_page(pixels.width(), pixels.height());
    Some(pixels.resize(width, height, Interpolation::Bilinear))
}

/// Width and height of the same shape, no larger than a page needs.
pub(super) fn size_on_page(width: usize, height: usize) -> (usize, usize) {
    let longer = width.max(height);
    if longer <= LONGER_SIDE {
        return (width, height);
    }
    let scaled = |side: usize| (side * LONGER_SIDE / longer).max(1);
    (scaled(width), scaled(height))
}
