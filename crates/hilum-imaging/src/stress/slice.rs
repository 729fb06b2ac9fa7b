//! A slice that is changed more than once, and read only once.

use std::path::Path;

use super::Change;
use crate::{
    DecodeError, DecodeLimits, DecodeProblem, Pixels, Recipe, Slice, SliceFile, SourceInfo,
};

/// A slice as its file holds it, ready to be changed.
#[derive(Debug)]
pub struct StressedSlice {
    file: SliceFile,
    slice: Slice,
}

impl StressedSlice {
    /// Reads a file of one slice, as [`decode_file`](crate::decode_file) does.
    ///
    /// # Errors
    /// [`DecodeError`], as there.
    pub fn open(path: &Path, recipe: &Recipe, limits: &DecodeLimits) -> Result<Self, DecodeError> {
        let with_path = |problem| DecodeError::new(path, problem);
        let file = SliceFile::open(path, limits)?;
        let slice = file.only(recipe.into()).map_err(with_path)?;
        Ok(Self { file, slice })
    }

    /// Whether a change of the window changes Hounsfield units, and not a grey ramp.
    pub fn holds_hounsfield(&self, recipe: &Recipe) -> bool {
        Change::WindowCentre(0.0)
            .window(&self.slice.info, recipe)
            .is_some()
    }

    /// What the file said of itself.
    pub fn info(&self) -> &SourceInfo {
        &self.slice.info
    }

    /// The changed slice as `recipe` prepares it; the window is changed in Hounsfield units where the
    /// file holds them.
    ///
    /// # Errors
    /// [`DecodeProblem`] where the slice cannot be saved as JPEG.
    pub fn changed(
        &self,
        change: Change,
        recipe: &Recipe,
        key: u64,
    ) -> Result<Pixels, DecodeProblem> {
        let pixels = match change.window(&self.slice.info, recipe) {
            Some(window) => {
                let through = Recipe {
                    window,
                    ..recipe.clone()
                };
                self.file.only((&through).into())?.pixels
            }
            None => change.apply(&self.slice.pixels, key)?,
        };
        Ok(recipe.prepare(&pixels))
    }
}
