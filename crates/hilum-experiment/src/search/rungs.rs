//! Training trials rung after rung.

use hilum_train::RunFolder;
use hilum_train::search::best_first;

use super::elsewhere::TrialsAhead;
use super::record::{TrialRecord, Trials, find};
use super::space::Searched;
use super::trial::Trainer;
use crate::ExperimentError;

/// Trains every rung; gives the numbers of the last rung's trials, the best first.
pub(super) fn run(
    searched: &Searched,
    trainer: &Trainer<'_>,
    folder: &RunFolder,
    trials: &mut Trials,
) -> Result<Vec<usize>, ExperimentError> {
    let mut contenders: Vec<usize> = (1..=searched.trials.len()).collect();
    for (index, rung) in searched.rungs.iter().enumerate() {
        let number = index + 1;
        contenders.truncate(rung.trial_count);
        contenders.sort_unstable();
        let mut ahead = contenders.clone();
        ahead.retain(|trial| trials.find(*trial, number).is_none());
        trainer.begin_rung(searched, number, *rung, &contenders, &ahead);
        let mut epochs_before = 0;
        for trial in ahead {
            let record = trainer.train(searched, trial, number, *rung, epochs_before, folder)?;
            epochs_before += trainer.epochs(&record);
            trials.records.push(record);
            trials.write(folder.path())?;
        }
        trainer.end_rung();
        contenders = ranked(&contenders, &trials.records, number);
    }
    Ok(contenders)
}

/// What is to be trained next, once `known` is.
pub(super) fn ahead(searched: &Searched, known: &[TrialRecord]) -> Option<TrialsAhead> {
    let mut contenders: Vec<usize> = (1..=searched.trials.len()).collect();
    for (index, rung) in searched.rungs.iter().enumerate() {
        let number = index + 1;
        contenders.truncate(rung.trial_count);
        contenders.sort_unstable();
        let is_ahead = |trial: &usize| find(known, *trial, number).is_none();
        let trials: Vec<usize> = contenders.iter().copied().filter(is_ahead).collect();
        if !trials.is_empty() {
            return Some(TrialsAhead {
                rung: number,
                trials,
            });
        }
        contenders = ranked(&contenders, known, number);
    }
    None
}

/// The contenders of a rung that are judged, the best first.
fn ranked(contenders: &[usize], records: &[TrialRecord], rung: usize) -> Vec<usize> {
    let records: Vec<&TrialRecord> = contenders
        .iter()
        .filter_map(|trial| find(records, *trial, rung))
        .collect();
    let scores: Vec<_> = records.iter().map(|record| record.score()).collect();
    let order = best_first(&scores);
    order.into_iter().map(|at| records[at].trial).collect()
}
