//! Reading a manifest, with a line number in every complaint.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use csv::{ReaderBuilder, StringRecord, Trim};
use hilum_core::{ClassName, GroupId, Split};

use super::columns::{Columns, separator};
use super::error::{ManifestError, ManifestProblem};
use super::text::text;
use crate::Layout;
use crate::listing::{ListedFile, Listing};
use crate::walk::{IgnoreReason, Ignored};

/// Lists the rows of a manifest.
pub(crate) fn list(path: &Path) -> Result<(Layout, Listing), crate::ReadError> {
    let bytes = fs_err::read(path)?;
    let at = |(line, problem)| ManifestError {
        path: path.to_owned(),
        line,
        problem,
    };
    let text = text(&bytes).map_err(at)?;
    let (header, records) = table(&text).map_err(at)?;
    let columns = Columns::find(&header, &records).map_err(|problem| at((1, problem)))?;
    let mut rows = Rows::new(path, columns);
    for record in &records {
        let line = record.position().map_or(0, csv::Position::line);
        rows.add(record, line)
            .map_err(|problem| at((line, problem)))?;
    }
    Ok(rows.finish().map_err(at)?)
}

/// The header, and every row.
pub(super) fn table(
    text: &str,
) -> Result<(StringRecord, Vec<StringRecord>), (u64, ManifestProblem)> {
    let mut reader = ReaderBuilder::new()
        .delimiter(separator(text))
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    let malformed = |line, error: &csv::Error| {
        let problem = ManifestProblem::Malformed(error.to_string());
        (line, problem)
    };
    let header = reader.headers();
    let header = header.map_err(|error| malformed(1, &error))?.clone();
    let records = reader.records().map(|record| {
        record.map_err(|error| {
            let line = error.position().map_or(0, csv::Position::line);
            malformed(line, &error)
        })
    });
    Ok((header, records.collect::<Result<_, _>>()?))
}

struct Rows {
    folder: PathBuf,
    columns: Columns,
    listing: Listing,
    /// For each file the first row that names it: its line, and its place in the listing.
    seen: HashMap<PathBuf, (u64, usize)>,
    without_split: Option<(u64, String)>,
    with_split_count: usize,
}

impl Rows {
    fn new(manifest: &Path, columns: Columns) -> Self {
        Self {
            folder: manifest.parent().unwrap_or(Path::new("")).to_owned(),
            columns,
            listing: Listing::default(),
            seen: HashMap::new(),
            without_split: None,
            with_split_count: 0,
        }
    }

    fn add(&mut self, record: &StringRecord, line: u64) -> Result<(), ManifestProblem> {
        let file = self.listed(record)?;
        let key = without_detours(&file.path);
        if let Some((first_line, place)) = self.seen.get(&key) {
            let first = &self.listing.files[*place];
            refuse_contradiction(first, *first_line, &file)?;
            self.listing.ignored.push(Ignored {
                path: file.path,
                reason: IgnoreReason::NamedBefore {
                    line,
                    first_line: *first_line,
                },
            });
            return Ok(());
        }
        self.seen.insert(key, (line, self.listing.files.len()));
        match file.split {
            Some(_) => self.with_split_count += 1,
            None => {
                self.without_split
                    .get_or_insert_with(|| (line, file.relative.clone()));
            }
        }
        self.listing.files.push(file);
        Ok(())
    }

    fn listed(&self, record: &StringRecord) -> Result<ListedFile, ManifestProblem> {
        let cell = |column: Option<usize>| {
            column
                .and_then(|column| record.get(column))
                .filter(|cell| !cell.is_empty())
        };
        let relative = cell(Some(self.columns.path)).ok_or(ManifestProblem::EmptyPath)?;
        let class_name =
            cell(Some(self.columns.class)).ok_or_else(|| ManifestProblem::EmptyClass {
                path: relative.to_owned(),
            })?;
        let split: Option<Split> = cell(self.columns.split).map(str::parse).transpose()?;
        let (path, relative) =
            find_file(&self.folder, relative).ok_or_else(|| ManifestProblem::MissingFile {
                path: self.folder.join(relative),
            })?;
        Ok(ListedFile {
            path,
            relative,
            class_name: class_name.to_owned(),
            split,
            group: cell(self.columns.group).map(|group| GroupId(group.to_owned())),
        })
    }

    fn finish(self) -> Result<(Layout, Listing), (u64, ManifestProblem)> {
        match self.without_split {
            Some((line, path)) if self.with_split_count > 0 => {
                Err((line, ManifestProblem::EmptySplit { path }))
            }
            Some(_) => Ok((Layout::Manifest, self.listing)),
            None => Ok((Layout::SplitManifest, self.listing)),
        }
    }
}

/// Where the file is, and how the row names it; a table from Windows writes `\` for `/`.
pub(super) fn find_file(folder: &Path, relative: &str) -> Option<(PathBuf, String)> {
    let found = |name: String| {
        let path = folder.join(&name);
        path.is_file().then_some((path, name))
    };
    found(relative.to_owned()).or_else(|| found(relative.replace('\\', "/")))
}

/// Two rows of one file must say the same of it.
fn refuse_contradiction(
    first: &ListedFile,
    first_line: u64,
    file: &ListedFile,
) -> Result<(), ManifestProblem> {
    let contradiction = |what, here: &str, there: &str| ManifestProblem::ContradictingRows {
        path: file.relative.clone(),
        first_line,
        what,
        here: here.to_owned(),
        there: there.to_owned(),
    };
    let (here, there) = (&file.class_name, &first.class_name);
    if ClassName::canonical(here) != ClassName::canonical(there) {
        return Err(contradiction("class", here, there));
    }
    if file.split != first.split {
        let name = |split: Option<Split>| split.map_or("", Split::as_str);
        return Err(contradiction("split", name(file.split), name(first.split)));
    }
    if file.group != first.group {
        let [here, there] =
            [file, first].map(|row| row.group.as_ref().map_or("", |group| group.0.as_str()));
        return Err(contradiction("group", here, there));
    }
    Ok(())
}

/// `a/./b/../c` is `a/c`.
fn without_detours(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(plain.components().next_back(), Some(Component::Normal(_))) =>
            {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}
