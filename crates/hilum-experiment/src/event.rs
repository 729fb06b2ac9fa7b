//! What a call tells while it goes on.

use std::path::Path;
use std::time::Instant;

use hilum_core::{AuditSummary, Split};
use hilum_dataset::{Dataset, Ignored};
use hilum_imaging::DecodeError;
use hilum_metrics::{Gap, Headline, StressTable};
use hilum_train::{BatchDone, EpochDone, RunStart, StopReason};
use hilum_trust::Exchangeability;
use hilum_trust::detector::{DetectorRecord, FitError};
use hilum_weights::{ApplyReport, CalibrationRecord, ModelFile, RoundingRecord};

use crate::{
    Division, Grouped, ModelOrigin, NotCalibrated, TrialRecord, UnreadableFiles, WeightsSource,
};

/// Is told how a call goes on; progress bars, printed lines and server-sent events are made of
/// this.
///
/// May be told from several threads. `()` is an observer that does nothing, and any function of
/// an [`Event`] is one.
pub trait Observer: Sync {
    /// Something happened.
    fn notice(&self, event: &Event<'_>);
}

impl Observer for () {
    fn notice(&self, _: &Event<'_>) {}
}

impl<F: Fn(&Event<'_>) + Sync> Observer for F {
    fn notice(&self, event: &Event<'_>) {
        self(event);
    }
}

/// Something that takes time and can be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Files are looked at.
    Audit,
    /// Files are decoded.
    Read,
    /// Instances come from a DICOMweb server.
    Fetch,
    /// Slices go through the network.
    Predict,
    /// Slices are asked for their heat.
    Explain,
    /// Changed slices do.
    Stress,
    /// Epochs of all folds or trials.
    Folds,
}

impl Task {
    /// What is done meanwhile, for whoever draws a bar of it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Audit => "auditing",
            Self::Read => "reading",
            Self::Fetch => "fetching",
            Self::Predict => "predicting",
            Self::Explain => "explaining",
            Self::Stress => "changing",
            Self::Folds => "folds",
        }
    }
}

/// Where slices are on their way through a network that several callers ask at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passage {
    /// They wait for their turn.
    Waits,
    /// A batch with some of them is through.
    Passed {
        /// When it began.
        begun: Instant,
        /// How many slices are done, those of earlier batches too.
        done: usize,
    },
}

