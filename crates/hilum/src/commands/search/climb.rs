//! Drawing the trials, training them rung after rung, and what is written at the end.

use std::path::Path;

use clap::ArgMatches;
use hilum_files::write_atomically;
use hilum_report::trials as draw_trials;
use hilum_train::RunFolder;
use hilum_train::search::{Halving, Rung, Space, Values, best_first, optimism};

use super::flags::Flags;
use super::plot::plot;
use super::record::{TrialRecord, Trials};
use super::summary::summary;
use super::trial::Trainer;
use super::{Arguments, SearchError, Strategy};
use crate::cross_validation::inner_share;
use crate::error::CommandError;
use crate::screen::Screen;
use crate::settings::RunSettings;
use crate::weights;

/// What is tried, and in which steps.
pub(super) struct Search {
    pub(super) flags: Flags,
    /// Of each trial.
    pub(super) values: Vec<Values>,
    /// Of each trial, with all its epochs.
    pub(super) all_settings: Vec<RunSettings>,
    pub(super) rungs: Vec<Rung>,
    /// What trials share.
    pub(super) settings: RunSettings,
}

impl Search {
    /// Brings the weights of all trials to this machine.
    pub(super) fn prepare_weights(&mut self, screen: &Screen) -> Result<(), CommandError> {
        weights::prepare(&mut self.settings.network, screen)?;
        for settings in &mut self.all_settings {
            weights::prepare(&mut settings.network, screen)?;
        }
        Ok(())
    }

    /// Draws every trial and checks that it can be trained.
    pub(super) fn new(
        arguments: &Arguments,
        given: &ArgMatches,
        space: &Space,
    ) -> Result<Self, CommandError> {
        if arguments.trials == 0 {
            return Err(CommandError::bad_input(SearchError::NoTrials));
        }
        let settings = arguments.fit.checked_settings()?;
        let flags = Flags::new(given, space)?;
        let values: Vec<Values> = (1..=arguments.trials)
            .map(|trial| space.sample(settings.training.seed, trial))
            .collect();
        let all_settings = flags.all_settings(&values)?;
        for settings in &all_settings {
            inner_share(arguments.folds.inner_valid, &settings.training)?;
        }
        let epochs = all_settings.iter().map(|settings| settings.training.epochs);
        let rungs = match arguments.strategy {
            Strategy::Random => vec![Rung {
                trial_count: arguments.trials,
                divisor: 1,
            }],
            Strategy::Halving => Halving::new(arguments.trials, epochs.min().unwrap_or(1))
                .map_err(CommandError::bad_input)?
                .rungs()
                .to_vec(),
        };
        Ok(Self {
            flags,
            values,
            all_settings,
            rungs,
            settings,
        })
    }

    /// Trains rung after rung; gives the numbers of the last rung's trials, the best first.
    pub(super) fn climb(
        &self,
        trainer: &mut Trainer<'_>,
        folder: &RunFolder,
        trials: &mut Trials,
    ) -> Result<Vec<usize>, CommandError> {
        let mut contenders: Vec<usize> = (1..=self.values.len()).collect();
        for (index, rung) in self.rungs.iter().enumerate() {
            let number = index + 1;
            contenders.truncate(rung.trial_count);
            contenders.sort_unstable();
            trainer.begin_rung(self, number, *rung, &contenders, trials);
            for trial in &contenders {
                if trials.find(*trial, number).is_none() {
                    let record = trainer.train(self, *trial, number, *rung, folder)?;
                    trials.records.push(record);
                    trials.write(folder.path())?;
                }
            }
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

    /// Writes everything that is known at the end, and gives what is printed.
    pub(super) fn conclude(
        &self,
        folder: &RunFolder,
        trials: &mut Trials,
        best: &[usize],
        space: &Space,
    ) -> Result<String, CommandError> {
        let last = self.rungs.len();
        let winner = best.first().and_then(|best| trials.find(*best, last));
        let Some(winner) = winner.filter(|winner| winner.score().macro_f1.is_some()) else {
            return Err(CommandError::bad_input(SearchError::AllDiverged));
        };
        let values = winner.values.clone();
        trials.best = Some(winner.trial);
        let first_rung = trials.records.iter().filter(|record| record.rung == 1);
        let fold_scores: Vec<_> = first_rung.map(TrialRecord::fold_scores).collect();
        trials.optimism = optimism(&fold_scores);
        trials.write(folder.path())?;
        let drawing = draw_trials(&plot(trials, last, space, folder.path()));
        write(&folder.path().join("trials.svg"), &drawing)?;
        let command = self.flags.train_command(&values);
        let table = toml::to_string_pretty(&self.flags.train_table(&values))
            .map_err(CommandError::failure)?;
        let head = format!(
            "# The best of {} trials, as defaults for `hilum.toml`; on the command line:\n# {command}\n\n",
            self.values.len()
        );
        write(&folder.path().join("best.toml"), &format!("{head}{table}"))?;
        Ok(summary(trials, best, last, &command))
    }
}

fn write(path: &Path, text: &str) -> Result<(), CommandError> {
    write_atomically(path, |file| file.write_all(text.as_bytes()))?;
    Ok(())
}
