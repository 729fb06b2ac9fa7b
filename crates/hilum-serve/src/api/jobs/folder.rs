//! The folder of jobs: their files until they are answered, then what became of them.

use std::fs::TryLockError;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use fs_err::File;
use hilum_files::write_atomically;

use super::job::is_id;
use super::upload::Upload;
use crate::ServeError;

/// What the name of a file ends with: a result,
const RESULT: &str = "json";
/// why there is none,
const FAILURE: &str = "failed";
/// what was asked, until there is either,
const UPLOAD: &str = "upload";
/// and as many bytes as it was begun.
const TRIES: &str = "tries";

/// What became of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// JSON, as `/api/predict` answers.
    Done(Vec<u8>),
    /// Why not.
    Failed(String),
}

/// An outcome that may be dropped.
pub(super) struct Kept {
    pub(super) id: String,
    pub(super) time: SystemTime,
    pub(super) bytes: u64,
}

/// The folder of jobs, which no other server may use meanwhile.
pub(super) struct Folder {
    root: PathBuf,
    /// Held as long as the server lives; the system lets go of it when the process ends.
    _lock: File,
}

impl Folder {
    /// Takes the folder, and removes what a killed process was writing.
    ///
    /// # Errors
    /// [`ServeError::JobsTaken`], [`ServeError::Jobs`].
    pub(super) fn take(root: &Path) -> Result<Self, ServeError> {
        let folder = root.to_owned();
        let broken = |source| ServeError::Jobs {
            folder: folder.clone(),
            source,
        };
        // Uploads name patients.
        hilum_files::create_private_folder(root).map_err(broken)?;
        let lock = File::create(root.join("lock")).map_err(broken)?;
        match lock.file().try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(ServeError::JobsTaken { folder }),
            Err(TryLockError::Error(source)) => return Err(broken(source)),
        }
        let taken = Self {
            root: root.to_owned(),
            _lock: lock,
        };
        for path in taken.paths() {
            let whole = path.file_name().and_then(|name| name.to_str());
            let whole = whole.and_then(|name| name.strip_suffix(".partial"));
            if whole.is_some_and(|name| id_of(Path::new(name)).is_some()) {
                fs_err::remove_file(path).map_err(broken)?;
            }
        }
        Ok(taken)
    }

    /// `None` for what is no name of a job.
    fn file(&self, id: &str, extension: &str) -> Option<PathBuf> {
        is_id(id).then(|| self.root.join(id).with_extension(extension))
    }

    fn named(&self, id: &str, extension: &str) -> io::Result<PathBuf> {
        let file = self.file(id, extension);
        file.ok_or_else(|| io::ErrorKind::InvalidInput.into())
    }

    fn paths(&self) -> impl Iterator<Item = PathBuf> {
        let entries = std::fs::read_dir(&self.root).into_iter().flatten();
        entries.flatten().map(|entry| entry.path())
    }

    /// Keeps what a job was asked; when this returns, it outlasts the process.
    pub(super) fn keep_upload(&self, id: &str, upload: &Upload) -> io::Result<()> {
        write_atomically(&self.named(id, UPLOAD)?, |file| upload.write(file))
    }

    pub(super) fn upload(&self, id: &str) -> io::Result<Upload> {
        Upload::read(&self.named(id, UPLOAD)?)
    }

    /// Jobs that were taken on and have no outcome, with the size of their files, the oldest first.
    pub(super) fn unfinished(&self) -> Vec<(String, u64)> {
        let mut found: Vec<Kept> = self
            .paths()
            .filter_map(|path| kept_in(&path, &[UPLOAD]))
            .collect();
        found.sort_by_key(|one| one.time);
        let (over, open): (Vec<_>, Vec<_>) =
            (found.into_iter()).partition(|one| self.outcome(&one.id).is_some());
        for one in over {
            self.remove_upload(&one.id);
        }
        open.into_iter().map(|one| (one.id, one.bytes)).collect()
    }

    /// A job is begun; how often it was before, without coming to an end.
    pub(super) fn begin(&self, id: &str) -> io::Result<u64> {
        let path = self.named(id, TRIES)?;
        let before = path.metadata().map_or(0, |metadata| metadata.len());
        let file = fs_err::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)?;
        file.set_len(before + 1)?;
        Ok(before)
    }

    /// A job is not at fault for not coming to its end.
    pub(super) fn forgive(&self, id: &str) {
        self.remove_file(id, TRIES);
    }

    /// Keeps what became of a job; its files are needed no more.
    pub(super) fn keep(&self, id: &str, outcome: &Outcome) -> io::Result<()> {
        let (extension, bytes) = match outcome {
            Outcome::Done(result) => (RESULT, result.as_slice()),
            Outcome::Failed(reason) => (FAILURE, reason.as_bytes()),
        };
        let path = self.named(id, extension)?;
        write_atomically(&path, |file| file.write_all(bytes))?;
        self.remove_upload(id);
        Ok(())
    }

    pub(super) fn outcome(&self, id: &str) -> Option<Outcome> {
        let read = |extension| std::fs::read(self.file(id, extension)?).ok();
        let failure = || String::from_utf8(read(FAILURE)?).ok();
        let done = read(RESULT).map(Outcome::Done);
        done.or_else(|| failure().map(Outcome::Failed))
    }

    pub(super) fn kept(&self) -> Vec<Kept> {
        let paths = self.paths();
        let kept = paths.filter_map(|path| kept_in(&path, &[RESULT, FAILURE]));
        kept.collect()
    }

    /// Drops all that there is of a job. Whether there was anything.
    pub(super) fn remove(&self, id: &str) -> bool {
        let removed = [RESULT, FAILURE, UPLOAD, TRIES].map(|end| self.remove_file(id, end));
        removed.contains(&true)
    }

    fn remove_upload(&self, id: &str) {
        self.remove_file(id, UPLOAD);
        self.remove_file(id, TRIES);
    }

    fn remove_file(&self, id: &str, extension: &str) -> bool {
        let file = self.file(id, extension);
        file.is_some_and(|path| std::fs::remove_file(path).is_ok())
    }
}

