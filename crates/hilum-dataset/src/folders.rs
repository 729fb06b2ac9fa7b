//! `ROOT/{train,valid,test}/CLASS/*` and `ROOT/CLASS/*`.

use std::path::{Path, PathBuf};

use hilum_core::Split;

use crate::listing::{ListedFile, Listing};
use crate::nesting;
use crate::walk::{self, Entries};
use crate::{IgnoreReason, Ignored, Layout, ReadError};

/// Lists a folder of either layout.
pub(crate) fn list(root: &Path) -> Result<(Layout, Listing), ReadError> {
    let entries = walk::list(root)?;
    let splits: Vec<(Option<Split>, &PathBuf)> = entries
        .folders
        .iter()
        .map(|folder| (name_of(folder).parse().ok(), folder))
        .collect();
    if splits.iter().any(|(split, _)| split.is_some()) {
        let listing = list_splits(root, &entries, &splits)?;
        return Ok((Layout::SplitFolders, listing));
    }
    if entries.folders.is_empty() {
        return Err(no_class_folders(root, &entries));
    }
    let mut listing = Listing::default();
    nesting::refuse(root, root, &entries)?;
    list_classes(root, None, entries, &mut listing)?;
    Ok((Layout::ClassFolders, listing))
}

fn list_splits(
    root: &Path,
    entries: &Entries,
    folders: &[(Option<Split>, &PathBuf)],
) -> Result<Listing, ReadError> {
    let mut listing = Listing::default();
    listing.ignored.extend(entries.ignored.iter().cloned());
    listing.ignored.extend(outside(&entries.files));
    let mut seen: Vec<(Split, &Path)> = Vec::new();
    for (split, folder) in folders {
        let Some(split) = *split else {
            refuse_images_beside_splits(root, folder)?;
            listing.ignored.extend(outside([*folder]));
            continue;
        };
        if let Some((_, first)) = seen.iter().find(|(known, _)| *known == split) {
            return Err(ReadError::SplitTwice {
                split,
                first: name_of(first),
                second: name_of(folder),
            });
        }
        seen.push((split, folder));
        let inside = walk::list(folder)?;
        if inside.folders.is_empty() && !inside.files.is_empty() {
            return Err(no_class_folders(folder, &inside));
        }
        nesting::refuse(root, folder, &inside)?;
        list_classes(root, Some(split), inside, &mut listing)?;
    }
    Ok(listing)
}

fn list_classes(
    root: &Path,
    split: Option<Split>,
    entries: Entries,
    listing: &mut Listing,
) -> Result<(), ReadError> {
    listing.ignored.extend(entries.ignored);
    listing.ignored.extend(outside(&entries.files));
    for folder in &entries.folders {
        let files = walk::files_under(folder, &mut listing.ignored)?;
        let class_name = name_of(folder);
        if files.is_empty() {
            listing.empty_folders.push((split, class_name));
            continue;
        }
        listing
            .files
            .extend(files.into_iter().map(|path| ListedFile {
                relative: walk::relative(&path, root),
                path,
                class_name: class_name.clone(),
                split,
                group: None,
            }));
    }
    Ok(())
}

/// A `holdout` beside `test` is a split under another name, not something to leave out.
fn refuse_images_beside_splits(root: &Path, folder: &Path) -> Result<(), ReadError> {
    let count = walk::files_under(folder, &mut Vec::new())?.len();
    if count == 0 {
        return Ok(());
    }
    Err(ReadError::UnknownSplitFolder {
        root: root.to_owned(),
        folder: name_of(folder),
        count,
    })
}

fn no_class_folders(folder: &Path, entries: &Entries) -> ReadError {
    if entries.files.is_empty() {
        ReadError::Empty {
            path: folder.to_owned(),
        }
    } else {
        ReadError::NoClassFolders {
            path: folder.to_owned(),
            count: entries.files.len(),
        }
    }
}

fn outside<'path>(
    paths: impl IntoIterator<Item = &'path PathBuf>,
) -> impl Iterator<Item = Ignored> {
    paths.into_iter().map(|path| Ignored {
        path: path.clone(),
        reason: IgnoreReason::OutsideClassFolders,
    })
}

pub(crate) fn name_of(folder: &Path) -> String {
    folder
        .file_name()
        .unwrap_or(folder.as_os_str())
        .to_string_lossy()
        .into_owned()
}
