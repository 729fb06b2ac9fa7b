//! What changes of the pictures do to the figures: the same slices, judged again in other looks.

mod grid;

use hilum_core::ClassIndex;
use hilum_imaging::{DecodeError, DecodeLimits, Pixels, StressedSlice};
use hilum_metrics::{Looks, Stress, StressTable, Stressed};
use rayon::prelude::*;

use super::{Evaluate, Judged, shown};
use crate::session::Session;
use crate::{Event, ExperimentError, Model, Task};

use grid::Tried;
pub use grid::{StressGrid, UnknownStressGrid};

/// Judges the slices that the figures stand for, the clean ones where any is clean, after each change
/// of the request's grid. `None` if there is no change or no slice.
///
/// A slice is read once, a batch of them at a time, and all changes are made from what was read. The
/// model prepares, judges and calibrates a changed slice as any other.
///
/// # Errors
/// [`ExperimentError`] if a file cannot be read any more, the engine fails or somebody cancels.
pub(super) fn stress(
    model: &mut Model,
    judged: &Judged,
    request: &Evaluate,
    session: &Session<'_>,
) -> Result<Option<StressTable>, ExperimentError> {
    let tried = request.stress.tried();
    let (of, shown) = shown(judged);
    if tried.is_empty() || shown.is_empty() {
        return Ok(None);
    }
    let taken = request.stress.taken(&shown);
    let after = looks(model, judged, &tried, &taken, request, session)?;
    let predictions = taken.iter().map(|at| &judged.predictions[*at]);
    let truth: Vec<ClassIndex> = predictions.clone().map(|one| one.truth).collect();
    let before = Looks {
        abstained: predictions
            .clone()
            .filter(|one| one.answer.reason.is_some())
            .count(),
        probabilities: predictions.map(|one| one.probabilities.clone()).collect(),
    };
    let stressed = Stressed {
        classes: &judged.report.as_is.confusion.classes,
        truth: &truth,
        groups: &groups(judged, &taken),
        before: &before,
    };
    let table = model.workers.install(|| {
        let rows = tried.iter().zip(&after.looks);
        let rows = rows.map(|(tried, looks)| stressed.row(said(tried), looks, &request.bootstrap));
        stressed.table(of, shown.len(), after.in_hounsfield, rows.collect())
    });
    if !table.brittle().is_empty() {
        session.tell(&Event::Brittle(&table));
    }
    Ok(Some(table))
}

/// The groups of the slices at these positions, from 0 without gaps.
fn groups(judged: &Judged, taken: &[usize]) -> Vec<usize> {
    let mut known: Vec<usize> = taken.iter().map(|at| judged.slices[*at].group).collect();
    let found = known.clone();
    known.sort_unstable();
    known.dedup();
    let number = |group: &usize| known.binary_search(group).unwrap_or_default();
    found.iter().map(number).collect()
}

fn said(tried: &Tried) -> Stress {
    let change = tried.change;
    Stress {
        change: change.name(),
        amount: change.amount(),
        unit: change.unit(),
        says: change.to_string(),
        small: tried.is_small,
    }
}

/// What the model says of changed slices.
struct After {
    /// One for each change.
    looks: Vec<Looks>,
    in_hounsfield: usize,
}

fn looks(
    model: &mut Model,
    judged: &Judged,
    tried: &[Tried],
    taken: &[usize],
    request: &Evaluate,
    session: &Session<'_>,
) -> Result<After, ExperimentError> {
    let mut after = After {
        looks: vec![Looks::default(); tried.len()],
        in_hounsfield: 0,
    };
    let total = tried.len() * taken.len();
    session.counted(Task::Stress, total, |told| {
        let mut done = 0;
        for batch in taken.chunks(request.batch.get()) {
            let slices = read(model, judged, batch, request)?;
            let recipe = &model.file.recipe;
            let in_hounsfield = slices.iter().filter(|one| one.holds_hounsfield(recipe));
            after.in_hounsfield += in_hounsfield.count();
            for (tried, looks) in tried.iter().zip(&mut after.looks) {
                session.cancel().check()?;
                let pixels = changed(model, &slices, batch, *tried)?;
                judge(model, &pixels, looks, request, session)?;
                done += batch.len();
                told(done);
            }
        }
        Ok::<_, ExperimentError>(())
    })?;
    Ok(after)
}

fn read(
    model: &Model,
    judged: &Judged,
    batch: &[usize],
    request: &Evaluate,
) -> Result<Vec<StressedSlice>, DecodeError> {
    let limits = DecodeLimits {
        max_pixels: request.data.max_pixels,
    };
    let (recipe, predictions) = (&model.file.recipe, &judged.predictions);
    let open = |at: &usize| StressedSlice::open(&predictions[*at].path, recipe, &limits);
    model
        .workers
        .install(|| batch.par_iter().map(open).collect())
}

fn changed(
    model: &Model,
    slices: &[StressedSlice],
    batch: &[usize],
    tried: Tried,
) -> Result<Vec<Pixels>, DecodeError> {
    let recipe = &model.file.recipe;
    model.workers.install(|| {
        let slices = slices.par_iter().zip(batch);
        slices
            .map(|(slice, at)| slice.changed(tried.change, recipe, *at as u64))
            .collect()
    })
}

/// Adds what the model says of slices that are changed and prepared.
fn judge(
    model: &mut Model,
    pixels: &[Pixels],
    looks: &mut Looks,
    request: &Evaluate,
    session: &Session<'_>,
) -> Result<(), ExperimentError> {
    let pixels: Vec<&Pixels> = pixels.iter().collect();
    let (policy, cancel) = (&request.policy, session.cancel());
    let judgements = model.judgements(&pixels, request.batch, policy, &|_| {}, cancel)?;
    let answering = model.answering(policy);
    for judgement in &judgements {
        let answer = answering.answer(judgement);
        looks.abstained += usize::from(answer.reason.is_some());
        looks.probabilities.push(answer.probabilities);
    }
    Ok(())
}
