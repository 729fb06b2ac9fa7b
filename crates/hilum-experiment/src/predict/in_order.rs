//! Work on many things that is begun in their order, whichever thread does it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use rayon::ThreadPool;

/// What `work` makes of each number below `count`, in order; the next number always goes to a
/// thread that is free, so that what comes from afar is waited for in the order in which it comes.
pub(super) fn in_order<T: Send>(
    pool: &ThreadPool,
    count: usize,
    work: impl Fn(usize) -> T + Sync,
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(count));
    pool.broadcast(|_| {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return;
            }
            let made = work(index);
            let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
            done.push((index, made));
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, made)| made).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_worked_on_once_and_stands_in_its_place() {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(3)
            .build()
            .unwrap();
        let made = in_order(&pool, 1000, |number| number * 2);
        assert_eq!(made, (0..1000).map(|number| number * 2).collect::<Vec<_>>());
        assert!(in_order(&pool, 0, |number| number).is_empty());
    }
}
