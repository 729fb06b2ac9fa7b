//! A file that several threads read, each at its own place.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// A reader whose clones open the file again: two handles of one open file share their place.
#[derive(Debug)]
pub(super) struct SharedFile {
    path: PathBuf,
    file: Option<BufReader<File>>,
}

impl SharedFile {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            file: None,
        }
    }

    fn file(&mut self) -> io::Result<&mut BufReader<File>> {
        match &mut self.file {
            Some(file) => Ok(file),
            closed => Ok(closed.insert(BufReader::new(File::open(&self.path)?))),
        }
    }
}

impl Clone for SharedFile {
    /// At the beginning of the file.
    fn clone(&self) -> Self {
        Self::new(&self.path)
    }
}

impl Read for SharedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file()?.read(buffer)
    }
}

impl Seek for SharedFile {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.file()?.seek(position)
    }
}
