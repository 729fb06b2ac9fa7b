//! One piece of work per core, each with no threads of its own.
//!
//! Burn's matrix products cut themselves into tasks for rayon's current pool. Where every core
//! already has an image to work on, that only makes cores wait for one another; so each lane is
//! a pool of one thread, in which nothing is cut. The thread that asks works too, and waits for
//! another lane only while that has work in hand.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rayon::{ThreadPool, ThreadPoolBuilder};

/// Runs `operation` where [`map`] can use its thread as one of the lanes.
pub(crate) fn enter<T: Send>(operation: impl FnOnce() -> T + Send) -> T {
    lanes()[0].install(operation)
}

/// Runs `operation`, which is not cut into pieces, outside of the lane: Burn may use as many
/// threads as there are lanes.
pub(crate) fn wide<T: Send>(operation: impl FnOnce() -> T + Send) -> T {
    static WIDE: OnceLock<ThreadPool> = OnceLock::new();
    if !is_lane() {
        return operation();
    }
    WIDE.get_or_init(|| pool("wide", thread_count()))
        .install(operation)
}

/// `operation` on every item, side by side if [`enter`] was called; results in order.
///
/// # Panics
/// If `operation` does.
pub(crate) fn map<T: Send + 'static, U: Send + 'static>(
    items: Vec<T>,
    operation: impl Fn(T) -> U + Send + Sync + 'static,
) -> Vec<U> {
    if items.len() < 2 || !is_lane() {
        return items.into_iter().map(operation).collect();
    }
    let count = items.len();
    let (sender, receiver) = mpsc::channel();
    let work = Arc::new(Work {
        items: items
            .into_iter()
            .map(|item| Mutex::new(Some(item)))
            .collect(),
        next: AtomicUsize::new(0),
        operation,
    });
    for lane in lanes().iter().skip(1).take(count - 1) {
        let (work, sender) = (Arc::clone(&work), sender.clone());
        lane.spawn(move || work.run(&sender));
    }
    work.run(&sender);
    drop(sender);

    let mut results: Vec<Option<U>> = (0..count).map(|_| None).collect();
    for _ in 0..count {
        let (index, result) = receiver.recv().expect("no lane stops half-way");
        results[index] = Some(result);
    }
    results.into_iter().flatten().collect()
}

fn is_lane() -> bool {
    rayon::current_thread_index().is_some()
}

/// Items, each for whoever comes first.
struct Work<T, F> {
    items: Vec<Mutex<Option<T>>>,
    next: AtomicUsize,
    operation: F,
}

impl<T, U, F: Fn(T) -> U> Work<T, F> {
    fn run(&self, results: &Sender<(usize, U)>) {
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = self.items.get(index) else {
                return;
            };
            let item = item.lock().unwrap_or_else(PoisonError::into_inner).take();
            let item = item.expect("an index is drawn once");
            // Nobody listens any more only if the asking thread has panicked.
            let _ = results.send((index, (self.operation)(item)));
        }
    }
}

fn lanes() -> &'static [ThreadPool] {
    static LANES: OnceLock<Vec<ThreadPool>> = OnceLock::new();
    LANES.get_or_init(|| (0..thread_count()).map(|_| pool("lane", 1)).collect())
}

/// As many threads as rayon's global pool has.
pub(crate) fn thread_count() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(rayon::current_num_threads)
}

fn pool(name: &'static str, threads: usize) -> ThreadPool {
    ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(move |number| format!("{name} {number}"))
        // The default ends the process; here the asking thread misses a result and panics.
        .panic_handler(|_| {})
        .build()
        .expect("the system has threads to give")
}
