//! What the threads of a node have in common.

use std::sync::atomic::{AtomicBool, Ordering};

use hilum_core::Cancel;

use crate::activity::Activity;
use crate::bell::Bell;
use crate::queue::Queue;
use crate::{NodeSettings, Notice};

/// Is told what happens.
pub type Listener = Box<dyn Fn(&Notice) + Send + Sync>;

pub(crate) struct Shared {
    pub(crate) settings: NodeSettings,
    pub(crate) queue: Queue,
    pub(crate) activity: Activity,
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
