//! What waits for an engine.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hilum_core::{Cancel, Cancelled};
use hilum_imaging::Pixels;
use hilum_trust::Judgement;

use super::{SharedModelError, Sharing};
use crate::ready_network::ReadyNetwork;
use crate::{ExperimentError, Passage};

/// How often a caller that waits for room looks whether it may stop.
const LOOK: Duration = Duration::from_millis(50);

/// Slices of one caller.
pub(super) struct SliceTask {
    slices: Vec<Pixels>,
    pub(super) ood_share: Option<f64>,
    judged: Vec<Judgement>,
    pub(super) cancel: Cancel,
    replies: Sender<Reply>,
}

/// What a caller is told, once for each batch: being woken takes time that the network could use.
pub(super) enum Reply {
    /// Some slices are through.
    Some(Passage),
    /// All are.
    All(Passage, Vec<Judgement>),
    /// None will be.
    Failed(ExperimentError),
}

/// Something else that takes the engine.
pub(super) struct EngineWork {
    work: Box<dyn FnOnce(ReadyNetwork<'_>) + Send>,
    cancel: Cancel,
}

pub(super) enum Task {
    Slices(SliceTask),
    Engine(EngineWork),
}

/// A caller's slices, as many as go into the next batch.
pub(super) struct Part {
    pub(super) task: SliceTask,
    pub(super) count: usize,
}

/// What the engine does next.
pub(super) enum Next {
    /// A batch, of one caller or of several.
    Batch(Vec<Part>),
    /// Work of another kind.
    Engine(EngineWork),
    /// Nobody is left to ask.
    End,
}

impl SliceTask {
    pub(super) fn new(
        slices: Vec<Pixels>,
        ood_share: Option<f64>,
        cancel: Cancel,
    ) -> (Self, Receiver<Reply>) {
        let (replies, receiver) = channel();
        let task = Self {
            judged: Vec::with_capacity(slices.len()),
            slices,
            ood_share,
            cancel,
            replies,
        };
        (task, receiver)
    }

    /// The next `count` slices.
    pub(super) fn next(&self, count: usize) -> impl Iterator<Item = &Pixels> {
        self.slices[self.judged.len()..].iter().take(count)
    }

    fn left(&self) -> usize {
        self.slices.len() - self.judged.len()
    }

    /// Keeps what was said of the next slices, in a batch that began at `begun`. Gives itself back
    /// if there are more.
    pub(super) fn judged(
        mut self,
        begun: Instant,
        judgements: impl Iterator<Item = Judgement>,
    ) -> Option<Self> {
        self.judged.extend(judgements);
        let done = self.judged.len();
        let passage = Passage::Passed { begun, done };
        // A caller that is gone wants no reply.
        if self.left() > 0 {
            let _ = self.replies.send(Reply::Some(passage));
            return Some(self);
        }
        let _ = self.replies.send(Reply::All(passage, self.judged));
        None
    }

    pub(super) fn fail(self, error: ExperimentError) {
        let _ = self.replies.send(Reply::Failed(error));
    }
}

impl EngineWork {
    pub(super) fn new<T: Send + 'static>(
        work: impl FnOnce(ReadyNetwork<'_>) -> Result<T, ExperimentError> + Send + 'static,
        cancel: Cancel,
    ) -> (Self, Receiver<Result<T, ExperimentError>>) {
        let (reply, receiver) = channel();
        let asked = cancel.clone();
        let work = move |network: ReadyNetwork<'_>| {
            let outcome = match asked.check() {
                Ok(()) => work(network),
                Err(cancelled) => Err(cancelled.into()),
            };
            let _ = reply.send(outcome);
        };
        let work = Box::new(work);
        (Self { work, cancel }, receiver)
    }

    pub(super) fn run(self, network: ReadyNetwork<'_>) {
        (self.work)(network);
    }
}

/// What waits, and who is woken.
pub(super) struct Queue {
    sharing: Sharing,
    state: Mutex<State>,
    /// Something waits, or nobody is left.
    work: Condvar,
    /// There is room.
    room: Condvar,
}

struct State {
    tasks: VecDeque<Task>,
    is_open: bool,
    /// Whether the batch before this one was of several callers.
    is_crowded: bool,
}

impl State {
    fn waiting(&self) -> usize {
        let slices = |task: &Task| match task {
            Task::Slices(task) => task.left(),
            Task::Engine(_) => 1,
        };
        self.tasks.iter().map(slices).sum()
    }
}