fn id_of(path: &Path) -> Option<&str> {
    path.file_stem()?.to_str().filter(|id| is_id(id))
}

/// A file of ours with one of these endings; other files of the folder are none of ours.
fn kept_in(path: &Path, endings: &[&str]) -> Option<Kept> {
    let id = id_of(path)?;
    let ending = path.extension()?.to_str()?;
    let metadata = path.metadata().ok()?;
    endings.contains(&ending).then(|| Kept {
        id: id.to_owned(),
        time: metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
        bytes: metadata.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upload() -> Upload {
        Upload {
            query: crate::api::wishes::Query::default(),
            files: Vec::new(),
        }
    }

    #[test]
    fn what_was_taken_on_is_unfinished_until_it_has_an_outcome() {
        let root = tempfile::tempdir().unwrap();
        let [first, second] = ["a", "b"].map(|digit| digit.repeat(32));
        let folder = Folder::take(root.path()).unwrap();
        for id in [&first, &second] {
            folder.keep_upload(id, &upload()).unwrap();
        }
        assert_eq!(folder.begin(&first).unwrap(), 0);
        assert_eq!(folder.begin(&first).unwrap(), 1);
        let failed = Outcome::Failed("why".to_owned());
        folder.keep(&first, &failed).unwrap();
        assert_eq!(folder.begin(&second).unwrap(), 0);
        folder.forgive(&second);
        assert_eq!(folder.begin(&second).unwrap(), 0);
        drop(folder);
        let half = root.path().join(format!("{second}.json.partial"));
        std::fs::write(&half, "[").unwrap();
        let later = Folder::take(root.path()).unwrap();
        assert!(!half.exists());
        let ids: Vec<_> = later.unfinished().into_iter().map(|(id, _)| id).collect();
        assert_eq!(ids, [second]);
        assert_eq!(later.outcome(&first), Some(failed));
        assert!(later.remove(&first) && !later.remove(&first));
        assert!(later.upload("../../etc/passwd").is_err());
    }

    #[test]
    fn two_servers_do_not_share_a_folder() {
        let root = tempfile::tempdir().unwrap();
        let first = Folder::take(root.path()).unwrap();
        let taken = Folder::take(root.path()).err().unwrap();
        assert!(taken.to_string().contains("hint: "), "{taken}");
        drop(first);
        Folder::take(root.path()).unwrap();
    }
}
