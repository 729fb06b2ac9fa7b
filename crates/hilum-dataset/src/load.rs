//! Slices of a split in memory: decoded and resized once, eight bits a value.

use std::sync::atomic::{AtomicUsize, Ordering};

use hilum_core::{Cancel, Cancelled, Split};
use hilum_imaging::{DecodeError, DecodeLimits, Pixels, Recipe};
use rayon::prelude::*;

use crate::Dataset;

/// Prepared slices, and the files that did not become one.
#[derive(Debug)]
pub struct Loaded {
    /// In the dataset's order, whatever the threads did.
    pub slices: Vec<LoadedSlice>,
    /// In the dataset's order.
    pub unreadable: Vec<Unreadable>,
}

/// A slice as a recipe wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedSlice {
    /// Its position in [`Dataset::samples`].
    pub sample_index: usize,
    /// Of the recipe's size and channels; not normalised yet.
    pub pixels: Pixels,
}

/// A file that did not become a slice.
#[derive(Debug)]
pub struct Unreadable {
    /// Its position in [`Dataset::samples`].
    pub sample_index: usize,
    /// Which file, and why.
    pub error: DecodeError,
}

/// Decodes and resizes the samples of one split on all cores.
///
/// `on_progress` is told how many files are done, from any thread. Files that cannot be read are
/// returned beside the others and stop nothing.
///
/// # Errors
/// [`Cancelled`], after the files that are being decoded just then.
pub fn load(
    dataset: &Dataset,
    split: Split,
    recipe: &Recipe,
    limits: &DecodeLimits,
    on_progress: &(dyn Fn(usize) + Sync),
    cancel: &Cancel,
) -> Result<Loaded, Cancelled> {
    let done = AtomicUsize::new(0);
    let samples: Vec<_> = dataset.of(split).collect();
    let outcomes: Vec<Result<LoadedSlice, Unreadable>> = samples
        .into_par_iter()
        .map(|(sample_index, sample)| {
            cancel.check()?;
            let outcome = match recipe.read_file(&sample.path, limits) {
                Ok(slice) => Ok(LoadedSlice {
                    sample_index,
                    pixels: slice.pixels,
                }),
                Err(error) => Err(Unreadable {
                    sample_index,
                    error,
                }),
            };
            on_progress(done.fetch_add(1, Ordering::Relaxed) + 1);
            Ok(outcome)
        })
        .collect::<Result<_, Cancelled>>()?;
    let mut loaded = Loaded {
        slices: Vec::with_capacity(outcomes.len()),
        unreadable: Vec::new(),
    };
    for outcome in outcomes {
        match outcome {
            Ok(slice) => loaded.slices.push(slice),
            Err(unreadable) => loaded.unreadable.push(unreadable),
        }
    }
    Ok(loaded)
}
