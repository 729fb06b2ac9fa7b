//! Where a node keeps what.

use std::fs::TryLockError;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use fs_err::File;

use crate::NodeError;
use crate::uid::Uid;

/// The folder of a node, which no other node may use meanwhile.
#[derive(Debug)]
pub(crate) struct Folder {
    root: PathBuf,
    incoming_count: AtomicU64,
    /// Held as long as the node lives; the system lets go of it when the process ends.
    _lock: File,
}

impl Folder {
    /// Takes the folder, and removes what a killed process was receiving.
    pub(crate) fn take(root: &Path) -> Result<Self, NodeError> {
        let broken = |source: io::Error| NodeError::Queue {
            folder: root.to_owned(),
            source: source.into(),
        };
        // Instances name patients.
        hilum_files::create_private_folder(root).map_err(broken)?;
        let lock = File::create(root.join("lock")).map_err(broken)?;
        match lock.file().try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let folder = root.to_owned();
                return Err(NodeError::FolderTaken { folder });
            }
            Err(TryLockError::Error(source)) => return Err(broken(source)),
        }
        let folder = Self {
            root: root.to_owned(),
            incoming_count: AtomicU64::new(0),
            _lock: lock,
        };
        let incoming = folder.root.join("incoming");
        remove_folder(&incoming).map_err(broken)?;
        fs_err::create_dir(&incoming).map_err(broken)?;
        Ok(folder)
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.root.join("node.db")
    }

    /// A name for what is being received, that nothing else has.
    pub(crate) fn incoming(&self) -> PathBuf {
        let number = self.incoming_count.fetch_add(1, Ordering::Relaxed);
        self.root.join("incoming").join(format!("{number}.partial"))
    }

    pub(crate) fn instances(&self, study: &Uid, series: &Uid) -> PathBuf {
        let folder = self.root.join("instances").join(study.as_str());
        folder.join(series.as_str())
    }

    pub(crate) fn instance(&self, study: &Uid, series: &Uid, instance: &Uid) -> PathBuf {
        let folder = self.instances(study, series);
        folder.join(format!("{instance}.dcm"))
    }

    pub(crate) fn results(&self, study: &Uid, series: &Uid) -> PathBuf {
        let folder = self.root.join("results").join(study.as_str());
        folder.join(series.as_str())
    }

    pub(crate) fn result(&self, study: &Uid, series: &Uid, instance: &Uid) -> PathBuf {
        self.results(study, series).join(format!("{instance}.dcm"))
    }

    /// The folder `path` within this one, made so that it outlasts a power cut.
    pub(crate) fn create(&self, path: &Path) -> io::Result<()> {
        if path.is_dir() || !path.starts_with(&self.root) {
            return Ok(());
        }
        let Some(parent) = path.parent() else {
            return Ok(());
        };
        self.create(parent)?;
        match fs_err::create_dir(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => sync(parent),
        }
    }
}

/// Removes a folder that may be gone already.
pub(crate) fn remove_folder(path: &Path) -> io::Result<()> {
    match fs_err::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync(_folder: &Path) -> io::Result<()> {
    Ok(())
}