/// What happened.
#[non_exhaustive]
pub enum Event<'a> {
    /// A task begins, with so many steps.
    Begins {
        /// Which.
        task: Task,
        /// Its steps.
        total: usize,
    },
    /// So many steps of the task are done.
    Advances {
        /// Which.
        task: Task,
        /// Steps that are done.
        done: usize,
    },
    /// The task is over.
    Ends {
        /// Which.
        task: Task,
    },

    /// Slices are a step further on their way through a shared network.
    Network(Passage),

    /// A folder is read as a class of another name.
    ClassRenamed {
        /// The folder's name.
        from: &'a str,
        /// The class's.
        to: &'a str,
    },
    /// Files in the dataset's folders that are no slices.
    FilesIgnored(&'a [Ignored]),
    /// Files under a path to predict that are no images.
    FilesLeftOut(&'a [Ignored]),
    /// The dataset is known; nothing is mended yet.
    DatasetRead(&'a Dataset),
    /// Something was mended in memory.
    Mended(&'a str),
    /// What the audit says of what is used.
    Audited(&'a AuditSummary),
    /// The user lets files pass that cannot be read.
    UnreadableAllowed(&'a UnreadableFiles),
    /// The data has no validation split, and one is cut from train.
    ValidSetAside {
        /// Slices of the new split.
        slices: usize,
        /// Slices that train had.
        of: usize,
        /// What decides which ones they are.
        seed: u64,
        /// Whether slices that look like one scan are on one side.
        keeps_scans: bool,
    },
    /// The data has a split of its own, and another one is made.
    SplitDropped,
    /// What is kept together in folds.
    Grouped(&'a Grouped),
    /// What is kept together in a split, where groups are a guess.
    GroupsInferred(&'a Grouped),

    /// Published weights are on their way.
    Fetch(&'a hilum_hub::Progress<'a>),
    /// They are here, or cannot be had.
    FetchEnds,
    /// The bundled model tells other classes apart, so its head is left out.
    BundledHeadLeftOut,
    /// The names of an ONNX file say nothing: its layers are taken in their order.
    WeightsInOrder {
        /// Where they came from.
        source: &'a WeightsSource,
        /// How many batch norms had been folded into convolutions.
        unfolded: usize,
    },
    /// Weights are in the network.
    WeightsApplied {
        /// Where they came from.
        source: &'a WeightsSource,
        /// What was applied, missing and unused.
        report: &'a ApplyReport,
    },

    /// A model is open.
    ModelOpened {
        /// Where it came from.
        origin: &'a ModelOrigin,
        /// What its file says.
        file: &'a ModelFile,
    },
    /// It is decided which slices are judged.
    Divided(&'a Division),
    /// The model learnt from slices of a split of the name that it is judged on.
    JudgedOnOwnSlices(Split),
    /// The model was made with some of the slices that it is judged on.
    JudgedOnKnownSlices {
        /// Their split.
        split: Split,
        /// One for each picture.
        files: &'a [String],
        /// How many pictures there are.
        of: usize,
    },
    /// The model does not know what it learned from.
    LeaksUnknown,
    /// A file to predict cannot be read.
    FileUnreadable(&'a DecodeError),

    /// Small changes of the pictures cost much: [`StressTable::brittle`].
    Brittle(&'a StressTable),
    /// All slices that were predicted, held against those that the model was calibrated on.
    HeldAgainstCalibration(&'a Exchangeability),
    /// A model is calibrated.
    Calibrated {
        /// What its file says of it.
        record: &'a CalibrationRecord,
        /// A line for each setting that the cross-validation it rests on has otherwise; empty if
        /// there is none.
        differences: &'a str,
    },
    /// A model has a detector of what is unlike its training data.
    DetectorFitted(&'a DetectorRecord),
    /// A model has none.
    NoDetector(&'a FitError),
    /// It is known how well a model answers in `bf16`.
    Rounded(&'a RoundingRecord),
    /// A model is not calibrated, and nobody asked for it.
    NotCalibrated(&'a NotCalibrated),

    /// Training begins.
    TrainingStarted(&'a RunStart<'a>),
    /// A batch went through the network.
    BatchDone(&'a BatchDone),
    /// An epoch is complete.
    EpochDone(&'a EpochDone<'a>),
    /// Validation stays far below training; told once for epochs in a row.
    ValidationFarBelow(Gap),
    /// Training ends.
    TrainingStopped(StopReason),
    /// The picture of the run cannot be drawn; the run goes on.
    CurvesNotWritten(&'a hilum_report::WriteError),

    /// A cross-validation or search goes on in a folder that it began before.
    GoesOnIn(&'a Path),
    /// The folds by group are done, and the same begins with folds by slice.
    FoldsBySlice {
        /// Slices that are dealt out, copies among them.
        slices: usize,
        /// Slices that the folds by group were made of.
        of_groups: usize,
    },
    /// A batch or epoch of a fold is done.
    FoldAdvances(&'a FoldProgress<'a>),
    /// A fold is predicted.
    FoldDone {
        /// Which.
        fold: FoldPosition,
        /// How its model did on it.
        scores: &'a Headline,
        /// How long it took; `None` if an earlier call did it.
        seconds: Option<f64>,
    },
    /// A rung of a search begins.
    RungBegins {
        /// Which; the first is 1.
        number: usize,
        /// Of how many.
        count: usize,
        /// Trials that compete in it.
        trials: usize,
        /// How many of them an earlier call has finished.
        done_before: usize,
        /// Folds of each trial.
        folds: usize,
    },
    /// A trial is judged.
    TrialDone(&'a TrialRecord),

    /// A file is written.
    Wrote {
        /// Which.
        path: &'a Path,
    },
    /// One of several files of results is written.
    WroteResult {
        /// Which.
        path: &'a Path,
    },
    /// Where all results are.
    ResultsIn(&'a Path),
}

/// Which fold of which repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoldPosition {
    /// The trial of a search; `None` in a cross-validation.
    pub trial: Option<usize>,
    /// Which round of folds; the first is 1.
    pub repeat: usize,
    /// Of how many.
    pub repeat_count: usize,
    /// Which fold; the first is 1.
    pub fold: usize,
    /// Of how many.
    pub fold_count: usize,
}

/// How far the training of a fold has come.
#[derive(Clone, Copy)]
pub struct FoldProgress<'a> {
    /// Which fold.
    pub position: FoldPosition,
    /// Epochs that are done, of all folds or trials of the running task.
    pub epochs_done: usize,
    /// The batch that has just gone through the network,
    pub batch: Option<&'a BatchDone>,
    /// or the epoch that is complete.
    pub epoch: Option<&'a EpochDone<'a>>,
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn a_function_of_an_event_is_an_observer() {
        let count = AtomicUsize::new(0);
        let observer = |event: &Event<'_>| {
            if matches!(
                event,
                Event::Begins {
                    task: Task::Read,
                    ..
                }
            ) {
                count.fetch_add(1, Ordering::Relaxed);
            }
        };
        let session = crate::Session::observed(&observer);
        session.tell(&Event::Begins {
            task: Task::Read,
            total: 3,
        });
        session.silent().tell(&Event::Begins {
            task: Task::Read,
            total: 3,
        });
        assert_eq!(count.into_inner(), 1);
    }
}
