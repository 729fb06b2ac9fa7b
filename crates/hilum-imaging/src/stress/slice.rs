//! A slice that is changed more than once, and read only once.

use std::path::{Path, PathBuf};

use super::Change;
use crate::{DecodeError, DecodeLimits, Pixels, Recipe, Rendering, Slice, SliceFile};

/// A slice as its file holds it, ready to be changed.
#[derive(Debug)]
pub struct StressedSlice {
    path: PathBuf,
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
        Ok(Self {
            path: path.to_owned(),
            file,
            slice,
        })
    }

    /// Whether a change of the window changes Hounsfield units, and not a grey ramp.
    pub fn holds_hounsfield(&self, recipe: &Recipe) -> bool {
        Change::WindowCentre(0.0)
            .window(&self.slice.info, recipe)
            .is_some()
    }

    /// The changed slice as `recipe` prepares it; the window is changed in Hounsfield units where the
    /// file holds them.
    ///
    /// # Errors
    /// [`DecodeError`] if the pixels cannot be decoded anew.
    pub fn changed(
        &self,
        change: Change,
        recipe: &Recipe,
        key: u64,
    ) -> Result<Pixels, DecodeError> {
        let pixels = match change.window(&self.slice.info, recipe) {
            Some(window) => {
                let rendering = Rendering {
                    window,
                    ..recipe.into()
                };
                self.file.only(rendering).map(|slice| slice.pixels)
            }
            None => change.apply(&self.slice.pixels, key),
        };
        let pixels = pixels.map_err(|problem| DecodeError::new(&self.path, problem))?;
        Ok(recipe.prepare(&pixels))
    }
}
