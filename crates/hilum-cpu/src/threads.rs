//! A pool of threads for phases of microseconds.
//!
//! A phase is a number of tasks. Every thread has a share of neighbouring ones and takes them one
//! by one, then those that others have not begun: what a thread wrote in one phase is near its
//! core in the next, and a thread whose core is busy with another process takes fewer. A phase is
//! over when its tasks are done, whether or not every worker took notice of it. Between phases
//! workers spin for a short while before they sleep: waking a thread takes longer than most
//! phases.

use std::any::Any;
use std::cell::UnsafeCell;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long an idle worker looks for work before it sleeps.
const PATIENCE: Duration = Duration::from_micros(100);

/// How long the caller looks whether the last tasks are done before it lets others use its core.
const COURTESY: Duration = Duration::from_micros(20);

/// Looks between two at the clock.
const LOOKS: u32 = 16;

/// What a phase runs: task number and worker number.
type Work = dyn Fn(usize, usize) + Sync;

/// Threads that run phases together with the thread that calls.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
}

/// A cache line for a value that all threads write.
#[repr(align(64))]
struct Line<T>(T);

/// Who gets one of the `untaken` tasks may read `phase`, which nobody writes until that task has
/// left `unfinished`. Who comes late finds nothing to take, or a task of a later phase.
struct Shared {
    /// Tasks that are left of each thread's share.
    untaken: Vec<Line<AtomicUsize>>,
    unfinished: Line<AtomicUsize>,
    phase: UnsafeCell<Phase>,
    stop: AtomicBool,
    sleepers: AtomicUsize,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    sleep: Mutex<()>,
    wake: Condvar,
}

#[derive(Clone, Copy)]
struct Phase {
    task_count: usize,
    /// `None` before the first phase only.
    work: Option<*const Work>,
}

// SAFETY: the closure behind the pointer is `Sync`; `phase` is read by owners of a task only, and
// written only while there are none.
unsafe impl Sync for Shared {}
// SAFETY: as above; a `Shared` that moves is not in use.
unsafe impl Send for Shared {}

