//! A file that was never on the disk.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// A file in memory, or an archive of files.
#[derive(Clone)]
pub struct MemoryFile {
    /// What answers call it; nothing is read there.
    pub path: PathBuf,
    /// All of it.
    pub bytes: Arc<[u8]>,
}

impl MemoryFile {
    /// A file of these bytes, called `path`.
    pub fn new(path: impl Into<PathBuf>, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self {
            path: path.into(),
            bytes: bytes.into(),
        }
    }
}

impl fmt::Debug for MemoryFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MemoryFile")
            .field("path", &self.path)
            .field("byte_count", &self.bytes.len())
            .finish()
    }
}
