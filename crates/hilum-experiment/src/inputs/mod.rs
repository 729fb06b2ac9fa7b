//! What is predicted: files, the members of archives, objects of stores, and what a manifest names.

mod archive;
mod dicomweb;
mod fetched;
mod input;
mod list;
mod listing;
mod memory_file;
mod sources;

use std::path::Path;

use hilum_imaging::{DecodeLimits, Recipe};

use crate::session::Session;
use crate::{ExperimentError, FileCounts, Predict};

pub(crate) use fetched::Fetched;
pub(crate) use input::{Input, InputKind};
pub(crate) use list::list;

pub use dicomweb::{fetch_dicomweb, names_dicomweb};
pub use list::names_objects;
pub use listing::Listing;
pub use memory_file::MemoryFile;
pub use sources::Sources;

/// Reads every slice under a path as [`predict`](crate::predict()) does, and throws it away: for
/// those who test readers.
///
/// # Errors
/// As [`predict`](crate::predict()), of the path.
pub fn read_every_slice(
    path: &Path,
    recipe: &Recipe,
    limits: DecodeLimits,
) -> Result<FileCounts, ExperimentError> {
    let mut counts = FileCounts::default();
    for input in list(&Predict::new([path]), &Session::default())? {
        counts.files += 1;
        let read = input.open(limits).map(|file| {
            let mut slices = (0..file.count()).map(|index| recipe.read(&file, index));
            slices.all(|slice| slice.is_ok())
        });
        counts.unreadable += usize::from(!read.unwrap_or(false));
    }
    Ok(counts)
}
