//! What the time of an answer goes into.

use std::sync::{Mutex, PoisonError};

use hilum_experiment::{Event, Observer, Passage};

use super::{Step, Trace};

/// Reading files, waiting for the network, going through it: one after the other, as it is told.
pub(crate) struct NetworkSteps {
    trace: Trace,
    now: Mutex<Option<Step>>,
}

impl NetworkSteps {
    /// Files are read from now on.
    pub(crate) fn begin(trace: Trace) -> Self {
        let now = Mutex::new(Some(trace.step("decode")));
        Self { trace, now }
    }
}

impl Observer for NetworkSteps {
    fn notice(&self, event: &Event<'_>) {
        let Event::Network(passage) = event else {
            return;
        };
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        // The step before ends first.
        *now = None;
        *now = match passage {
            Passage::Waits => Some(self.trace.step("wait")),
            Passage::Begins => Some(self.trace.step("network")),
            Passage::Ends { .. } => None,
        };
    }
}
