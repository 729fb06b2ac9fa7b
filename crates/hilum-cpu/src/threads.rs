//! A pool of threads for phases of microseconds.
//!
//! A phase is a number of tasks that threads take one by one, so that a thread whose core is
//! busy with another process takes fewer. Between phases workers spin for a short while before
//! they sleep: waking a thread takes longer than most phases.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;

/// How often an idle worker looks for work before it sleeps: some tens of microseconds.
const SPINS: u32 = 20_000;

/// What a phase runs: task number and worker number.
type Work = dyn Fn(usize, usize) + Sync;

/// Threads that run phases together with the thread that calls.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
}

struct Shared {
    /// Counts phases; odd steps of two, so that the lowest bit may say "stop".
    phase: AtomicUsize,
    stop: AtomicBool,
    next_task: AtomicUsize,
    task_count: AtomicUsize,
    /// Workers that have not finished the present phase.
    busy: AtomicUsize,
    sleepers: AtomicUsize,
    work: Mutex<Option<WorkPointer>>,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    sleep: Mutex<()>,
    wake: Condvar,
}

#[derive(Clone, Copy)]
struct WorkPointer(*const Work);

// SAFETY: the closure behind it is `Sync`, and `Pool::run` outlives every use of it.
unsafe impl Send for WorkPointer {}

impl Pool {
    /// A pool of `threads` threads, the caller's included; at least one.
    pub(crate) fn new(threads: usize) -> Self {
        let shared = Arc::new(Shared {
            phase: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
            next_task: AtomicUsize::new(0),
            task_count: AtomicUsize::new(0),
            busy: AtomicUsize::new(0),
            sleepers: AtomicUsize::new(0),
            work: Mutex::new(None),
            panic: Mutex::new(None),
            sleep: Mutex::new(()),
            wake: Condvar::new(),
        });
        let workers = (1..threads.max(1))
            .filter_map(|number| {
                let shared = Arc::clone(&shared);
                let builder = std::thread::Builder::new().name(format!("hilum-cpu-{number}"));
                // A system that gives no more threads gets slower, not wrong.
                builder.spawn(move || shared.serve(number)).ok()
            })
            .collect();
        Self { shared, workers }
    }

    /// Threads that work, the caller's included.
    pub(crate) fn threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// Runs `work(task, worker)` for every task in `0..task_count` and returns when all are done.
    /// `worker` is below [`threads`](Self::threads), and no two tasks run at once with the same.
    pub(crate) fn run(&mut self, task_count: usize, work: impl Fn(usize, usize) + Sync) {
        if task_count <= 1 || self.workers.is_empty() {
            for task in 0..task_count {
                work(task, 0);
            }
            return;
        }
        let shared = &*self.shared;
        let work: &(dyn Fn(usize, usize) + Sync) = &work;
        // SAFETY: only the lifetime changes; this function returns, or unwinds, after all
        // workers are done with the closure.
        let endless =
            unsafe { std::mem::transmute::<&(dyn Fn(usize, usize) + Sync), &'static Work>(work) };
        let pointer = WorkPointer(endless);
        *lock(&shared.work) = Some(pointer);
        shared.next_task.store(0, Ordering::Relaxed);
        shared.task_count.store(task_count, Ordering::Relaxed);
        shared.busy.store(self.workers.len(), Ordering::Relaxed);
        shared.phase.fetch_add(1, Ordering::SeqCst);
        if shared.sleepers.load(Ordering::SeqCst) > 0 {
            let _guard = lock(&shared.sleep);
            shared.wake.notify_all();
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| shared.take_tasks(work, 0)));
        if outcome.is_err() {
            shared.next_task.store(task_count, Ordering::Relaxed);
        }
        let mut spins = 0;
        while shared.busy.load(Ordering::Acquire) > 0 {
            spins += 1;
            if spins < SPINS / 4 {
                std::hint::spin_loop();
            } else {
                std::thread::yield_now();
            }
        }
        if let Err(panic) = outcome {
            resume_unwind(panic);
        }
        if let Some(panic) = lock(&shared.panic).take() {
            resume_unwind(panic);
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        self.shared.phase.fetch_add(1, Ordering::SeqCst);
        {
            let _guard = lock(&self.shared.sleep);
            self.shared.wake.notify_all();
        }
        for worker in self.workers.drain(..) {
            // A worker's panic was already passed on by `run`.
            let _ = worker.join();
        }
    }
}

impl Shared {
    /// A worker's life.
    fn serve(&self, worker: usize) {
        let mut seen = 0;
        loop {
            self.await_phase(seen);
            seen += 1;
            if self.stop.load(Ordering::SeqCst) {
                return;
            }
            let pointer = *lock(&self.work);
            if let Some(pointer) = pointer {
                // SAFETY: `Pool::run` waits until `busy` is zero, so the closure is alive.
                let work = unsafe { &*pointer.0 };
                let outcome = catch_unwind(AssertUnwindSafe(|| self.take_tasks(work, worker)));
                if let Err(panic) = outcome {
                    self.next_task
                        .store(self.task_count.load(Ordering::Relaxed), Ordering::Relaxed);
                    *lock(&self.panic) = Some(panic);
                }
            }
            self.busy.fetch_sub(1, Ordering::Release);
        }
    }

