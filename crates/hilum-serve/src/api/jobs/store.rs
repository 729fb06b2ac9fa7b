//! Jobs that run, and results that stay.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use hilum_files::write_atomically;
use tokio::sync::Semaphore;

use super::job::{Job, is_id};
use crate::refusal::Refusal;

/// Jobs that are worked on at once; the others wait.
const RUNNING: usize = 2;
/// Jobs that wait or are worked on.
const MOST_JOBS: usize = 64;
/// Without a folder so many bytes of results are kept in memory.
const MEMORY_BYTES: u64 = 64 << 20;
/// What files of results end with.
const EXTENSION: &str = "json";

/// Where results are kept, and how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobKeeping {
    /// A folder; without one results are kept in memory, until the server ends.
    pub folder: Option<PathBuf>,
    /// Older results are dropped.
    pub age: Duration,
    /// The oldest are dropped beyond so many bytes.
    pub bytes: u64,
}

impl Default for JobKeeping {
    /// In memory, for a week, up to a gigabyte.
    fn default() -> Self {
        Self {
            folder: None,
            age: Duration::from_hours(7 * 24),
            bytes: 1_000_000_000,
        }
    }
}

/// Jobs that run, and results that stay.
pub(crate) struct Jobs {
    keeping: JobKeeping,
    known: Mutex<Known>,
    pub(super) runners: Semaphore,
}

#[derive(Default)]
struct Known {
    jobs: HashMap<String, Arc<Job>>,
    /// Results without a folder.
    results: HashMap<String, (SystemTime, Arc<[u8]>)>,
}

/// A result that may be dropped.
struct Kept {
    id: String,
    time: SystemTime,
    bytes: u64,
}

impl Jobs {
    pub(crate) fn new(keeping: JobKeeping) -> Self {
        Self {
            keeping,
            known: Mutex::default(),
            runners: Semaphore::new(RUNNING),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a job on.
    ///
    /// # Errors
    /// `503` if too many wait.
    pub(super) fn add(&self, job: Arc<Job>) -> Result<(), Refusal> {
        let mut known = self.known();
        let jobs = known.jobs.values();
        let active = jobs.filter(|job| !job.progress().status.is_over()).count();
        if active >= MOST_JOBS {
            return Err(Refusal::busy("too many jobs wait"));
        }
        known.jobs.insert(job.id.clone(), job);
        Ok(())
    }

    pub(super) fn job(&self, id: &str) -> Option<Arc<Job>> {
        self.known().jobs.get(id).cloned()
    }

    /// Keeps a result, and drops others for it.
    pub(super) fn keep(&self, id: &str, result: Vec<u8>) -> std::io::Result<()> {
        if let Some(path) = self.file(id) {
            write_atomically(&path, |file| file.write_all(&result))?;
        } else {
            let kept = (SystemTime::now(), result.into());
            self.known().results.insert(id.to_owned(), kept);
        }
        self.prune();
        Ok(())
    }

    /// A result, if it is still there; also of an earlier start.
    pub(super) fn result(&self, id: &str) -> Option<Vec<u8>> {
        match self.file(id) {
            Some(path) => std::fs::read(path).ok(),
            None => Some(self.known().results.get(id)?.1.to_vec()),
        }
    }

    /// Stops a job, and drops its result. Whether there was one.
    pub(super) fn remove(&self, id: &str) -> bool {
        let mut known = self.known();
        let job = known.jobs.remove(id);
        if let Some(job) = &job {
            job.cancel.cancel();
        }
        let in_memory = known.results.remove(id).is_some();
        drop(known);
        let file = self.file(id);
        let on_disk = file.is_some_and(|path| std::fs::remove_file(path).is_ok());
        job.is_some() || in_memory || on_disk
    }

    /// Stops all of them.
    pub(crate) fn stop(&self) {
        for job in self.known().jobs.values() {
            job.cancel.cancel();
        }
    }

    /// Drops results that are too old or too many, and forgets jobs that are over without one.
    pub(crate) fn prune(&self) {
        let mut kept = self.kept();
        kept.sort_by_key(|one| std::cmp::Reverse(one.time));
        let limit = match self.keeping.folder {
            Some(_) => self.keeping.bytes,
            None => self.keeping.bytes.min(MEMORY_BYTES),
        };
        let mut bytes = 0_u64;
        for Kept {
            id,
            time,
            bytes: own,
        } in kept
        {
            bytes = bytes.saturating_add(own);
            let age = time.elapsed().unwrap_or_default();
            if age > self.keeping.age || bytes > limit {
                self.remove(&id);
            }
        }
    }

    fn kept(&self) -> Vec<Kept> {
        let Some(folder) = &self.keeping.folder else {
            let known = self.known();
            let results = known.results.iter();
            let kept = results.map(|(id, (time, result))| Kept {
                id: id.clone(),
                time: *time,
                bytes: result.len() as u64,
            });
            return kept.collect();
        };
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.filter_map(|entry| kept_in(&entry.path())).collect()
    }

    /// The file of a result; `None` where results are in memory, and for what is no name of a job.
    fn file(&self, id: &str) -> Option<PathBuf> {
        let folder = self.keeping.folder.as_ref().filter(|_| is_id(id))?;
        Some(folder.join(id).with_extension(EXTENSION))
    }
}

/// A file of a result; other files of the folder are none of ours.
fn kept_in(path: &Path) -> Option<Kept> {
    let id = path.file_stem()?.to_str().filter(|id| is_id(id))?;
    let metadata = path.metadata().ok()?;
    (path.extension()? == EXTENSION).then(|| Kept {
        id: id.to_owned(),
        time: metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
        bytes: metadata.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(jobs: &Jobs) -> Vec<String> {
        let mut ids: Vec<_> = jobs.kept().into_iter().map(|one| one.id).collect();
        ids.sort();
        ids
    }

    #[test]
    fn results_in_a_folder_outlast_the_server_and_the_oldest_make_room() {
        let folder = tempfile::tempdir().unwrap();
        let keeping = JobKeeping {
            folder: Some(folder.path().to_owned()),
            bytes: 25,
            ..JobKeeping::default()
        };
        let [first, second, third] = ["a", "b", "c"].map(|digit| digit.repeat(32));
        let jobs = Jobs::new(keeping.clone());
        let foreign = folder.path().join("notes.json");
        std::fs::write(&foreign, "mine").unwrap();
        for (age, id) in [(20, &first), (10, &second), (0, &third)] {
            jobs.keep(id, vec![b'1'; 10]).unwrap();
            let time = SystemTime::now() - Duration::from_secs(age);
            let file = std::fs::File::options()
                .write(true)
                .open(jobs.file(id).unwrap());
            file.unwrap().set_modified(time).unwrap();
        }
        let later = Jobs::new(keeping.clone());
        later.prune();
        assert_eq!(ids(&later), [second.clone(), third.clone()]);
        assert_eq!(later.result(&third), Some(vec![b'1'; 10]));
        let age = Duration::from_secs(5);
        Jobs::new(JobKeeping { age, ..keeping }).prune();
        assert_eq!(ids(&later), [third]);
        assert!(foreign.exists());
        assert_eq!(later.file("../../etc/passwd"), None);
        assert!(!later.remove(&second));
    }
}
