//! One Parquet file, as answers come.

use std::path::{Path, PathBuf};

use fs_err::File;
use hilum_experiment::FileAnswer;
use hilum_files::move_into_place;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use crate::{Beside, Columns, FolderError, NOTICE, Rows};

/// Rows that are compressed together.
const BATCH: usize = 1024;
/// Rows of a group; a part has more only if its files hold many slices each.
const GROUP: usize = 1 << 16;

/// A Parquet file that is being written: under another name until it is whole.
pub struct PartWriter {
    path: PathBuf,
    partial: PathBuf,
    rows: Rows,
    writer: ArrowWriter<File>,
}

impl PartWriter {
    /// Begins the file at `path`; what a killed call left of it is overwritten.
    pub(crate) fn begin(
        path: PathBuf,
        columns: &Columns,
        metadata: Vec<KeyValue>,
    ) -> Result<Self, FolderError> {
        let mut partial = path.clone().into_os_string();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let file = File::create(&partial)?;
        let properties = properties(metadata);
        let writer = ArrowWriter::try_new(file, columns.schema(), Some(properties));
        let writer = writer.map_err(|source| failed(&path, source))?;
        Ok(Self {
            path,
            partial,
            rows: Rows::new(columns),
            writer,
        })
    }

    /// Adds an answer, and what stands beside it.
    ///
    /// # Errors
    /// [`FolderError`] if the disk fails.
    pub fn push(&mut self, answer: &FileAnswer, beside: Beside<'_>) -> Result<(), FolderError> {
        self.rows.push(answer, beside);
        if self.rows.len() >= BATCH {
            self.write()?;
        }
        Ok(())
    }

    /// Gives the whole file its name, and tells it.
    ///
    /// # Errors
    /// [`FolderError`] if the disk fails.
    pub fn finish(mut self) -> Result<PathBuf, FolderError> {
        if !self.rows.is_empty() {
            self.write()?;
        }
        let file = self.writer.into_inner();
        drop(file.map_err(|source| failed(&self.path, source))?);
        move_into_place(&self.partial, &self.path)?;
        Ok(self.path)
    }

    fn write(&mut self) -> Result<(), FolderError> {
        let batch = self.rows.finish()?;
        let written = self.writer.write(&batch);
        written.map_err(|source| failed(&self.path, source))
    }
}

fn failed(path: &Path, source: ParquetError) -> FolderError {
    FolderError::Parquet {
        path: path.to_owned(),
        source,
    }
}

fn properties(metadata: Vec<KeyValue>) -> WriterProperties {
    let heat = ColumnPath::from("heat");
    let features = ["features", "list", "item"].map(str::to_owned);
    let features = ColumnPath::new(features.to_vec());
    let maker = concat!("hilum version ", env!("CARGO_PKG_VERSION"));
    WriterProperties::builder()
        .set_created_by(format!("{maker} ({NOTICE})"))
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(GROUP))
        .set_key_value_metadata(Some(metadata))
        // Pictures are compressed already, and of them and of features no two are the same.
        .set_column_compression(heat.clone(), Compression::UNCOMPRESSED)
        .set_column_dictionary_enabled(heat.clone(), false)
        .set_column_statistics_enabled(heat, EnabledStatistics::None)
        .set_column_dictionary_enabled(features.clone(), false)
        .set_column_statistics_enabled(features, EnabledStatistics::None)
        .build()
}
