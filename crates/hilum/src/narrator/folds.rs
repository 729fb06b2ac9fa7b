//! What a person reads of many trainings: of folds, and of trials.

use hilum_experiment::{FoldPosition, FoldProgress, Task, TrialRecord, TrialState};
use hilum_metrics::Headline;
use hilum_train::{BatchDone, Phase, epoch_line};

use super::bars::Bars;
use crate::screen::Screen;
use crate::summary::{headline, spread};

/// Moves the bar over all epochs; `--verbose` lists them.
pub(super) fn advance(progress: &FoldProgress<'_>, bars: &Bars, screen: &Screen) {
    let label = label(progress.position);
    if let Some(bar) = bars.of(Task::Folds) {
        bar.set_position(progress.epochs_done as u64);
        if let Some(batch) = progress.batch {
            bar.set_message(format!("{label} epoch {}{}", batch.epoch, loss(batch)));
        }
    }
    if let Some(epoch) = progress.epoch {
        screen.detail(format_args!(
            "{label}: {}",
            epoch_line(epoch.row, epoch.epochs)
        ));
    }
}

pub(super) fn fold_done(fold: FoldPosition, scores: &Headline, seconds: Option<f64>) -> String {
    let time = seconds.map_or("done before".to_owned(), |seconds| format!("{seconds:.1}s"));
    format!("{}: {}, {time}", label(fold), headline(scores))
}

/// What begins after the folds by group.
pub(super) fn by_slice(slices: usize, of_groups: usize) -> String {
    let copies = if slices == of_groups {
        String::new()
    } else {
        format!(", copies and contradictions among them ({slices} files, {of_groups} without)")
    };
    format!("the same with every slice dealt out on its own{copies}: what leakage would claim")
}

pub(super) fn rung(
    number: usize,
    count: usize,
    trials: usize,
    done_before: usize,
    folds: usize,
) -> String {
    let of_rungs = match count {
        1 => String::new(),
        count => format!("rung {number} of {count}: "),
    };
    let before = match done_before {
        0 => String::new(),
        done => format!(", {done} of them done before"),
    };
    format!("{of_rungs}{trials} trials of {folds} folds{before}")
}

pub(super) fn trial_done(record: &TrialRecord) -> String {
    let outcome = match record.state {
        TrialState::Done => format!(
            "macro-F1 {}, {:.1} s",
            spread(&record.over_folds.macro_f1),
            record.seconds
        ),
        TrialState::Diverged => "diverged".to_owned(),
    };
    format!("trial {}: {outcome}  {}", record.trial, record.flags())
}

/// `fold 2/5`, `repeat 1 fold 2/5` if there are several repeats, `trial 3 fold 2/5`.
fn label(position: FoldPosition) -> String {
    let FoldPosition {
        trial,
        repeat,
        repeat_count,
        fold,
        fold_count,
    } = position;
    let of = format!("fold {fold}/{fold_count}");
    match (trial, repeat_count) {
        (Some(trial), _) => format!("trial {trial} {of}"),
        (None, 1) => of,
        (None, _) => format!("repeat {repeat} {of}"),
    }
}

fn loss(batch: &BatchDone) -> String {
    match (batch.phase, batch.loss) {
        (Phase::Train, Some(loss)) => format!("  loss {loss:.3}"),
        _ => String::new(),
    }
}
