//! Trials that are trained on several machines, and gathered by one.

use super::record::{TrialRecord, Trials};
use super::space::Searched;
use super::{Search, SearchError, parse, place, prepared, rungs};
use crate::ExperimentError;
use crate::session::Session;

/// Trials that can be trained side by side.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct TrialsAhead {
    /// Their rung; the first is 1.
    pub rung: usize,
    /// Their numbers; the first is 1.
    pub trials: Vec<usize>,
}

/// What is to be trained next, with [`Search::known`] done already; `None` if nothing is left, and
/// [`search`](super::search) would conclude at once.
///
/// # Errors
/// As [`search`](super::search), of the space and the settings; no slice is read.
pub fn trials_ahead(request: &Search) -> Result<Option<TrialsAhead>, ExperimentError> {
    let space = parse(&request.space_path, &request.space)?;
    let searched = Searched::new(request, &space)?;
    check(&request.known, &searched)?;
    Ok(rungs::ahead(&searched, &request.known))
}

/// Trains and judges one trial, in a folder of its own beside that of the search.
///
/// The record is the one that [`search`](super::search) would make of it, whatever the machine: hand it over in
/// [`Search::known`]. The same call goes on where an earlier one was stopped.
///
/// # Errors
/// As [`search`](super::search); [`SearchError::ForeignTrial`] if there is no such trial.
pub fn judge_trial(
    request: &Search,
    trial: usize,
    rung: usize,
    session: &Session<'_>,
) -> Result<TrialRecord, ExperimentError> {
    let space = parse(&request.space_path, &request.space)?;
    let searched = Searched::new(request, &space)?;
    let at = rung.checked_sub(1);
    let at = at.and_then(|index| searched.rungs.get(index)).copied();
    let is_one = (1..=searched.trials.len()).contains(&trial);
    let foreign = SearchError::ForeignTrial { trial, rung };
    let at = at.filter(|_| is_one).ok_or(foreign)?;
    prepared(request, searched, session, |searched, trainer, pool| {
        let part = format!("rung-{rung}-trial-{trial:03}");
        let begun = place(request, searched, pool, Some(&part), session)?;
        let folder = &begun.folder;
        let mut trials = Trials::read_or_begin(folder.path(), pool.summary())?;
        if let Some(known) = trials.find(trial, rung) {
            return Ok(known.clone());
        }
        trainer.begin_rung(searched, rung, at, &[trial], &[trial]);
        let record = trainer.train(searched, trial, rung, at, 0, folder)?;
        trainer.end_rung();
        trials.take(std::slice::from_ref(&record));
        trials.write(folder.path())?;
        Ok(record)
    })
}

/// Whether records are of trials that this search has.
pub(super) fn check(known: &[TrialRecord], searched: &Searched) -> Result<(), SearchError> {
    for record in known {
        let (trial, rung) = (record.trial, record.rung);
        let own = trial
            .checked_sub(1)
            .and_then(|index| searched.trials.get(index));
        let is_own = own.is_some_and(|own| own.values == record.values);
        if !is_own || !(1..=searched.rungs.len()).contains(&rung) {
            return Err(SearchError::ForeignTrial { trial, rung });
        }
    }
    Ok(())
}
