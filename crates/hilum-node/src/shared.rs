//! What the threads of a node have in common.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hilum_core::Cancel;

use crate::activity::Activity;
use crate::arrivals::Arrivals;
use crate::bell::Bell;
use crate::queue::Queue;
use crate::{NodeSettings, Notice, QueueError};

/// Is told what happens.
pub type Listener = Box<dyn Fn(&Notice) + Send + Sync>;

pub(crate) struct Shared {
    pub(crate) settings: NodeSettings,
    pub(crate) queue: Queue,
    pub(crate) activity: Activity,
    pub(crate) arrivals: Arrivals,
    pub(crate) bell: Bell,
    pub(crate) cancel: Cancel,
    listener: Listener,
    stopped: AtomicBool,
}

impl Shared {
    pub(crate) fn new(
        settings: NodeSettings,
        queue: Queue,
        cancel: Cancel,
        listener: Listener,
    ) -> Self {
        Self {
            settings,
            queue,
            activity: Activity::new(),
            arrivals: Arrivals::default(),
            bell: Bell::default(),
            cancel,
            listener,
            stopped: AtomicBool::new(false),
        }
    }

    pub(crate) fn tell(&self, notice: &Notice) {
        (self.listener)(notice);
    }

    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.cancel.cancel();
        self.bell.ring();
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }
}

/// What a thread of the node does again and again.
pub(crate) trait Work: Sized {
    /// Does what there is to do; how long may be slept then, unless the bell rings.
    fn step(&mut self) -> Result<Duration, QueueError>;

    /// Until the node is stopped. What the queue refuses is told, and tried again.
    fn run(mut self, shared: &Shared) {
        while !shared.is_stopped() {
            let heard = shared.bell.count();
            let sleep = self.step().unwrap_or_else(|error| {
                let reason = error.to_string();
                shared.tell(&Notice::QueueFailed { reason });
                Duration::from_secs(1)
            });
            if !sleep.is_zero() {
                shared.bell.wait(heard, sleep);
            }
        }
    }
}
