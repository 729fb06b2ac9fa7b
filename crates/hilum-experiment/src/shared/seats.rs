//! How many callers read a file at once, each on its own thread.

use std::num::NonZeroUsize;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Seats for callers that read: what a file is decoded into takes room, and cores are few.
pub(super) struct Seats {
    free: Mutex<usize>,
    freed: Condvar,
}

/// Is given back when it is dropped.
struct Seat<'a>(&'a Seats);

impl Seats {
    pub(super) fn new(count: NonZeroUsize) -> Self {
        Self {
            free: Mutex::new(count.get()),
            freed: Condvar::new(),
        }
    }

    /// Does `work` when there is a seat.
    pub(super) fn seated<T>(&self, work: impl FnOnce() -> T) -> T {
        let _seat = self.take();
        work()
    }

    fn take(&self) -> Seat<'_> {
        let waited = self.freed.wait_while(self.free(), |free| *free == 0);
        *waited.unwrap_or_else(PoisonError::into_inner) -= 1;
        Seat(self)
    }

    fn free(&self) -> MutexGuard<'_, usize> {
        // Nothing panics while it is held.
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        *self.0.free() += 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn no_more_work_at_once_than_there_are_seats_and_a_panic_gives_its_seat_back() {
        let seats = Seats::new(NonZeroUsize::new(2).unwrap());
        let panics = || seats.seated(|| panic!("a file"));
        assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
        let (seated, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let pair = Barrier::new(2);
        let work = || {
            let now = seated.fetch_add(1, Ordering::SeqCst) + 1;
            most.fetch_max(now, Ordering::SeqCst);
            // Both seats are taken at once, again and again.
            pair.wait();
            seated.fetch_sub(1, Ordering::SeqCst);
        };
        thread::scope(|scope| {
            for _ in 0..64 {
                scope.spawn(|| seats.seated(work));
            }
        });
        assert_eq!(seated.into_inner(), 0);
        assert_eq!(most.into_inner(), 2);
        assert_eq!(*seats.free(), 2);
    }
}
