//! Names of files that are written of slices.

use std::collections::BTreeSet;

use crate::Prediction;

/// Names that were given so far.
#[derive(Debug, Default)]
pub(crate) struct SliceNames(BTreeSet<String>);

impl SliceNames {
    /// Whether a slice has this name, in these letters' case.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// A name that no slice had before: the file's, with the frame where there are several.
    pub(crate) fn of(&mut self, prediction: &Prediction) -> String {
        let stem = prediction.path.file_stem().unwrap_or_default();
        let mut name = stem.to_string_lossy().into_owned();
        if let Some(frame) = prediction.frame {
            name = format!("{name}-frame-{frame}");
        }
        let mut unique = name.clone();
        for number in 2_usize.. {
            // Some disks take upper and lower case for the same.
            if self.0.insert(unique.to_lowercase()) {
                break;
            }
            unique = format!("{name}-{number}");
        }
        unique
    }
}
