//! What a network says of many slices.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use hilum_core::Probabilities;
use hilum_graph::{Engine, EngineError, Graph, Shape};
use hilum_imaging::{Pixels, Recipe};
use thiserror::Error;

use super::judge::Judged;
use crate::slices::Preparation;

/// Why slices cannot be predicted.
#[derive(Debug, Error)]
pub enum PredictError {
    /// The recipe makes images that the network does not read.
    #[error("`{graph}` reads images of {expected}, the recipe makes {found}")]
    ImageShape {
        /// The network.
        graph: String,
        /// What it reads.
        expected: Shape,
        /// What the recipe makes.
        found: Shape,
    },
    /// A slice does not have the recipe's size.
    #[error("slice {index} was prepared by another recipe: it is {found}, not {expected}")]
    SliceShape {
        /// Its position, from 0.
        index: usize,
        /// What the recipe makes.
        expected: Shape,
        /// What it is.
        found: Shape,
    },
    /// The engine cannot do its part.
    #[error("the engine failed")]
    Engine {
        /// Why.
        #[source]
        source: EngineError,
    },
    /// Whoever was told of the progress broke off.
    #[error("stopped before every slice was predicted")]
    Interrupted,
}

/// The class probabilities of each slice, in order.
///
/// `slices` are what `recipe` made of files, and are shown in its views. The next batches are
/// prepared while the engine runs. `done` is told after each batch how many slices are done, and
/// may break off.
///
/// # Errors
/// [`PredictError`] if a slice does not fit, the engine fails or `done` breaks off.
pub fn predict_slices(
    engine: &mut dyn Engine,
    slices: &[&Pixels],
    recipe: &Recipe,
    batch_size: NonZeroUsize,
    done: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<Vec<Probabilities>, PredictError> {
    let logits = slice_logits(engine, slices, recipe, batch_size, done)?;
    Ok(logits
        .iter()
        .map(|row| Probabilities::from_logits(row))
        .collect())
}

/// The logits of each slice, in order, one value per class; finite. See [`predict_slices`].
///
/// # Errors
/// [`PredictError`] if a slice does not fit, the engine fails or `done` breaks off.
pub fn slice_logits(
    engine: &mut dyn Engine,
    slices: &[&Pixels],
    recipe: &Recipe,
    batch_size: NonZeroUsize,
    done: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<Vec<Vec<f32>>, PredictError> {
    let judged = judged(engine, slices, recipe, batch_size)?;
    let logits = judged.logits(engine, done);
    let logits = logits.map_err(|source| PredictError::Engine { source })?;
    logits.ok_or(PredictError::Interrupted)
}

/// What a network says of slices, and what it hands out of them on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct TappedSlices {
    /// As [`slice_logits`] gives them.
    pub logits: Vec<Vec<f32>>,
    /// A row for each slice, of the first of its views: what the graph's taps hold
    /// ([`Engine::forward_tapped`]).
    pub taps: Vec<f32>,
}

/// The logits of each slice, and what the taps hold of it, in one pass. See [`predict_slices`].
///
/// # Errors
/// [`PredictError`] if a slice does not fit, the engine fails or `done` breaks off.
pub fn tapped_slices(
    engine: &mut dyn Engine,
    slices: &[&Pixels],
    recipe: &Recipe,
    batch_size: NonZeroUsize,
    done: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<TappedSlices, PredictError> {
    let judged = judged(engine, slices, recipe, batch_size)?;
    let found = judged.tapped(engine, done);
    let found = found.map_err(|source| PredictError::Engine { source })?;
    let (logits, taps) = found.ok_or(PredictError::Interrupted)?;
    Ok(TappedSlices { logits, taps })
}

/// The slices, if they are what the recipe makes and the network reads.
fn judged<'a>(
    engine: &dyn Engine,
    slices: &'a [&'a Pixels],
    recipe: &'a Recipe,
    batch_size: NonZeroUsize,
) -> Result<Judged<'a>, PredictError> {
    let preparation = Preparation::new(recipe, engine.graph());
    check(&preparation, engine.graph(), slices)?;
    Ok(Judged {
        slices,
        preparation,
        batch_size,
    })
}

fn check(
    preparation: &Preparation<'_>,
    graph: &Graph,
    slices: &[&Pixels],
) -> Result<(), PredictError> {
    let expected = preparation.recipe_shape();
    if expected != preparation.shape() {
        return Err(PredictError::ImageShape {
            graph: graph.name().to_owned(),
            expected: preparation.shape(),
            found: expected,
        });
    }
    for (index, pixels) in slices.iter().enumerate() {
        if let Some(found) = preparation.foreign_shape(pixels) {
            return Err(PredictError::SliceShape {
                index,
                expected,
                found,
            });
        }
    }
    Ok(())
}
