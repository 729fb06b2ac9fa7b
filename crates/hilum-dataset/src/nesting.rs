//! A folder that is given in place of the dataset that lies in it.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use hilum_core::Split;

use crate::ReadError;
use crate::folders::name_of;
use crate::walk::{self, Entries};

/// Folders below this depth are not looked at.
const DEPTH: usize = 8;
/// Entries of a folder that a tree shows.
const SHOWN: usize = 6;

/// Stops at a class folder that holds nothing but folders which are no patients: splits, classes,
/// or another dataset.
///
/// Classes whose folders all hold folders of their own names are taken as they are: one folder a
/// patient or a series is usual. `entries` are those of `folder`.
pub(crate) fn refuse(root: &Path, folder: &Path, entries: &Entries) -> Result<(), ReadError> {
    let inside = entries.folders.iter().map(|class| walk::list(class));
    let inside = inside.collect::<io::Result<Vec<Entries>>>()?;
    let classes = || entries.folders.iter().zip(&inside);
    let is_nested = |entries: &Entries| entries.files.is_empty() && !entries.folders.is_empty();
    let has_files = inside.iter().any(|entries| !entries.files.is_empty());
    let shares_names = share_names(&inside);
    for (class, entries) in classes().filter(|(_, entries)| is_nested(entries)) {
        let dataset = dataset_below(class, entries)?;
        let is_one = inside.len() == 1;
        if dataset.is_some() || has_files || shares_names || is_one {
            let meant = match dataset {
                Some(dataset) => Some(dataset),
                None => classes_below(class, entries)?,
            };
            return Err(ReadError::FoldersOfFolders {
                class: name_of(class),
                tree: Tree::of(folder)?,
                root: root.to_owned(),
                meant,
            });
        }
    }
    Ok(())
}

/// Whether folders of two classes hold folders of the same names, as two datasets do.
fn share_names(classes: &[Entries]) -> bool {
    let mut seen = BTreeSet::new();
    let names = classes.iter().flat_map(|entries| &entries.folders);
    let repeated = names.filter(|folder| !seen.insert(name_of(folder)));
    repeated.count() >= 2
}

/// The highest folder that has splits.
fn dataset_below(folder: &Path, entries: &Entries) -> io::Result<Option<PathBuf>> {
    first_below(folder, entries, &|entries| {
        let mut names = entries.folders.iter().map(|folder| name_of(folder));
        Ok(names.any(|name| name.parse::<Split>().is_ok()))
    })
}

/// The highest folder of at least two folders that hold files.
fn classes_below(folder: &Path, entries: &Entries) -> io::Result<Option<PathBuf>> {
    first_below(folder, entries, &|entries| {
        let mut count = 0;
        for folder in &entries.folders {
            count += usize::from(!walk::list(folder)?.files.is_empty());
        }
        Ok(count >= 2)
    })
}

/// Breadth first.
fn first_below(
    folder: &Path,
    entries: &Entries,
    is_meant: &dyn Fn(&Entries) -> io::Result<bool>,
) -> io::Result<Option<PathBuf>> {
    if is_meant(entries)? {
        return Ok(Some(folder.to_owned()));
    }
    let mut level = entries.folders.clone();
    for _ in 0..DEPTH {
        let mut next = Vec::new();
        for folder in level {
            let entries = walk::list(&folder)?;
            if is_meant(&entries)? {
                return Ok(Some(folder));
            }
            next.extend(entries.folders);
        }
        level = next;
    }
    Ok(None)
}

/// The folders below a folder, for a person to see where the dataset is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree(Vec<String>);

impl Tree {
    fn of(folder: &Path) -> io::Result<Self> {
        let mut lines = Vec::new();
        draw(folder, 0, &mut lines)?;
        Ok(Self(lines))
    }
}

fn draw(folder: &Path, depth: usize, lines: &mut Vec<String>) -> io::Result<()> {
    let entries = walk::list(folder)?;
    let files = match entries.files.len() {
        0 => String::new(),
        1 => "  1 file".to_owned(),
        count => format!("  {count} files"),
    };
    let indent = "  ".repeat(depth + 1);
    lines.push(format!("{indent}{}/{files}", name_of(folder)));
    if depth == DEPTH {
        return Ok(());
    }
    for inside in entries.folders.iter().take(SHOWN) {
        draw(inside, depth + 1, lines)?;
    }
    if entries.folders.len() > SHOWN {
        let rest = entries.folders.len() - SHOWN;
        lines.push(format!("{indent}  and {rest} more"));
    }
    Ok(())
}

impl fmt::Display for Tree {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join("\n"))
    }
}
