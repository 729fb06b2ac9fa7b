//! What is written once all trials are judged: the best, and how it is trained.

use std::path::Path;

use hilum_files::write_atomically;
use hilum_report::{trials as draw_trials, write_plot};
use hilum_train::RunFolder;
use hilum_train::search::{Space, Values, optimism};
use serde::Serialize;
use toml::{Table, Value};

use super::SearchError;
use super::plot::plot;
use super::record::{TrialRecord, Trials};
use super::space::{Searched, with_values};
use crate::ExperimentError;
use crate::session::Session;
use crate::settings::{flags, quoted, table};

/// How the best trial is trained.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Winner {
    /// The line of a shell.
    pub command: String,
    /// The same as defaults for `hilum.toml`.
    pub table: Table,
}

/// Writes everything that is known at the end.
pub(super) fn conclude(
    searched: &Searched,
    folder: &RunFolder,
    trials: &mut Trials,
    ranking: &[usize],
    space: &Space,
    session: &Session<'_>,
) -> Result<Winner, ExperimentError> {
    let last = searched.rungs.len();
    let best = ranking.first().and_then(|best| trials.find(*best, last));
    let Some(best) = best.filter(|best| best.score().macro_f1.is_some()) else {
        return Err(SearchError::AllDiverged.into());
    };
    let winner = Winner::new(searched, &best.values)?;
    trials.best = Some(best.trial);
    let first_rung = trials.records.iter().filter(|record| record.rung == 1);
    let fold_scores: Vec<_> = first_rung.map(TrialRecord::fold_scores).collect();
    trials.optimism = optimism(&fold_scores);
    trials.write(folder.path())?;
    let drawing = draw_trials(&plot(trials, last, space, folder.path()));
    write_plot(&folder.path().join("trials.svg"), &drawing, session.plots)?;
    let head = format!(
        "# The best of {} trials, as defaults for `hilum.toml`; on the command line:\n# {}\n\n",
        searched.trials.len(),
        winner.command
    );
    let text = toml::to_string_pretty(&winner.table)?;
    write(&folder.path().join("best.toml"), &format!("{head}{text}"))?;
    Ok(winner)
}

impl Winner {
    fn new(searched: &Searched, values: &Values) -> Result<Self, ExperimentError> {
        let choices = with_values(searched.choices.clone(), values)?;
        let data = searched.settings.data.path.display().to_string();
        let train = Value::Table(table(&choices));
        Ok(Self {
            command: format!("hilum train {} {}", quoted(&data), flags(&choices)),
            table: [("train".to_owned(), train)].into_iter().collect(),
        })
    }
}

fn write(path: &Path, text: &str) -> Result<(), ExperimentError> {
    write_atomically(path, |file| file.write_all(text.as_bytes()))?;
    Ok(())
}
