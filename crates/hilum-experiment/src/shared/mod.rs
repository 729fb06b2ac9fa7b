//! A model that several callers ask at once.
//!
//! One thread owns the engine. What callers on other threads want judged waits in a queue, and each
//! pass of the network takes a batch of it, of one caller or of many.

mod error;
mod queue;
mod seats;
mod worker;

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use hilum_core::Cancel;
use hilum_imaging::Pixels;
use hilum_trust::Judgement;
use hilum_weights::ModelFile;
use rayon::ThreadPool;

use crate::ready_network::ReadyNetwork;
use crate::session::workers;
use crate::{ExperimentError, Model, ModelOrigin, Passage, Predict};
use queue::{EngineWork, Queue, Reply, SliceTask, Task};
use seats::Seats;

pub use error::SharedModelError;

/// How callers share a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sharing {
    /// Slices that go through the network at once, of however many callers.
    pub batch: NonZeroUsize,
    /// How long a batch that is not full waits for more, while others ask too.
    pub wait: Duration,
    /// Slices that wait for the network, at most; callers with more wait before they hand them over.
    pub most_waiting: NonZeroUsize,
}

impl Default for Sharing {
    /// Batches of [`Predict::BATCH`], no waiting, 2048 slices.
    fn default() -> Self {
        Self {
            batch: Predict::BATCH,
            wait: Duration::ZERO,
            most_waiting: NonZeroUsize::new(2048).expect("2048 is not 0"),
        }
    }
}

/// A model that any number of threads ask at once; clones are one and the same.
///
/// Its thread ends when the last clone is gone and what waits is done.
#[derive(Clone)]
pub struct SharedModel {
    handle: Arc<Handle>,
}

/// Ends the thread with the last clone.
struct Handle {
    core: Arc<Core>,
    queue: Arc<Queue>,
}

/// What callers and the engine's thread both look at.
pub(super) struct Core {
    name: String,
    origin: ModelOrigin,
    engine: String,
    file: Arc<ModelFile>,
    /// Decode what callers hand in, if it is several files.
    readers: ThreadPool,
    /// Where callers decode a single one.
    seats: Seats,
    done: Done,
}

/// What was done so far.
#[derive(Default)]
pub(super) struct Done {
    slices: AtomicU64,
    batches: AtomicU64,
    busy_micros: AtomicU64,
}

/// How much a shared model has done, and what waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SharedLoad {
    /// Slices that were judged.
    pub slices: u64,
    /// Batches that they were judged in.
    pub batches: u64,
    /// Time that judging them took.
    pub busy: Duration,
    /// Slices that wait.
    pub waiting: usize,
}

impl SharedModel {
    /// Hands the engine of `model` to a thread of its own; answers call it `name`.
    ///
    /// # Errors
    /// [`ExperimentError::Threads`] if the system has no more threads.
    pub fn new(model: Model, name: String, sharing: Sharing) -> Result<Self, ExperimentError> {
        let preparers = workers(model.machine.threads)?;
        let core = Arc::new(Core {
            name,
            engine: model.engine(),
            origin: model.origin,
            file: model.file,
            readers: model.workers,
            seats: Seats::new(model.machine.threads),
            done: Done::default(),
        });
        let queue = Arc::new(Queue::new(sharing));
        let (own, waiting, mut engine) = (Arc::clone(&core), Arc::clone(&queue), model.engine);
        let thread = thread::Builder::new().name("engine".to_owned());
        let started =
            thread.spawn(move || worker::run(engine.as_mut(), &own, &waiting, &preparers));
        started.map_err(|source| SharedModelError::Thread { source })?;
        Ok(Self {
            handle: Arc::new(Handle { core, queue }),
        })
    }

    /// What answers call it.
    pub fn name(&self) -> &str {
        &self.handle.core.name
    }

    /// Whether `other` is a clone of this one, not another of the same name.
    pub fn is_same_as(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.handle, &other.handle)
    }

    /// Where it came from.
    pub fn origin(&self) -> &ModelOrigin {
        &self.handle.core.origin
    }

    /// What its file says.
    pub fn file(&self) -> &ModelFile {
        &self.handle.core.file
    }

    /// What it runs on.
    pub fn engine(&self) -> &str {
        &self.handle.core.engine
    }

    /// Whether its thread still takes work.
    pub fn is_running(&self) -> bool {
        self.handle.queue.is_open()
    }

    /// How much it has done, and what waits.
    pub fn load(&self) -> SharedLoad {
        let done = &self.handle.core.done;
        SharedLoad {
            slices: done.slices.load(Ordering::Relaxed),
            batches: done.batches.load(Ordering::Relaxed),
            busy: Duration::from_micros(done.busy_micros.load(Ordering::Relaxed)),
            waiting: self.handle.queue.waiting(),
        }
    }

    /// The pool that reads files for callers.
    pub(crate) fn readers(&self) -> &ThreadPool {
        &self.handle.core.readers
    }

    /// Reads a single file on the caller's thread, which spares handing it over and back; no more
    /// at once than the pool would.
    pub(crate) fn read_here<T>(&self, read: impl FnOnce() -> T) -> T {
        self.handle.core.seats.seated(read)
    }

    /// What network and detector say of prepared slices; waits for its turn, and tells how far it is.
    ///
    /// # Errors
    /// [`ExperimentError::SharedModel`] if the engine failed or is gone,
    /// [`ExperimentError::Cancelled`].
    pub(crate) fn judgements(
        &self,
        slices: &[&Pixels],
        ood_share: Option<f64>,
        told: &(dyn Fn(Passage) + Sync),
        cancel: &Cancel,
    ) -> Result<Vec<Judgement>, ExperimentError> {
        if slices.is_empty() {
            return Ok(Vec::new());
        }
        let slices = slices.iter().map(|slice| (*slice).clone()).collect();
        let (task, replies) = SliceTask::new(slices, ood_share, cancel.clone());
        told(Passage::Waits);
        self.handle.queue.push(Task::Slices(task), cancel)?;
        for reply in replies {
            match reply {
                Reply::Some(passage) => told(passage),
                Reply::All(passage, judgements) => {
                    told(passage);
                    return Ok(judgements);
                }
                Reply::Failed(error) => return Err(error),
            }
        }
        Err(SharedModelError::Gone.into())
    }

    /// Does `work` with the engine, alone; waits for its turn.
    ///
    /// # Errors
    /// As [`judgements`](Self::judgements), and what `work` says.
    pub(crate) fn with_network<T: Send + 'static>(
        &self,
        work: impl FnOnce(ReadyNetwork<'_>) -> Result<T, ExperimentError> + Send + 'static,
        cancel: &Cancel,
    ) -> Result<T, ExperimentError> {
        let (work, reply) = EngineWork::new(work, cancel.clone());
        self.handle.queue.push(Task::Engine(work), cancel)?;
        let outcome = reply.recv();
        outcome.map_err(|_| ExperimentError::from(SharedModelError::Gone))?
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl fmt::Debug for SharedModel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SharedModel")
            .field("name", &self.name())
            .field("origin", self.origin())
            .field("engine", &self.engine())
            .finish_non_exhaustive()
    }
}
