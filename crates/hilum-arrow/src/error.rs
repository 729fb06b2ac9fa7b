//! Why a folder does not take answers.

use std::io;
use std::path::PathBuf;

use arrow_schema::ArrowError;
use parquet::errors::ParquetError;
use thiserror::Error;

/// Why a folder does not take answers.
#[derive(Debug, Error)]
pub enum FolderError {
    /// A file stands where the folder was to be.
    #[error("`{}` is a file\nhint: name a folder with `--out`", path.display())]
    IsFile {
        /// The file.
        path: PathBuf,
    },
    /// It holds answers that were made from something else.
    #[error(
        "`{}` holds answers of another call: {}\nhint: choose another folder with `--out`",
        folder.display(),
        differences.join("; ")
    )]
    Foreign {
        /// The folder.
        folder: PathBuf,
        /// What differs, a phrase each.
        differences: Vec<String>,
    },
    /// It holds answers, and nothing tells what they were made from.
    #[error(
        "`{}` holds `{name}`, and nothing tells what it was made from\n\
         hint: choose another folder with `--out`",
        folder.display()
    )]
    Unknown {
        /// The folder.
        folder: PathBuf,
        /// A file in it.
        name: String,
    },
    /// What tells that cannot be read.
    #[error("`{}` cannot be read\nhint: choose another folder with `--out`", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// Another process writes the same answers.
    #[error(
        "another hilum writes into `{}`\nhint: wait for it, or give each its `--shard`",
        folder.display()
    )]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// A file cannot be read or written; the error names it.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Rows that make no batch.
    #[error("answers make no table")]
    Arrow(#[from] ArrowError),
    /// A Parquet file cannot be written.
    #[error("`{}` cannot be written", path.display())]
    Parquet {
        /// Which.
        path: PathBuf,
        /// Why.
        source: ParquetError,
    },
}

impl FolderError {
    /// Whether the user can mend it; else the disk failed.
    pub fn is_bad_input(&self) -> bool {
        !matches!(self, Self::Io(_) | Self::Arrow(_) | Self::Parquet { .. })
    }
}
