//! Slices that not all models call the same.

use std::path::Path;

use hilum_core::Classes;
use hilum_imaging::{DecodeLimits, Interpolation, Pixels, Window, decode_file, encode_png};
use hilum_metrics::{ContestedAnswer, Disagreement};
use hilum_report::Picture;
use rayon::prelude::*;

use super::pairing::Shared;
use super::side::Side;

/// So many are shown as pictures.
pub(super) const SHOWN: usize = 24;
/// The longer side of such a picture; they stand in one file.
const PICTURE_SIDE: usize = 192;

/// All of them, the most contested first: those where the truth is likely for one and unlikely for
/// another.
pub(super) fn disagreements(
    sides: &[Side],
    classes: &Classes,
    shared: &Shared,
    slices: &[usize],
) -> Vec<Disagreement> {
    let of = |slice: &usize| {
        let rows = shared.positions[*slice].iter().zip(sides);
        let rows: Vec<_> = rows.map(|(at, side)| &side.rows[*at]).collect();
        let first = rows[0];
        let said = |row: &&_| {
            let row: &super::evaluation_folder::JudgedRow = row;
            let class = row.probabilities.most_likely();
            ContestedAnswer {
                class: classes.name(class).clone(),
                probability: row.probabilities.of(class),
                truth_probability: row.probabilities.of(row.truth),
                right: class == row.truth,
            }
        };
        Disagreement {
            path: first.path.clone(),
            truth: classes.name(first.truth).clone(),
            answers: rows.iter().map(said).collect(),
        }
    };
    let is_contested = |one: &Disagreement| {
        let mut answers = one.answers.iter();
        answers.any(|answer| answer.class != one.answers[0].class)
    };
    let mut contested: Vec<Disagreement> = slices.iter().map(of).filter(is_contested).collect();
    contested.sort_by(|one, other| rank(other).total_cmp(&rank(one)));
    contested
}

/// Where one is right and another wrong comes before where all are wrong.
fn rank(one: &Disagreement) -> f64 {
    let likely = || one.answers.iter().map(|answer| answer.truth_probability);
    let spread = likely().fold(0.0, f64::max) - likely().fold(1.0, f64::min);
    let is_decided = one.answers.iter().any(|answer| answer.right);
    if is_decided { 2.0 + spread } else { spread }
}

/// The first of them as pictures, in their order; `None` where a file cannot be read any more.
pub(super) fn pictures(
    contested: &[Disagreement],
    names: &[String],
    limits: DecodeLimits,
) -> Vec<Option<Picture>> {
    let picture = |one: &Disagreement| {
        let small = small(&one.path, limits)?;
        Some(Picture {
            png: encode_png(&small),
            width: small.width(),
            height: small.height(),
            text: said(one, names),
            caption: String::new(),
        })
    };
    contested.par_iter().take(SHOWN).map(picture).collect()
}

fn small(path: &Path, limits: DecodeLimits) -> Option<Pixels> {
    let pixels = decode_file(path, Window::LUNG, &limits).ok()?.pixels;
    let (width, height) = (pixels.width(), pixels.height());
    let longer = width.max(height);
    if longer <= PICTURE_SIDE {
        return Some(pixels);
    }
    let side = |side: usize| (side * PICTURE_SIDE / longer).max(1);
    Some(pixels.resize(side(width), side(height), Interpolation::Bilinear))
}

/// `Slice of adenocarcinoma. a: adenocarcinoma 0.91, right. b: normal 0.62, wrong.`
fn said(one: &Disagreement, names: &[String]) -> String {
    let answers = names.iter().zip(&one.answers).map(|(name, answer)| {
        let right = if answer.right { "right" } else { "wrong" };
        format!(
            " {name}: {} {:.2}, {right}.",
            answer.class, answer.probability
        )
    });
    format!("Slice of {}.{}", one.truth, answers.collect::<String>())
}
