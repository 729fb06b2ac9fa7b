//! What a job was asked, and its files, as one file on the disk.

use std::io::{self, Read, Write};
use std::path::Path;

use fs_err::File;
use hilum_experiment::MemoryFile;
use serde::{Deserialize, Serialize};

use crate::api::wishes::Query;

/// What a job was asked, and its files.
///
/// On the disk: eight bytes of length, that much JSON, then the files one after the other.
#[derive(Debug)]
pub(super) struct Upload {
    pub(super) query: Query,
    pub(super) files: Vec<MemoryFile>,
}

#[derive(Serialize, Deserialize)]
struct Head {
    query: Query,
    files: Vec<Named>,
}

#[derive(Serialize, Deserialize)]
struct Named {
    name: String,
    length: usize,
}

impl Upload {
    /// How much room it takes, but for names.
    pub(super) fn byte_count(&self) -> usize {
        self.files.iter().map(|file| file.bytes.len()).sum()
    }

    pub(super) fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        let named = |file: &MemoryFile| Named {
            name: file.path.to_string_lossy().into_owned(),
            length: file.bytes.len(),
        };
        let head = Head {
            query: self.query.clone(),
            files: self.files.iter().map(named).collect(),
        };
        let head = serde_json::to_vec(&head)?;
        to.write_all(&(head.len() as u64).to_le_bytes())?;
        to.write_all(&head)?;
        let mut files = self.files.iter();
        files.try_for_each(|file| to.write_all(&file.bytes))
    }

    /// # Errors
    /// Any error of the disk; `InvalidData` for a file that is not as its head says.
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let mut left = file.metadata()?.len();
        let mut file = io::BufReader::new(file);
        let mut length = [0; 8];
        file.read_exact(&mut length)?;
        left = left.saturating_sub(8);
        let head = taken(&mut file, &mut left, u64::from_le_bytes(length))?;
        let head: Head = serde_json::from_slice(&head)?;
        let mut files = Vec::with_capacity(head.files.len());
        for Named { name, length } in head.files {
            let bytes = taken(&mut file, &mut left, length as u64)?;
            files.push(MemoryFile::new(name, bytes));
        }
        Ok(Self {
            query: head.query,
            files,
        })
    }
}

/// The next bytes, of those that are `left`: a damaged length asks for no memory.
fn taken(file: &mut impl Read, left: &mut u64, length: u64) -> io::Result<Vec<u8>> {
    *left = left.checked_sub(length).ok_or(io::ErrorKind::InvalidData)?;
    let mut bytes = vec![0; usize::try_from(length).map_err(|_| io::ErrorKind::InvalidData)?];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_is_read_as_it_was_written_and_a_damaged_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("upload");
        let query = Query::default().of_model("lung");
        let files = vec![
            MemoryFile::new("scan/1.dcm", *b"one"),
            MemoryFile::new("empty", []),
        ];
        let upload = Upload { query, files };
        let mut written = Vec::new();
        upload.write(&mut written).unwrap();
        fs_err::write(&path, &written).unwrap();
        let read = Upload::read(&path).unwrap();
        assert_eq!(read.query, upload.query);
        let parts = |upload: &Upload| {
            let files = upload.files.iter();
            let parts = files.map(|file| (file.path.clone(), file.bytes.to_vec()));
            parts.collect::<Vec<_>>()
        };
        assert_eq!(parts(&read), parts(&upload));
        for length in 0..written.len() {
            fs_err::write(&path, &written[..length]).unwrap();
            assert!(Upload::read(&path).is_err(), "{length}");
        }
        written[..8].fill(0xff);
        fs_err::write(&path, &written).unwrap();
        assert!(Upload::read(&path).is_err());
    }
}
