//! Reading a manifest, with a line number in every complaint.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use csv::{ReaderBuilder, StringRecord, Trim};
use hilum_core::{GroupId, Split, is_one_slip};
use thiserror::Error;

use crate::Layout;
use crate::listing::{ListedFile, Listing};

const COLUMNS: [&str; 4] = ["path", "class", "split", "group"];

/// A manifest that is no dataset, and on which line that shows.
#[derive(Debug, Error)]
#[error("`{}`, line {line}: {problem}", path.display())]
pub struct ManifestError {
    /// The manifest.
    pub path: PathBuf,
    /// Counted from 1, the header included.
    pub line: u64,
    /// What is wrong there.
    pub problem: ManifestProblem,
}

/// What is wrong on a line of a manifest.
#[derive(Debug, Error)]
pub enum ManifestProblem {
    /// The header lacks a column that must be there.
    #[error(
        "the header has no column `{column}`, but {found}\nhint: the first line must be `path,class`, `path,class,split` or `path,class,split,group`"
    )]
    MissingColumn {
        /// The column.
        column: &'static str,
        /// The columns that are there.
        found: String,
    },
    /// A column twice, or one whose name is a slip of the pen away from one that is read.
    #[error("the header has a column `{found}`\nhint: {advice}")]
    DoubtfulColumn {
        /// The column.
        found: String,
        /// What to do.
        advice: String,
    },
    /// A row of another length than the header, or text that is not UTF-8.
    #[error("the row cannot be read: {0}")]
    Malformed(String),
    /// No path.
    #[error("the path is empty")]
    EmptyPath,
    /// No class.
    #[error("`{path}` has no class\nhint: every row needs one; leave out files that have none")]
    EmptyClass {
        /// The file of that row.
        path: String,
    },
    /// A split that is none.
    #[error("{0}")]
    UnknownSplit(#[from] hilum_core::SplitError),
    /// Rows with and without a split.
    #[error(
        "`{path}` has no split, though other rows have one\nhint: give every row a split, or leave the column out and let the program divide the data"
    )]
    EmptySplit {
        /// The file of that row.
        path: String,
    },
    /// A file that is not there.
    #[error("no file `{}`\nhint: paths are relative to the manifest's folder", path.display())]
    MissingFile {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// One file in two rows.
    #[error("`{path}` was already named on line {first_line}\nhint: keep one of the two rows")]
    DuplicatePath {
        /// The path as the row gives it.
        path: String,
        /// The first row that names it.
        first_line: u64,
    },
}

/// Lists the rows of a manifest.
pub(crate) fn list(path: &Path) -> Result<(Layout, Listing), crate::ReadError> {
    let text = fs_err::read(path)?;
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(text);
    let at = |line, problem| ManifestError {
        path: path.to_owned(),
        line,
        problem,
    };
    let header = reader
        .headers()
        .map_err(|error| at(1, ManifestProblem::Malformed(error.to_string())))?;
    let columns = Columns::find(header).map_err(|problem| at(1, problem))?;
    let mut rows = Rows::new(path, &columns);
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(0, csv::Position::line);
            at(line, ManifestProblem::Malformed(error.to_string()))
        })?;
        let line = record.position().map_or(0, csv::Position::line);
        rows.add(&record, line)
            .map_err(|problem| at(line, problem))?;
    }
    rows.finish()
        .map_err(|(line, problem)| at(line, problem).into())
}

/// Where the columns stand.
struct Columns {
    path: usize,
    class: usize,
    split: Option<usize>,
    group: Option<usize>,
}

impl Columns {
    fn find(header: &StringRecord) -> Result<Self, ManifestProblem> {
        let names: Vec<String> = header.iter().map(str::to_ascii_lowercase).collect();
        refuse_doubtful(&names)?;
        let position = |column| names.iter().position(|name| name == column);
        let required = |column: &'static str| {
            position(column).ok_or_else(|| ManifestProblem::MissingColumn {
                column,
                found: names
                    .iter()
                    .map(|name| format!("`{name}`"))
                    .collect::<Vec<_>>()
                    .join(", "),
            })
        };
        Ok(Self {
            path: required("path")?,
            class: required("class")?,
            split: position("split"),
            group: position("group"),
        })
    }
}

/// A misspelt `splt` would have the data divided anew, and nobody would notice.
fn refuse_doubtful(names: &[String]) -> Result<(), ManifestProblem> {
    for (position, name) in names.iter().enumerate() {
        let advice = if COLUMNS.contains(&name.as_str()) {
            if !names[..position].contains(name) {
                continue;
            }
            "a column may stand there once".to_owned()
        } else {
            let Some(near) = COLUMNS.into_iter().find(|column| is_one_slip(name, column)) else {
                continue;
            };
            format!("call it `{near}` if it is that, or something quite different")
        };
        return Err(ManifestProblem::DoubtfulColumn {
            found: name.clone(),
            advice,
        });
    }
    Ok(())
}

struct Rows<'manifest> {
    folder: PathBuf,
    columns: &'manifest Columns,
    listing: Listing,
    lines: HashMap<PathBuf, u64>,
    without_split: Option<(u64, String)>,
    with_split_count: usize,
}

impl<'manifest> Rows<'manifest> {
    fn new(manifest: &Path, columns: &'manifest Columns) -> Self {
        Self {
            folder: manifest.parent().unwrap_or(Path::new("")).to_owned(),
            columns,
            listing: Listing::default(),
            lines: HashMap::new(),
            without_split: None,
            with_split_count: 0,
        }
    }

    fn add(&mut self, record: &StringRecord, line: u64) -> Result<(), ManifestProblem> {
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
        let path = self.folder.join(relative);
        if !path.is_file() {
            return Err(ManifestProblem::MissingFile { path });
        }
        if let Some(first_line) = self.lines.insert(without_detours(&path), line) {
            return Err(ManifestProblem::DuplicatePath {
                path: relative.to_owned(),
                first_line,
            });
        }
        match split {
            Some(_) => self.with_split_count += 1,
            None => {
                self.without_split
                    .get_or_insert_with(|| (line, relative.to_owned()));
            }
        }
        self.listing.files.push(ListedFile {
            path,
            relative: relative.to_owned(),
            class_name: class_name.to_owned(),
            split,
            group: cell(self.columns.group).map(|group| GroupId(group.to_owned())),
        });
        Ok(())
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
