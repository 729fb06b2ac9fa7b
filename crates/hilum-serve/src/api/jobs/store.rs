//! Jobs that run, and what became of them.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use axum::http::StatusCode;
use tokio::sync::Semaphore;

use super::folder::{Folder, Kept, Outcome};
use super::job::Job;
use super::upload::Upload;
use crate::ServeError;
use crate::refusal::Refusal;

/// Jobs that are worked on at once; the others wait.
const RUNNING: usize = 2;
/// Jobs that wait or are worked on.
const MOST_JOBS: usize = 64;
/// Jobs that are over and whose progress is still known.
const MOST_ENDED: usize = 1000;
/// Without a folder so many bytes of results are kept in memory.
const MEMORY_BYTES: u64 = 64 << 20;

/// Where jobs are kept, and how long their results are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobKeeping {
    /// A folder; without one everything is kept in memory, until the server ends.
    pub folder: Option<PathBuf>,
    /// Older results are dropped.
    pub age: Duration,
    /// The oldest are dropped beyond so many bytes. As many may wait to be answered.
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

/// Jobs that run, and what became of them.
pub(crate) struct Jobs {
    keeping: JobKeeping,
    folder: Option<Folder>,
    known: Mutex<Known>,
    pub(super) runners: Semaphore,
}

#[derive(Default)]
struct Known {
    jobs: HashMap<String, Arc<Job>>,
    /// Jobs that are over, the oldest first.
    ended: VecDeque<String>,
    /// How large the files in the folder are that wait to be answered.
    uploads: HashMap<String, u64>,
    /// Results without a folder.
    results: HashMap<String, (SystemTime, Arc<[u8]>)>,
}