impl Queue {
    pub(super) fn new(sharing: Sharing) -> Self {
        Self {
            sharing,
            state: Mutex::new(State {
                tasks: VecDeque::new(),
                is_open: true,
                is_crowded: false,
            }),
            work: Condvar::new(),
            room: Condvar::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_open(&self) -> bool {
        self.state().is_open
    }

    pub(super) fn waiting(&self) -> usize {
        self.state().waiting()
    }

    /// Adds a task when there is room for it; a task that is larger than all room has its turn when
    /// nothing else waits.
    pub(super) fn push(&self, task: Task, cancel: &Cancel) -> Result<(), ExperimentError> {
        let size = match &task {
            Task::Slices(task) => task.left(),
            Task::Engine(_) => 1,
        };
        let mut state = self.state();
        loop {
            if !state.is_open {
                return Err(SharedModelError::Gone.into());
            }
            cancel.check()?;
            let waiting = state.waiting();
            if waiting == 0 || waiting + size <= self.sharing.most_waiting.get() {
                break;
            }
            let waited = self.room.wait_timeout(state, LOOK);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.tasks.push_back(task);
        drop(state);
        self.work.notify_one();
        Ok(())
    }

    /// Puts back what is not done; it is not the first of the next batch.
    pub(super) fn put_back(&self, tasks: impl Iterator<Item = SliceTask>) {
        self.state().tasks.extend(tasks.map(Task::Slices));
    }

    /// Waits for work; what nobody waits for any more is left out.
    pub(super) fn next(&self) -> Next {
        let mut state = self.state();
        loop {
            drop_cancelled(&mut state.tasks);
            match state.tasks.front() {
                Some(Task::Engine(_)) => {
                    if let Some(Task::Engine(work)) = state.tasks.pop_front() {
                        self.room.notify_all();
                        return Next::Engine(work);
                    }
                }
                Some(Task::Slices(_)) => break,
                None if !state.is_open => return Next::End,
                None => {
                    let woken = self.work.wait(state);
                    state = woken.unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
        let mut state = self.fill(state);
        let parts = batch(&mut state.tasks, self.sharing.batch.get());
        state.is_crowded = parts.len() > 1;
        self.room.notify_all();
        Next::Batch(parts)
    }

    /// Waits a little for a fuller batch, where others ask too.
    fn fill<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let begin = Instant::now();
        while state.is_crowded && state.is_open && state.waiting() < self.sharing.batch.get() {
            let left = self.sharing.wait.saturating_sub(begin.elapsed());
            if left.is_zero() {
                break;
            }
            let woken = self.work.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        state
    }

    /// Takes no more; what waits is still done.
    pub(super) fn close(&self) {
        self.state().is_open = false;
        self.work.notify_all();
        self.room.notify_all();
    }

    /// Takes no more, and drops what waits.
    pub(super) fn abandon(&self) {
        let mut state = self.state();
        state.is_open = false;
        state.tasks.clear();
        self.room.notify_all();
    }
}

fn drop_cancelled(tasks: &mut VecDeque<Task>) {
    let mut kept = VecDeque::with_capacity(tasks.len());
    for task in tasks.drain(..) {
        match task {
            Task::Slices(task) if task.cancel.cancelled() => task.fail(Cancelled.into()),
            // Its caller waits no more.
            Task::Engine(work) if work.cancel.cancelled() => drop(work),
            task => kept.push_back(task),
        }
    }
    *tasks = kept;
}

/// Takes the next batch of up to `most` slices: those of the first caller, and of others who want
/// the same of the detector, each an even share.
fn batch(tasks: &mut VecDeque<Task>, most: usize) -> Vec<Part> {
    let Some(Task::Slices(first)) = tasks.front() else {
        return Vec::new();
    };
    let share = first.ood_share;
    let mut parts: Vec<Part> = Vec::new();
    let mut left = VecDeque::with_capacity(tasks.len());
    for task in tasks.drain(..) {
        match task {
            Task::Slices(task) if task.ood_share == share && parts.len() < most => {
                parts.push(Part { task, count: 0 });
            }
            task => left.push_back(task),
        }
    }
    *tasks = left;
    let even = (most / parts.len()).max(1);
    let mut room = most;
    for limit in [even, most] {
        for part in &mut parts {
            let wanted = part.task.left().min(limit);
            let more = wanted.saturating_sub(part.count).min(room);
            part.count += more;
            room -= more;
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use hilum_imaging::Channels;

    use super::*;

    fn slices(count: usize) -> Vec<Pixels> {
        vec![Pixels::new(1, 1, Channels::Grey, vec![0]); count]
    }

    fn task(count: usize, ood_share: Option<f64>) -> Task {
        Task::Slices(SliceTask::new(slices(count), ood_share, Cancel::default()).0)
    }

    fn counts(queue: &Queue) -> Vec<usize> {
        match queue.next() {
            Next::Batch(parts) => parts.iter().map(|part| part.count).collect(),
            _ => panic!("no batch"),
        }
    }

    #[test]
    fn a_batch_is_of_several_callers_and_a_large_one_leaves_room() {
        let queue = Queue::new(Sharing::default());
        let nobody = Cancel::default();
        for count in [100, 1, 2] {
            queue.push(task(count, None), &nobody).unwrap();
        }
        queue.push(task(1, Some(0.5)), &nobody).unwrap();
        assert_eq!(counts(&queue), [13, 1, 2]);
        assert_eq!(counts(&queue), [1]);
    }

    #[test]
    fn what_nobody_waits_for_is_left_out() {
        let queue = Queue::new(Sharing::default());
        let (gone, nobody) = (Cancel::default(), Cancel::default());
        let (first, replies) = SliceTask::new(slices(1), None, gone.clone());
        queue.push(Task::Slices(first), &gone).unwrap();
        queue.push(task(3, None), &nobody).unwrap();
        gone.cancel();
        assert_eq!(counts(&queue), [3]);
        let reply = replies.recv().unwrap();
        assert!(matches!(
            reply,
            Reply::Failed(ExperimentError::Cancelled(_))
        ));
    }

    #[test]
    fn a_queue_that_is_closed_does_what_waits_and_takes_no_more() {
        let queue = Queue::new(Sharing::default());
        let nobody = Cancel::default();
        queue.push(task(1, None), &nobody).unwrap();
        queue.close();
        assert!(queue.push(task(1, None), &nobody).is_err());
        assert_eq!(counts(&queue), [1]);
        assert!(matches!(queue.next(), Next::End));
    }
}
