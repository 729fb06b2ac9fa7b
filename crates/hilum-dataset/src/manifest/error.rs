//! What can be wrong with a manifest.

use std::path::PathBuf;

use thiserror::Error;

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
#[non_exhaustive]
pub enum ManifestProblem {
    /// Bytes that are no Unicode text.
    #[error(
        "the text is not {expected}: `{found}` cannot be read\nhint: save the table as \"CSV UTF-8\", or convert it: `iconv -f WINDOWS-1252 -t UTF-8 OLD.csv > NEW.csv`"
    )]
    NotUnicode {
        /// UTF-8, or what the first bytes promised.
        expected: &'static str,
        /// What stands there, bytes that say nothing as `\xE9`.
        found: String,
    },
    /// The header lacks a column that must be there.
    #[error(
        "the header has no column `{column}`, but {found}\nhint: the first line names the columns: `path` (or {}), `class` (or {}), and, if they are known, `split` and `group`",
        "`filename`, `image`, `file`",
        "`label`, `target`"
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
    /// Two columns that may be meant by one name.
    #[error(
        "the header has both `{first}` and `{second}`, and either may be the {meaning}\nhint: call the right one `{meaning}`"
    )]
    AmbiguousColumns {
        /// What is looked for: `path` or `class`.
        meaning: &'static str,
        /// One column.
        first: String,
        /// Another.
        second: String,
    },
    /// A row of another length than the header.
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
    /// One file in two rows that contradict each other.
    #[error(
        "`{path}` was already named on line {first_line}: its {what} is `{here}` here and `{there}` there\nhint: keep the row that is right"
    )]
    ContradictingRows {
        /// The path as the row gives it.
        path: String,
        /// The first row that names it.
        first_line: u64,
        /// In what they differ: `class`, `split` or `group`.
        what: &'static str,
        /// What this row says.
        here: String,
        /// What the first row says.
        there: String,
    },
}
