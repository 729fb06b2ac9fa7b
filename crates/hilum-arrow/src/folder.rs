//! A folder of Parquet files, each of a part of a listing.

use std::fs::TryLockError;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use fs_err::File;
use hilum_files::write_atomically;

use crate::{Columns, FolderError, PartWriter, Record};

/// What the record of a shard begins with; readers of folders of Parquet pass over such names.
const RECORD: &str = "_hilum-";

/// A folder of Parquet files, each of a part of a listing: `part-1-of-1-00000.parquet` and so on,
/// and `_hilum-1-of-1.json`, which tells what they were made from. Several shards may share one.
#[derive(Debug)]
pub struct AnswerFolder {
    folder: PathBuf,
    record: Record,
    columns: Columns,
    /// No other process writes the same parts meanwhile.
    _lock: Option<File>,
}

impl AnswerFolder {
    /// The folder, which is there afterwards; what it holds was made from the same, or it is
    /// refused.
    ///
    /// # Errors
    /// [`FolderError`].
    pub fn open(folder: &Path, record: Record, columns: Columns) -> Result<Self, FolderError> {
        if folder.is_file() {
            let path = folder.to_owned();
            return Err(FolderError::IsFile { path });
        }
        fs_err::create_dir_all(folder)?;
        let own = folder.join(record_name(&record));
        check(folder, &own, &record)?;
        if !own.exists() {
            let text = serde_json::to_string_pretty(&record).map_err(io::Error::from)?;
            write_atomically(&own, |file| writeln!(file, "{text}"))?;
        }
        Ok(Self {
            _lock: lock(folder, &own)?,
            folder: folder.to_owned(),
            record,
            columns,
        })
    }

    /// Parts that are not there yet, and which files of the listing each is of.
    pub fn missing(&self) -> Vec<(usize, Range<usize>)> {
        let Record {
            part_size, files, ..
        } = self.record;
        let range = |part: usize| part * part_size..files.min((part + 1) * part_size);
        let parts = 0..self.part_count();
        parts
            .filter(|part| !self.path(*part).is_file())
            .map(|part| (part, range(part)))
            .collect()
    }

    /// How many parts there are in all.
    pub fn part_count(&self) -> usize {
        self.record.part_count()
    }

    /// Begins a part.
    ///
    /// # Errors
    /// [`FolderError`] if the disk fails.
    pub fn begin(&self, part: usize) -> Result<PartWriter, FolderError> {
        PartWriter::begin(self.path(part), &self.columns, self.record.metadata(part))
    }

    fn path(&self, part: usize) -> PathBuf {
        let Record { shard, shards, .. } = self.record;
        let name = format!("part-{shard}-of-{shards}-{part:05}.parquet");
        self.folder.join(name)
    }
}

fn record_name(record: &Record) -> String {
    format!("{RECORD}{}-of-{}.json", record.shard, record.shards)
}

/// Refuses a folder that holds something else.
fn check(folder: &Path, own: &Path, record: &Record) -> Result<(), FolderError> {
    let foreign = |differences: Vec<String>| FolderError::Foreign {
        folder: folder.to_owned(),
        differences,
    };
    let mut unknown = None;
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_record = name.starts_with(RECORD) && name.ends_with(".json");
        if is_record {
            let differences = match read(&path)? {
                other if path == own => record.differences(&other),
                other => record.differences_of_kind(&other),
            };
            if !differences.is_empty() {
                return Err(foreign(differences));
            }
        } else if name.starts_with(&part_prefix(record)) && name.ends_with(".parquet") {
            unknown = Some(name.into_owned());
        } else if name.ends_with(".parquet") && !name.starts_with("part-") {
            let name = name.into_owned();
            let folder = folder.to_owned();
            return Err(FolderError::Unknown { folder, name });
        }
    }
    match unknown {
        Some(name) if !own.exists() => {
            let folder = folder.to_owned();
            Err(FolderError::Unknown { folder, name })
        }
        _ => Ok(()),
    }
}

fn part_prefix(record: &Record) -> String {
    format!("part-{}-of-{}-", record.shard, record.shards)
}

fn read(path: &Path) -> Result<Record, FolderError> {
    let text = fs_err::read(path)?;
    serde_json::from_slice(&text).map_err(|source| FolderError::Record {
        path: path.to_owned(),
        source,
    })
}

/// The system lets go of it when the process ends, however it ends.
fn lock(folder: &Path, record: &Path) -> Result<Option<File>, FolderError> {
    let file = File::open(record)?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(FolderError::InUse {
            folder: folder.to_owned(),
        }),
        Ok(()) => Ok(Some(file)),
        // Some network disks know no locks; nobody should be kept from working there.
        Err(TryLockError::Error(_)) => Ok(None),
    }
}
