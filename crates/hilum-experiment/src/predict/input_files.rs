//! What the network reads of slices, for a model that runs elsewhere.

use std::path::{Path, PathBuf};

use hilum_explain::npy_of;
use hilum_files::write_atomically;
use hilum_imaging::{Pixels, Recipe, write_png};

use super::judge::JudgedFile;
use super::{InputFiles, InputsPlaceError};
use crate::slice_names::SliceNames;
use crate::{ExperimentError, FileAnswer};

/// A folder of them.
pub(super) struct InputFolder {
    folder: PathBuf,
    names: SliceNames,
}

impl InputFolder {
    /// The folder, which is there afterwards.
    ///
    /// # Errors
    /// [`InputsPlaceError`] if it holds something already.
    pub(super) fn new(folder: &Path) -> Result<Self, ExperimentError> {
        let holds = std::fs::read_dir(folder).is_ok_and(|mut files| files.next().is_some());
        if holds || folder.is_file() {
            let path = folder.to_owned();
            return Err(InputsPlaceError { path }.into());
        }
        fs_err::create_dir_all(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            names: SliceNames::default(),
        })
    }

    /// Writes what is kept of a slice, and notes it in its answer.
    pub(super) fn write(
        &mut self,
        recipe: &Recipe,
        judged: &mut JudgedFile,
    ) -> Result<(), ExperimentError> {
        let (FileAnswer::Predicted(prediction), Some(pixels)) =
            (&mut judged.answer, &judged.pixels)
        else {
            return Ok(());
        };
        let name = self.names.of(prediction);
        let files = InputFiles {
            image: format!("{name}.png"),
            values: format!("{name}.npy"),
        };
        write_png(
            &self.folder.join(&files.image),
            &recipe.framed(&pixels.decoded),
        )?;
        let values = npy_of(&shape(recipe), &values(recipe, &pixels.prepared));
        write_atomically(&self.folder.join(&files.values), |file| {
            file.write_all(&values)
        })?;
        prediction.input = Some(files);
        Ok(())
    }
}

/// Views, channels, rows, columns.
fn shape(recipe: &Recipe) -> [usize; 4] {
    [
        recipe.views.count(),
        recipe.channels.count(),
        recipe.height,
        recipe.width,
    ]
}

fn values(recipe: &Recipe, prepared: &Pixels) -> Vec<f32> {
    let channels = recipe.channels.count();
    let mut view = vec![0.0; recipe.value_count()];
    let mut values = Vec::with_capacity(view.len() * recipe.views.count());
    for number in 0..recipe.views.count() {
        recipe.normalise_view(prepared, number, &mut view);
        for channel in 0..channels {
            values.extend(view.iter().skip(channel).step_by(channels));
        }
    }
    values
}
