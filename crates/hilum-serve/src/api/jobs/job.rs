//! One job, and how far it is.

use std::fmt::Write as _;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use hilum_core::Cancel;
use serde::Serialize;
use tokio::sync::watch;
use utoipa::ToSchema;

use crate::refusal::Refusal;

/// What becomes of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// Others come first.
    Waiting,
    /// It is worked on.
    Running,
    /// There is a result.
    Done,
    /// There will be none.
    Failed,
    /// Somebody gave it up.
    Cancelled,
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Progress {
    pub(super) status: Status,
    /// Files that are done.
    pub(super) done: usize,
    /// Files that there are; 0 before they are counted.
    pub(super) total: usize,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

/// A job that is not over, or is since this start.
pub(super) struct Job {
    pub(super) id: String,
    pub(super) cancel: Cancel,
    progress: watch::Sender<Progress>,
}

impl Progress {
    /// That of a job of so many files that an earlier start has done.
    pub(super) fn done(files: usize) -> Self {
        Self {
            status: Status::Done,
            done: files,
            total: files,
            error: None,
        }
    }

    /// That of a job that an earlier start could not do.
    pub(super) fn failed(reason: String) -> Self {
        Self {
            status: Status::Failed,
            done: 0,
            total: 0,
            error: Some(reason),
        }
    }
}

impl Status {
    pub(super) fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

impl Job {
    pub(super) fn new() -> Self {
        Self::of(fresh_id())
    }

    /// One that an earlier start took on.
    pub(super) fn of(id: String) -> Self {
        let progress = Progress {
            status: Status::Waiting,
            done: 0,
            total: 0,
            error: None,
        };
        Self {
            id,
            cancel: Cancel::default(),
            progress: watch::Sender::new(progress),
        }
    }

    pub(super) fn progress(&self) -> Progress {
        self.progress.borrow().clone()
    }

    pub(super) fn follow(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    pub(super) fn begin(&self) {
        self.progress
            .send_modify(|progress| progress.status = Status::Running);
    }

    pub(super) fn advance(&self, done: usize, total: usize) {
        self.progress.send_modify(|progress| {
            progress.done = progress.done.max(done);
            progress.total = total;
        });
    }

    pub(super) fn end(&self, outcome: Result<(), &Refusal>) {
        self.progress.send_modify(|progress| match outcome {
            Ok(()) => {
                progress.status = Status::Done;
                progress.done = progress.total;
            }
            Err(_) if self.cancel.cancelled() => progress.status = Status::Cancelled,
            Err(refusal) => {
                progress.status = Status::Failed;
                progress.error = Some(refusal.line());
            }
        });
    }
}

/// 128 bits that nobody guesses: whoever knows a job's name sees its result.
fn fresh_id() -> String {
    let mut id = String::with_capacity(32);
    for _ in 0..2 {
        // Seeded by the system.
        let bits = RandomState::new().build_hasher().finish();
        let _ = write!(id, "{bits:016x}");
    }
    id
}

/// Whether a text may be the name of a job, and so of a file.
pub(super) fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
