//! A dataset in a temporary folder.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "what fails here is a failed test")]

use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// Removed when it is dropped.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// A file of any content, with the folders above it.
    pub(crate) fn file(&self, relative: &str, content: &[u8]) -> PathBuf {
        let path = self.path().join(relative);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// An empty folder.
    pub(crate) fn folder(&self, relative: &str) {
        std::fs::create_dir_all(self.path().join(relative)).unwrap();
    }

    /// `count` files of distinct content called `0.png`, `1.png`, ...
    pub(crate) fn class(&self, relative: &str, count: usize) {
        for number in 0..count {
            self.file(&format!("{relative}/{number}.png"), relative.as_bytes());
        }
    }
}
