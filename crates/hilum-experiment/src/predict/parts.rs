//! Answers for a listing part by part, so that a call can go on where another ended.

use std::io;
use std::ops::Range;

use super::answer_each::{GivenAnswer, Pass, Wishes};
use super::units::Unit;
use super::{FileCounts, Predict};
use crate::ExperimentError;
use crate::inputs::Listing;
use crate::judging::Judging;
use crate::session::Session;

/// Judges the files of `parts` of a listing, one part after the other, as
/// [`answer_each`](super::answer_each) does: answers go to `take` as they come, and `ended` is told
/// the position of each part when all of its answers were given. The slices of a series are in
/// order within 1024 files of a part, or 128 with heat.
///
/// What `request` names is not looked at again, and [`Wishes::by`] does not count.
///
/// # Errors
/// As [`answer_each`](super::answer_each); [`ExperimentError::Output`] with what `take` and `ended`
/// say.
///
/// # Panics
/// If a part is not within the listing.
pub fn answer_parts<'m>(
    model: impl Into<Judging<'m>>,
    (request, wishes): (&Predict, &Wishes),
    (listing, parts): (&Listing, &[Range<usize>]),
    session: &Session<'_>,
    take: &mut dyn FnMut(GivenAnswer) -> io::Result<()>,
    ended: &mut dyn FnMut(usize) -> io::Result<()>,
) -> Result<FileCounts, ExperimentError> {
    let mut model = model.into();
    let wishes = Wishes {
        by: None,
        ..wishes.clone()
    };
    let mut pass = Pass::new(&model, request, &wishes, session)?;
    let units = parts.iter().cloned().map(Unit::of).collect();
    pass.units(&mut model, &listing.inputs, units, take, ended)
}