    fn take_tasks(&self, work: &(dyn Fn(usize, usize) + Sync), worker: usize) {
        let count = self.task_count.load(Ordering::Relaxed);
        loop {
            let task = self.next_task.fetch_add(1, Ordering::Relaxed);
            if task >= count {
                return;
            }
            work(task, worker);
        }
    }

    fn await_phase(&self, seen: usize) {
        for _ in 0..SPINS {
            if self.phase.load(Ordering::Acquire) != seen {
                return;
            }
            std::hint::spin_loop();
        }
        let mut guard = lock(&self.sleep);
        self.sleepers.fetch_add(1, Ordering::SeqCst);
        while self.phase.load(Ordering::SeqCst) == seen {
            guard = self
                .wake
                .wait(guard)
                .unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        self.sleepers.fetch_sub(1, Ordering::SeqCst);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_runs_once_whatever_the_thread_count() {
        for threads in [1, 2, 5] {
            let mut pool = Pool::new(threads);
            for task_count in [0, 1, 2, 7, 1000] {
                let runs: Vec<AtomicUsize> = (0..task_count).map(|_| AtomicUsize::new(0)).collect();
                pool.run(task_count, |task, worker| {
                    assert!(worker < threads);
                    runs[task].fetch_add(1, Ordering::Relaxed);
                });
                assert!(runs.iter().all(|runs| runs.load(Ordering::Relaxed) == 1));
            }
        }
    }

    #[test]
    fn no_worker_has_two_tasks_at_once() {
        let mut pool = Pool::new(4);
        let taken: Vec<AtomicBool> = (0..4).map(|_| AtomicBool::new(false)).collect();
        pool.run(500, |_, worker| {
            assert!(!taken[worker].swap(true, Ordering::SeqCst));
            std::hint::black_box((0..200).sum::<usize>());
            taken[worker].store(false, Ordering::SeqCst);
        });
    }

    #[test]
    fn workers_that_slept_wake_up() {
        let mut pool = Pool::new(3);
        for _ in 0..3 {
            std::thread::sleep(std::time::Duration::from_millis(20));
            let sum = AtomicUsize::new(0);
            pool.run(100, |task, _| {
                sum.fetch_add(task, Ordering::Relaxed);
            });
            assert_eq!(sum.into_inner(), 4950);
        }
    }

    #[test]
    fn a_panic_reaches_the_caller_and_leaves_the_pool_usable() {
        let mut pool = Pool::new(3);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            pool.run(50, |task, _| assert_ne!(task, 20, "task twenty"));
        }));
        assert!(outcome.is_err());
        let sum = AtomicUsize::new(0);
        pool.run(10, |task, _| {
            sum.fetch_add(task, Ordering::Relaxed);
        });
        assert_eq!(sum.into_inner(), 45);
    }
}