impl Pool {
    /// A pool of `threads` threads, the caller's included; at least one.
    pub(crate) fn new(threads: usize) -> Self {
        let threads = threads.max(1);
        let shared = Arc::new(Shared {
            untaken: (0..threads).map(|_| Line(AtomicUsize::new(0))).collect(),
            unfinished: Line(AtomicUsize::new(0)),
            phase: UnsafeCell::new(Phase {
                task_count: 0,
                work: None,
            }),
            stop: AtomicBool::new(false),
            sleepers: AtomicUsize::new(0),
            panic: Mutex::new(None),
            sleep: Mutex::new(()),
            wake: Condvar::new(),
        });
        let workers = (1..threads)
            .map_while(|number| {
                let shared = Arc::clone(&shared);
                let builder = std::thread::Builder::new().name(format!("hilum-cpu-{number}"));
                // A system that gives no more threads gets slower, not wrong; numbers have no gaps.
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
        let work: &(dyn Fn(usize, usize) + Sync) = &work;
        // SAFETY: only the lifetime changes; this function returns, or unwinds, after all tasks
        // are done, and only who owns a task uses the closure.
        let endless =
            unsafe { std::mem::transmute::<&(dyn Fn(usize, usize) + Sync), &'static Work>(work) };
        self.shared.begin(task_count, endless);
        self.shared.take_tasks(0);
        self.shared.await_end();
        if let Some(panic) = lock(&self.shared.panic).take() {
            resume_unwind(panic);
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        {
            let _guard = lock(&self.shared.sleep);
            self.shared.wake.notify_all();
        }
        for worker in self.workers.drain(..) {
            // Panics of tasks were already passed on by `run`.
            let _ = worker.join();
        }
    }
}

impl Shared {
    /// Offers the tasks of a phase; the one before is over.
    fn begin(&self, task_count: usize, work: &'static Work) {
        // SAFETY: nobody owns a task, so nobody reads it.
        unsafe {
            *self.phase.get() = Phase {
                task_count,
                work: Some(work),
            };
        }
        self.unfinished.0.store(task_count, Ordering::Relaxed);
        // In one order with `sleepers`: either a worker sees its tasks before it sleeps, or it is
        // seen here.
        for (owner, untaken) in self.untaken.iter().enumerate() {
            let share = self.share(owner, task_count);
            untaken.0.store(share.len(), Ordering::SeqCst);
        }
        if self.sleepers.load(Ordering::SeqCst) > 0 {
            let _guard = lock(&self.sleep);
            self.wake.notify_all();
        }
    }

    /// The tasks that `owner` begins with.
    fn share(&self, owner: usize, task_count: usize) -> Range<usize> {
        let threads = self.untaken.len();
        owner * task_count / threads..(owner + 1) * task_count / threads
    }

    /// A worker's life.
    fn serve(&self, worker: usize) {
        while self.await_work(worker) {
            self.take_tasks(worker);
        }
    }

    /// Runs tasks, the worker's own first, until none is left to take.
    fn take_tasks(&self, worker: usize) {
        let threads = self.untaken.len();
        for owner in (worker..threads).chain(0..worker) {
            self.take_tasks_of(owner, worker);
        }
    }

    fn take_tasks_of(&self, owner: usize, worker: usize) {
        let take = |untaken: usize| untaken.checked_sub(1);
        let counter = &self.untaken[owner].0;
        while let Ok(untaken) = counter.fetch_update(Ordering::Acquire, Ordering::Relaxed, take) {
            // SAFETY: the owner of a task reads what `begin` wrote before it offered the task.
            let phase = unsafe { *self.phase.get() };
            let task = self.share(owner, phase.task_count).end - untaken;
            let run = || {
                if let Some(work) = phase.work {
                    // SAFETY: `Pool::run` waits for this task, so the closure is alive.
                    unsafe { (*work)(task, worker) }
                }
            };
            let mut done = 1;
            if let Err(panic) = catch_unwind(AssertUnwindSafe(run)) {
                *lock(&self.panic) = Some(panic);
                // What nobody has begun is not run at all.
                let others = self.untaken.iter();
                done += others
                    .map(|untaken| untaken.0.swap(0, Ordering::Relaxed))
                    .sum::<usize>();
            }
            self.unfinished.0.fetch_sub(done, Ordering::Release);
        }
    }

    /// Returns when all tasks are done.
    fn await_end(&self) {
        let is_over = || self.unfinished.0.load(Ordering::Acquire) == 0;
        if !spin(COURTESY, is_over) {
            while !is_over() {
                std::thread::yield_now();
            }
        }
    }

    /// Returns when there are tasks of the worker's own, or `false` when the pool ends.
    fn await_work(&self, worker: usize) -> bool {
        let stops = || self.stop.load(Ordering::SeqCst);
        let untaken = &self.untaken[worker].0;
        let has_news = || untaken.load(Ordering::SeqCst) > 0 || stops();
        if !spin(PATIENCE, has_news) {
            let mut guard = lock(&self.sleep);
            self.sleepers.fetch_add(1, Ordering::SeqCst);
            while !has_news() {
                guard = self
                    .wake
                    .wait(guard)
                    .unwrap_or_else(std::sync::PoisonError::into_inner);
            }
            self.sleepers.fetch_sub(1, Ordering::SeqCst);
        }
        !stops()
    }
}

/// Looks at `condition` until it holds, or for `time`; says whether it held.
fn spin(time: Duration, condition: impl Fn() -> bool) -> bool {
    if condition() {
        return true;
    }
    let start = Instant::now();
    loop {
        for _ in 0..LOOKS {
            if condition() {
                return true;
            }
            std::hint::spin_loop();
        }
        if start.elapsed() >= time {
            return false;
        }
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

    #[test]
    fn late_workers_run_no_task_of_a_phase_that_is_over() {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut pool = Pool::new(4 * cores + 1);
        for phase in 0..4000_usize {
            // Every phase has memory of its own, which is gone when the next begins.
            let task_count = 2 + phase % 7;
            let marks: Vec<AtomicUsize> = (0..task_count).map(|_| AtomicUsize::new(0)).collect();
            pool.run(task_count, |task, _| {
                if task % 3 == 1 {
                    std::thread::yield_now();
                }
                marks[task].fetch_add(phase + 1, Ordering::Relaxed);
            });
            let marks: Vec<usize> = marks.into_iter().map(AtomicUsize::into_inner).collect();
            assert_eq!(marks, vec![phase + 1; task_count]);
        }
    }
}
