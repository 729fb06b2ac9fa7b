//! Training trials rung after rung.

use hilum_train::RunFolder;
use hilum_train::search::best_first;

use super::record::{TrialRecord, Trials};
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
        let records: Vec<&TrialRecord> = contenders
            .iter()
            .filter_map(|trial| trials.find(*trial, number))
            .collect();
        let scores: Vec<_> = records.iter().map(|record| record.score()).collect();
        let order = best_first(&scores);
        contenders = order.into_iter().map(|at| records[at].trial).collect();
    }
    Ok(contenders)
}
