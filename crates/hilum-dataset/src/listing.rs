//! What a folder or manifest holds, before classes are settled and splits are drawn.

use std::path::PathBuf;

use hilum_core::{GroupId, Split};

use crate::Ignored;

/// A dataset as it lies on the disk.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) files: Vec<ListedFile>,
    /// Class folders without a sample; a manifest has none.
    pub(crate) empty_folders: Vec<(Option<Split>, String)>,
    pub(crate) ignored: Vec<Ignored>,
}

/// A sample whose class still has the name that was found.
#[derive(Debug)]
pub(crate) struct ListedFile {
    pub(crate) path: PathBuf,
    pub(crate) relative: String,
    pub(crate) class_name: String,
    pub(crate) split: Option<Split>,
    pub(crate) group: Option<GroupId>,
}

impl Listing {
    /// Every name of a class that was found, with its split.
    pub(crate) fn names(&self) -> impl Iterator<Item = (Option<Split>, &str)> + Clone {
        self.files
            .iter()
            .map(|file| (file.split, file.class_name.as_str()))
            .chain(
                self.empty_folders
                    .iter()
                    .map(|(split, name)| (*split, name.as_str())),
            )
    }
}
