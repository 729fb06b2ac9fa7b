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
        let before = now.take();
        match passage {
            Passage::Waits => {
                // The step before ends first.
                drop(before);
                *now = Some(self.trace.step("wait"));
            }
            Passage::Passed { begun, .. } => {
                if let Some(before) = before {
                    before.end_at(*begun);
                }
                drop(self.trace.step_since("network", *begun));
            }
        }
    }
}
