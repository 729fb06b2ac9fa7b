//! A search for a person at a terminal.

use std::fmt::Write as _;

use hilum_experiment::settings::shown;
use hilum_experiment::{SearchOutcome, TrialRecord, TrialState, Trials};
use hilum_metrics::Spread;
use hilum_train::search::Optimism;

use super::figures::{show, spread};
use super::{Table, stamp};
use crate::screen::{DISCLAIMER, stdout_width};

/// How many trials are shown.
const SHOWN: usize = 10;

/// The best trials of the last rung, how much the first of them flatters, and the command that
/// trains it.
pub(crate) fn search(outcome: &SearchOutcome) -> String {
    let SearchOutcome {
        trials,
        ranking,
        last_rung,
        winner,
        ..
    } = outcome;
    let last_rung = *last_rung;
    let records: Vec<&TrialRecord> = ranking
        .iter()
        .filter_map(|trial| trials.find(*trial, last_rung))
        .collect();
    let mut parts = vec![table(&records).to_string()];
    if let Some(more) = records.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        parts.push(format!("and {more} more in `trials.csv`"));
    }
    parts.push(warning(trials, last_rung));
    parts.push(format!(
        "the winner on all of train, with valid to watch:\n{}",
        continued(&winner.command, stdout_width())
    ));
    parts.push(format!(
        "{}\n{DISCLAIMER}",
        stamp(&trials.audit, stdout_width())
    ));
    parts.join("\n\n")
}

fn table(records: &[&TrialRecord]) -> Table {
    let names: Vec<&String> = records
        .first()
        .map_or_else(Vec::new, |record| record.values.keys().collect());
    let header = ["trial", "macro-F1", "log-loss", "accuracy", "epochs"];
    let searched = names.iter().map(|name| last_part(name));
    let mut table = Table::new(header.into_iter().map(str::to_owned).chain(searched), 1);
    for record in records.iter().take(SHOWN) {
        let over_folds = &record.over_folds;
        let fixed = [
            record.trial.to_string(),
            match record.state {
                TrialState::Done => spread(&over_folds.macro_f1),
                TrialState::Diverged => "diverged".to_owned(),
            },
            show(over_folds.log_loss.mean),
            show(over_folds.accuracy.mean),
            record.epochs.to_string(),
        ];
        let values = names
            .iter()
            .map(|name| record.values.get(*name).map_or(String::new(), shown));
        table.row(fixed.into_iter().chain(values));
    }
    table
}

/// `augmentation.rotation_range` as `rotation_range`, its words below one another.
fn last_part(name: &str) -> String {
    let last = name.rsplit('.').next().unwrap_or(name);
    last.replace('_', "\n")
}

/// A command on several lines where `width` has no room for it, as a shell reads it.
fn continued(command: &str, width: Option<usize>) -> String {
    let Some(width) = width.filter(|width| command.chars().count() > *width) else {
        return command.to_owned();
    };
    let (begin, end) = ("\n    ", " \\");
    let mut text = String::new();
    let mut used = 0;
    for (number, flag) in command.split(" --").enumerate() {
        let flag = if number == 0 {
            flag.to_owned()
        } else {
            format!("--{flag}")
        };
        // A blank within quotes is no end of a word.
        let is_quoted = text.matches('\'').count() % 2 == 1;
        if number > 0 && !is_quoted && used + 1 + flag.chars().count() + end.len() > width {
            text += end;
            text += begin;
            used = begin.len() - 1;
        } else if number > 0 {
            text.push(' ');
            used += 1;
        }
        text += &flag;
        used += flag.chars().count();
    }
    text
}

/// That the best of many flatters, and by how much one may think.
fn warning(trials: &Trials, last_rung: usize) -> String {
    let first_rung: Vec<&TrialRecord> = trials
        .records
        .iter()
        .filter(|record| record.rung == 1)
        .collect();
    let all = Spread::of(first_rung.iter().map(|record| record.score().macro_f1));
    let at = if last_rung > 1 {
        " at the first rung, where all of them compete"
    } else {
        ""
    };
    let count = first_rung.len();
    let mut text = format!(
        "the best of {count} trials flatters: it is chosen by the folds that judge it\n  all trials{at}: macro-F1 {}",
        spread(&all)
    );
    if let Some(Optimism {
        best,
        judged_apart: apart,
    }) = trials.optimism
    {
        let gap = best - apart;
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n  the best{at}: {best:.3}; what all folds but one choose has {apart:.3} on that one, so about {gap:.3} is choice, not skill"
        );
    }
    text.push_str(
        "\n  what the winner is worth, only slices tell that no trial saw: `hilum evaluate` on the test split, once",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_command_goes_on_as_a_shell_reads_it() {
        let command = "hilum train 'my --slices' --epochs 3 --lr 0.1 --optimizer adamw";
        assert_eq!(continued(command, None), command);
        let lines = continued(command, Some(38));
        let expected = "hilum train 'my --slices' --epochs 3 \\\n    --lr 0.1 --optimizer adamw";
        assert_eq!(lines, expected);
        assert_eq!(lines.replace("\\\n    ", ""), command);
    }
}
