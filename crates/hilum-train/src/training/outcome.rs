//! What comes out of a run.

use hilum_metrics::History;

/// What came out of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Why it ended.
    pub reason: StopReason,
    /// Every complete epoch, and which one was kept.
    pub history: History,
}

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// All epochs are done.
    Finished,
    /// Nothing got better for as many epochs as the settings allow.
    EarlyStopping {
        /// The last epoch.
        epoch: usize,
    },
    /// The stop flag was set. What `discarded` had done so far is lost, nothing else; the same
    /// call goes on from the epoch before.
    Interrupted {
        /// The epoch that was running.
        discarded: usize,
    },
}
