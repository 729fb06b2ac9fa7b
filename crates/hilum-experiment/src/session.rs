//! What every call needs besides its settings: who is told, who may stop it, and what the
//! machine offers.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use hilum_core::Cancel;
use hilum_cpu::InstructionSet;
use hilum_hub::HubSettings;
use hilum_report::PlotFormat;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::{Event, ExperimentError, Observer, Task};

/// What a call is made in. Any number of calls may share one, also at the same time.
///
/// The default tells nobody, is never cancelled, keeps no cache and fetches nothing into one.
#[derive(Clone)]
pub struct Session<'a> {
    observer: &'a dyn Observer,
    cancel: Cancel,
    /// Folder of what audits saw, for the next ones; nothing is kept, if absent.
    pub caches: Option<PathBuf>,
    /// Where published weights are kept, and how they are fetched.
    pub hub: HubSettings,
    /// What the processor computes with; the widest that it has, unless somebody compares.
    pub instruction_set: InstructionSet,
    /// In which formats plots are written.
    pub plots: PlotFormat,
}

impl Default for Session<'_> {
    fn default() -> Self {
        Self {
            observer: &(),
            cancel: Cancel::default(),
            caches: None,
            hub: HubSettings::default(),
            instruction_set: InstructionSet::widest(),
            plots: PlotFormat::default(),
        }
    }
}

impl<'a> Session<'a> {
    /// One that tells `observer` what happens.
    pub fn observed(observer: &'a dyn Observer) -> Self {
        Self {
            observer,
            ..Self::default()
        }
    }

    /// The same, and whoever holds `cancel` can end its calls.
    #[must_use]
    pub fn cancelled_by(self, cancel: Cancel) -> Self {
        Self { cancel, ..self }
    }

    /// The same, but that plots are written in `format`.
    #[must_use]
    pub fn drawn_as(self, format: PlotFormat) -> Self {
        Self {
            plots: format,
            ..self
        }
    }

    /// What ends the calls.
    pub fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// The same session, but that nobody is told.
    #[must_use]
    pub fn silent(&self) -> Session<'static> {
        Session {
            observer: &(),
            cancel: self.cancel.clone(),
            caches: self.caches.clone(),
            hub: self.hub.clone(),
            instruction_set: self.instruction_set,
            plots: self.plots,
        }
    }

    /// Tells the observer.
    pub(crate) fn tell(&self, event: &Event<'_>) {
        self.observer.notice(event);
    }

    /// Does `work`, which counts its steps from any thread, and tells how far it is.
    pub(crate) fn counted<T>(
        &self,
        task: Task,
        total: usize,
        work: impl FnOnce(&(dyn Fn(usize) + Sync)) -> T,
    ) -> T {
        self.tell(&Event::Begins { task, total });
        let outcome = work(&|done| self.tell(&Event::Advances { task, done }));
        self.tell(&Event::Ends { task });
        outcome
    }
}

/// Threads of one call, that decode, augment and draw; another call has its own.
pub(crate) fn workers(threads: NonZeroUsize) -> Result<ThreadPool, ExperimentError> {
    ThreadPoolBuilder::new()
        .num_threads(threads.get())
        .build()
        .map_err(|source| ExperimentError::Threads { source })
}
