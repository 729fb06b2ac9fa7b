//! Events of the library that outlive it, for Python.

use std::path::PathBuf;
use std::sync::mpsc::Sender;

use hilum_core::AuditSummary;
use hilum_experiment::{Event, Observer, Task, chain};
use hilum_hub::Progress;
use hilum_metrics::EpochRow;
use serde::Serialize;

/// Something that happened.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(crate) enum Told {
    /// Something begins that can be counted.
    Begins { task: &'static str, total: usize },
    /// So much of it is done.
    Advances { task: &'static str, done: usize },
    /// It is over.
    Ends { task: &'static str },
    /// Training begins.
    TrainingStarted { epochs: usize, epochs_before: usize },
    /// The weights made a step.
    BatchDone {
        epoch: usize,
        done: usize,
        batch_count: usize,
    },
    /// An epoch is complete.
    EpochDone {
        epochs: usize,
        is_best: bool,
        row: Box<EpochRow>,
    },
    /// Where all results are.
    ResultsIn { folder: PathBuf },
    /// Something that whoever reads the result should know.
    Note { text: String },
    /// Something that takes worth from a result.
    Warning { text: String },
}

/// Where weights come from, while they do.
const DOWNLOAD: &str = "fetching weights";

/// Sends events to the thread that may call Python.
pub(crate) struct Relay {
    sender: Sender<Told>,
    is_heard: bool,
}

impl Relay {
    /// Sends nothing if nobody listens; that it is gone tells that the work is over.
    pub(crate) fn new(sender: Sender<Told>, is_heard: bool) -> Self {
        Self { sender, is_heard }
    }
}

impl Observer for Relay {
    fn notice(&self, event: &Event<'_>) {
        if !self.is_heard {
            return;
        }
        if let Some(told) = told(event) {
            // Nobody waits any more once the call is over.
            let _ = self.sender.send(told);
        }
    }
}

fn told(event: &Event<'_>) -> Option<Told> {
    Some(match event {
        Event::Begins { task, total } => Told::Begins {
            task: task.words(),
            total: *total,
        },
        Event::Advances { task, done } => Told::Advances {
            task: task.words(),
            done: *done,
        },
        Event::Ends { task } => Told::Ends { task: task.words() },
        Event::Fetch(progress) => return fetching(progress),
        Event::FetchEnds => Told::Ends { task: DOWNLOAD },
        Event::TrainingStarted(run) => Told::TrainingStarted {
            epochs: run.epochs,
            epochs_before: run.epochs_before,
        },
        // Validation has batches without a loss.
        Event::BatchDone(batch) if batch.loss.is_some() => Told::BatchDone {
            epoch: batch.epoch,
            done: batch.done,
            batch_count: batch.batch_count,
        },
        Event::EpochDone(epoch) => Told::EpochDone {
            epochs: epoch.epochs,
            is_best: epoch.history.best_epoch == Some(epoch.row.epoch),
            row: Box::new(*epoch.row),
        },
        Event::FoldAdvances(progress) => Told::Advances {
            task: Task::Folds.words(),
            done: progress.epochs_done,
        },
        Event::ResultsIn(folder) => Told::ResultsIn {
            folder: (*folder).to_owned(),
        },
        event => return said(event),
    })
}

/// Events that are words.
fn said(event: &Event<'_>) -> Option<Told> {
    let note = |text: String| Some(Told::Note { text });
    let warning = |text: String| Some(Told::Warning { text });
    match event {
        Event::ClassRenamed { from, to } => note(format!("`{from}` is read as class `{to}`")),
        Event::FilesIgnored(files) | Event::FilesLeftOut(files) => {
            let listed = files.iter().map(|one| {
                let path = one.path.display();
                format!("ignored `{path}`: {}", one.reason)
            });
            note(listed.collect::<Vec<_>>().join("\n"))
        }
        Event::Mended(line) => note(format!("mended: {line}")),
        Event::Audited(summary) => match summary {
            AuditSummary::Audited { findings, .. } if findings.is_empty() => {
                note(summary.to_string())
            }
            _ => warning(format!("{summary}; `hilum.audit` says more")),
        },
        Event::UnreadableAllowed(files) => warning(files.describe()),
        Event::ValidSetAside {
            slices, of, seed, ..
        } => note(format!(
            "the data has no `valid`: {slices} of {of} `train` slices are set aside for it (split seed {seed})"
        )),
        Event::SplitDropped => {
            warning("the data has a split of its own, which is not kept".to_owned())
        }
        Event::WeightsApplied { source, report } => {
            note(format!("weights of `{source}`: {report}"))
        }
        Event::JudgedOnOwnSlices(split) => warning(format!(
            "this model learnt from `{split}` slices: if they are these, its figures say nothing"
        )),
        Event::JudgedOnKnownSlices { split, files, of } => warning(format!(
            "the model was made with {} of {of} `{split}` slices: they leave the clean figures",
            files.len()
        )),
        Event::DetectorFitted(detector) => note(format!("its detector {detector}")),
        Event::CurvesNotWritten(error) => warning(chain(*error)),
        Event::Wrote { path } => note(format!("wrote `{}`", path.display())),
        _ => None,
    }
}

fn fetching(progress: &Progress<'_>) -> Option<Told> {
    Some(match progress {
        Progress::Begins { total, .. } => Told::Begins {
            task: DOWNLOAD,
            total: usize::try_from(total.unwrap_or(0)).ok()?,
        },
        Progress::Received { received } => Told::Advances {
            task: DOWNLOAD,
            done: usize::try_from(*received).ok()?,
        },
        Progress::TriesAgain { error } => Told::Note {
            text: format!("{}; trying again", chain(*error)),
        },
        Progress::Damaged { path } => Told::Warning {
            text: format!(
                "`{}` is not what it was when it was fetched",
                path.display()
            ),
        },
        Progress::Waiting => Told::Note {
            text: "waiting for another hilum that fetches the same weights".to_owned(),
        },
    })
}
