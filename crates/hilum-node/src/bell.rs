//! Waking threads that wait for work.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Rung when there may be something to do.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    count: Mutex<u64>,
    rung: Condvar,
}

impl Bell {
    /// Wakes everybody.
    pub(crate) fn ring(&self) {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.rung.notify_all();
    }

    /// How often it was rung; asked before looking for work, so that no ringing is missed.
    pub(crate) fn count(&self) -> u64 {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it was rung more often than `heard`, or for `longest`.
    pub(crate) fn wait(&self, heard: u64, longest: Duration) {
        let count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever is woken looks for work again, whatever woke it.
        let _ = self
            .rung
            .wait_timeout_while(count, longest, |count| *count == heard);
    }
}