impl Jobs {
    /// # Errors
    /// [`ServeError::JobsTaken`], [`ServeError::Jobs`].
    pub(crate) fn open(keeping: JobKeeping) -> Result<Self, ServeError> {
        let folder = keeping.folder.as_deref().map(Folder::take).transpose()?;
        let mut known = Known::default();
        for (id, bytes) in folder.iter().flat_map(Folder::unfinished) {
            known.jobs.insert(id.clone(), Arc::new(Job::of(id.clone())));
            known.uploads.insert(id, bytes);
        }
        Ok(Self {
            keeping,
            folder,
            known: Mutex::new(known),
            runners: Semaphore::new(RUNNING),
        })
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those of an earlier start, the oldest first.
    pub(super) fn unfinished(&self) -> Vec<Arc<Job>> {
        let found = self.folder.iter().flat_map(Folder::unfinished);
        found.filter_map(|(id, _)| self.job(&id)).collect()
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

    /// Brings the files of a job to the disk, if there is a folder; whether there is.
    ///
    /// # Errors
    /// `413`, `503`, and `507` if the disk does not take them; then there is no such job.
    pub(super) fn keep_upload(&self, id: &str, upload: &Upload) -> Result<bool, Refusal> {
        let Some(folder) = &self.folder else {
            return Ok(false);
        };
        let kept = self.reserve(id, upload.byte_count() as u64).and_then(|()| {
            folder.keep_upload(id, upload).map_err(|_| {
                let error = "the files of the job cannot be kept";
                Refusal::new(StatusCode::INSUFFICIENT_STORAGE, error)
                    .hint("the disk may be full; `/api/predict` keeps nothing")
            })
        });
        if kept.is_err() {
            self.remove(id);
        }
        kept.map(|()| true)
    }

    fn reserve(&self, id: &str, bytes: u64) -> Result<(), Refusal> {
        let mut known = self.known();
        let limit = self.keeping.bytes;
        if bytes > limit {
            let error = format!("the files of the job take more than {limit} bytes");
            return Err(Refusal::too_large(error).hint("`hilum serve --jobs-size` sets the limit"));
        }
        if known.uploads.values().sum::<u64>() + bytes > limit {
            return Err(Refusal::busy("too many bytes of jobs wait"));
        }
        known.uploads.insert(id.to_owned(), bytes);
        Ok(())
    }

    /// How much memory the files of a job want.
    pub(super) fn upload_bytes(&self, id: &str) -> usize {
        let bytes = self.known().uploads.get(id).copied();
        usize::try_from(bytes.unwrap_or_default()).unwrap_or(usize::MAX)
    }

    /// Reads what a job was asked, before it is begun.
    ///
    /// # Errors
    /// Those that the job fails with.
    pub(super) fn take_up(&self, id: &str, most_tries: u64) -> Result<Upload, Refusal> {
        let folder = self.folder.as_ref().ok_or_else(Refusal::failed)?;
        let before = folder.begin(id).map_err(|_| Refusal::failed())?;
        if before >= most_tries {
            let error = format!("the server ended {before} times while it worked on this job");
            return Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error)
                .hint("send it in parts, or ask `hilum predict`"));
        }
        folder.upload(id).map_err(|_| {
            let error = "the files of the job cannot be read any more";
            Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error).hint("send them again")
        })
    }

    pub(super) fn job(&self, id: &str) -> Option<Arc<Job>> {
        self.known().jobs.get(id).cloned()
    }

    /// Keeps what became of a job, and drops others for it. One that was given up leaves nothing; of
    /// one that is broken off because the server ends the files stay, and it begins anew.
    ///
    /// # Errors
    /// Those of the disk; then the job has failed, and is tried again by the next start.
    pub(super) fn end(&self, job: &Job, outcome: Result<Vec<u8>, Refusal>) -> io::Result<()> {
        if job.cancel.cancelled() {
            self.over(job, Err(&Refusal::failed()));
            return Ok(());
        }
        let refusal = outcome.as_ref().err().cloned();
        let kept = self.keep(&job.id, outcome);
        match (&kept, &refusal) {
            (Err(_), _) => self.over(job, Err(&Refusal::failed())),
            (Ok(()), Some(refusal)) => self.over(job, Err(refusal)),
            (Ok(()), None) => self.over(job, Ok(())),
        }
        self.prune();
        kept
    }

    fn keep(&self, id: &str, outcome: Result<Vec<u8>, Refusal>) -> io::Result<()> {
        match (&self.folder, outcome) {
            (Some(folder), outcome) => {
                let outcome = match outcome {
                    Ok(result) => Outcome::Done(result),
                    Err(refusal) => Outcome::Failed(refusal.line()),
                };
                folder.keep(id, &outcome)?;
                self.known().uploads.remove(id);
            }
            (None, Ok(result)) => {
                let kept = (SystemTime::now(), result.into());
                self.known().results.insert(id.to_owned(), kept);
            }
            // Its progress says why.
            (None, Err(_)) => {}
        }
        Ok(())
    }

    /// Tells followers, and forgets the progress of the oldest.
    fn over(&self, job: &Job, outcome: Result<(), &Refusal>) {
        job.end(outcome);
        let mut known = self.known();
        known.ended.push_back(job.id.clone());
        if known.ended.len() > MOST_ENDED
            && let Some(oldest) = known.ended.pop_front()
        {
            known.jobs.remove(&oldest);
        }
    }

    /// What became of a job, if it is still there; also of an earlier start.
    pub(super) fn outcome(&self, id: &str) -> Option<Outcome> {
        if let Some(folder) = &self.folder {
            return folder.outcome(id);
        }
        let result = self.known().results.get(id)?.1.to_vec();
        Some(Outcome::Done(result))
    }

    /// Stops a job, and drops its files and its result. Whether there was one.
    pub(super) fn remove(&self, id: &str) -> bool {
        let mut known = self.known();
        let job = known.jobs.remove(id);
        if let Some(job) = &job {
            job.cancel.cancel();
        }
        known.uploads.remove(id);
        let in_memory = known.results.remove(id).is_some();
        drop(known);
        let folder = self.folder.as_ref();
        let on_disk = folder.is_some_and(|folder| folder.remove(id));
        job.is_some() || in_memory || on_disk
    }

    /// Breaks all of them off; with a folder, the next start begins them anew.
    pub(crate) fn stop(&self) {
        for job in self.known().jobs.values() {
            job.cancel.cancel();
            if let Some(folder) = &self.folder {
                folder.forgive(&job.id);
            }
        }
    }

    /// Drops results that are too old or too many.
    pub(crate) fn prune(&self) {
        let mut kept = self.kept();
        kept.sort_by_key(|one| std::cmp::Reverse(one.time));
        let limit = match self.folder {
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
        if let Some(folder) = &self.folder {
            return folder.kept();
        }
        let known = self.known();
        let results = known.results.iter();
        let kept = results.map(|(id, (time, result))| Kept {
            id: id.clone(),
            time: *time,
            bytes: result.len() as u64,
        });
        kept.collect()
    }
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
        let jobs = Jobs::open(keeping.clone()).unwrap();
        let foreign = folder.path().join("notes.json");
        std::fs::write(&foreign, "mine").unwrap();
        for (age, id) in [(20, &first), (10, &second), (0, &third)] {
            jobs.keep(id, Ok(vec![b'1'; 10])).unwrap();
            let time = SystemTime::now() - Duration::from_secs(age);
            let path = folder.path().join(id).with_extension("json");
            let file = std::fs::File::options().write(true).open(path);
            file.unwrap().set_modified(time).unwrap();
        }
        drop(jobs);
        let later = Jobs::open(keeping.clone()).unwrap();
        later.prune();
        assert_eq!(ids(&later), [second.clone(), third.clone()]);
        assert_eq!(later.outcome(&third), Some(Outcome::Done(vec![b'1'; 10])));
        drop(later);
        let age = Duration::from_secs(5);
        let later = Jobs::open(JobKeeping { age, ..keeping }).unwrap();
        later.prune();
        assert_eq!(ids(&later), [third]);
        assert!(foreign.exists());
        assert_eq!(later.outcome("../../etc/passwd"), None);
        assert!(!later.remove(&second));
    }

    #[test]
    fn only_the_last_of_those_that_are_over_are_known() {
        let jobs = Jobs::open(JobKeeping::default()).unwrap();
        for _ in 0..=MOST_ENDED {
            let job = Arc::new(Job::new());
            jobs.add(Arc::clone(&job)).unwrap();
            jobs.end(&job, Err(Refusal::failed())).unwrap();
        }
        assert_eq!(jobs.known().jobs.len(), MOST_ENDED);
    }

    #[test]
    fn what_waits_on_the_disk_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let keeping = JobKeeping {
            folder: Some(folder.path().to_owned()),
            bytes: 25,
            ..JobKeeping::default()
        };
        let jobs = Jobs::open(keeping).unwrap();
        let upload = |length: usize| Upload {
            query: crate::api::wishes::Query::default(),
            files: vec![hilum_experiment::MemoryFile::new("a", vec![0; length])],
        };
        let [first, second, third] = ["a", "b", "c"].map(|digit| digit.repeat(32));
        assert!(jobs.keep_upload(&first, &upload(20)).unwrap());
        let refused = jobs.keep_upload(&second, &upload(10)).unwrap_err();
        assert_eq!(refused.status, 503);
        let refused = jobs.keep_upload(&third, &upload(30)).unwrap_err();
        assert_eq!(refused.status, 413);
        assert!(jobs.remove(&first));
        jobs.keep_upload(&second, &upload(10)).unwrap();
    }
}
