//! Where the lesions of slices lie whose truth is known.

use std::path::{Path, PathBuf};

use hilum_imaging::{LesionDisc, LesionTable};

use crate::predict::JudgedFile;
use crate::{ExperimentError, FileAnswer};

/// A table, if there is one, and its folder.
#[derive(Default)]
pub(super) struct Lesions {
    folder: PathBuf,
    table: LesionTable,
}

impl Lesions {
    /// Those of a table, if there is one.
    pub(super) fn read(table: Option<&Path>) -> Result<Self, ExperimentError> {
        let Some(path) = table else {
            return Ok(Self::default());
        };
        let folder = path.parent().filter(|folder| *folder != Path::new(""));
        Ok(Self {
            table: LesionTable::read(path)?,
            folder: known(folder.unwrap_or(Path::new("."))),
        })
    }

    /// The lesion of each judged slice that has pixels, in their order.
    pub(super) fn of(&self, judged: &[JudgedFile]) -> Vec<Option<LesionDisc>> {
        let with_pixels = judged.iter().filter(|file| file.pixels.is_some());
        let lesion = |file: &JudgedFile| match &file.answer {
            FileAnswer::Predicted(found) => {
                let path = known(&found.path);
                self.table.get(path.strip_prefix(&self.folder).ok()?)
            }
            FileAnswer::Unreadable { .. } => None,
        };
        with_pixels.map(lesion).collect()
    }
}

/// One name for a file, however it was given.
fn known(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
