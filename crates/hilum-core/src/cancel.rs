//! Asking work that takes long to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use thiserror::Error;

/// How often waiting looks up.
const LOOK: Duration = Duration::from_millis(20);

/// A wish that work may stop, shared by whoever may ask for it and the work that looks.
///
/// Clones are one and the same. Once cancelled it stays cancelled; work that is to go on takes a
/// new one. [`Cancel::default`] is one that nobody has cancelled yet.
///
/// ```
/// use hilum_core::{Cancel, Cancelled};
///
/// fn count(to: u64, cancel: &Cancel) -> Result<u64, Cancelled> {
///     (0..to).try_fold(0, |count, _| {
///         cancel.check()?;
///         Ok(count + 1)
///     })
/// }
///
/// let cancel = Cancel::default();
/// assert_eq!(count(3, &cancel), Ok(3));
/// let asked = cancel.clone();
/// std::thread::spawn(move || asked.cancel()).join().expect("no panic");
/// assert_eq!(count(3, &cancel), Err(Cancelled));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

/// Work was stopped by a [`Cancel`]; what it had not finished is as if it had not begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("cancelled")]
pub struct Cancelled;

impl Cancel {
    /// Asks all who hold a clone to stop at their next opportunity.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether somebody asked.
    pub fn cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The same, to be left by with `?`.
    ///
    /// # Errors
    /// [`Cancelled`] if somebody asked.
    pub fn check(&self) -> Result<(), Cancelled> {
        if self.cancelled() {
            Err(Cancelled)
        } else {
            Ok(())
        }
    }

    /// Waits for `duration`, or until somebody asks.
    ///
    /// # Errors
    /// [`Cancelled`] if somebody asked.
    pub fn wait(&self, duration: Duration) -> Result<(), Cancelled> {
        let start = Instant::now();
        loop {
            self.check()?;
            let left = duration.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Ok(());
            }
            thread::sleep(left.min(LOOK));
        }
    }
}

/// For work that looks at a bare flag.
impl AsRef<AtomicBool> for Cancel {
    fn as_ref(&self) -> &AtomicBool {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_ends_when_somebody_asks() {
        let cancel = Cancel::default();
        assert_eq!(cancel.wait(Duration::from_millis(1)), Ok(()));
        let asked = cancel.clone();
        let waits = thread::spawn(move || asked.wait(Duration::MAX));
        cancel.cancel();
        assert_eq!(waits.join().unwrap(), Err(Cancelled));
    }
}
