//! When something last came of a series.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::queue::Waiting;

/// What the queue on the disk does not know: clocks that are never set back, and which connections
/// are open.
#[derive(Debug)]
pub(crate) struct Activity {
    /// What the disk says of before is counted from here.
    started: Instant,
    seen: Mutex<HashMap<i64, Seen>>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    last: Instant,
    is_cut_off: bool,
}

/// When a series is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Completion {
    Now,
    /// If nothing comes for so long.
    In(Duration),
}

impl Activity {
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
            seen: Mutex::default(),
        }
    }

    /// Something came, or is just coming, over a connection that is open.
    pub(crate) fn touch(&self, series: i64) {
        self.set(series, false);
    }

    /// The connection ended.
    pub(crate) fn ended(&self, series: i64, is_cut_off: bool) {
        self.set(series, is_cut_off);
    }

    pub(crate) fn forget(&self, series: i64) {
        self.seen().remove(&series);
    }

    fn set(&self, series: i64, is_cut_off: bool) {
        let last = Instant::now();
        self.seen().insert(series, Seen { last, is_cut_off });
    }

    pub(crate) fn completion(
        &self,
        waiting: &Waiting,
        quiet: Duration,
        quiet_after_break: Duration,
    ) -> Completion {
        if waiting.has_all {
            return Completion::Now;
        }
        let seen = self.seen().get(&waiting.id).copied();
        // Without a word since this process began, its connection ended with the one before.
        let (last, is_cut_off) = match seen {
            Some(seen) => (seen.last, seen.is_cut_off),
            None => (self.started, waiting.is_cut_off),
        };
        let needed = if is_cut_off { quiet_after_break } else { quiet };
        match needed.checked_sub(last.elapsed()) {
            Some(left) if !left.is_zero() => Completion::In(left),
            _ => Completion::Now,
        }
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<i64, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: Duration = Duration::from_millis(5);
    const LONG: Duration = Duration::from_hours(1);

    fn waiting(is_cut_off: bool, has_all: bool) -> Waiting {
        Waiting {
            id: 1,
            is_cut_off,
            has_all,
        }
    }

    #[test]
    fn a_series_that_was_cut_off_waits_longer() {
        let activity = Activity::new();
        std::thread::sleep(QUIET * 2);
        let completion = |waiting| activity.completion(&waiting, QUIET, LONG);
        assert_eq!(completion(waiting(false, false)), Completion::Now);
        assert!(matches!(
            completion(waiting(true, false)),
            Completion::In(_)
        ));
        assert_eq!(completion(waiting(true, true)), Completion::Now);

        activity.ended(1, true);
        std::thread::sleep(QUIET * 2);
        assert!(matches!(
            completion(waiting(false, false)),
            Completion::In(_)
        ));
        activity.touch(1);
        std::thread::sleep(QUIET * 2);
        assert_eq!(completion(waiting(true, false)), Completion::Now);
    }
}
