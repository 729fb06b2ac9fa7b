//! What is written down of every finished trial: `trials.json` and `trials.csv`.

use std::collections::BTreeSet;
use std::path::Path;

use hilum_core::AuditSummary;
use hilum_files::write_atomically;
use hilum_metrics::{FoldScores, HeadlineSpread};
use hilum_train::search::{Optimism, TrialScore, Values};
use serde::{Deserialize, Serialize};

use super::SearchError;
use super::space::with_values;
use crate::ExperimentError;
use crate::settings::{Choices, flags, shown};

/// `trials.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trials {
    /// What the audit said of the data behind every score.
    pub audit: AuditSummary,
    /// The number of the best trial of the last rung, once the search is done.
    pub best: Option<usize>,
    /// What choosing adds to the best score of the first rung, where all trials compete; absent
    /// until the search is done.
    #[serde(rename = "flattery", default, skip_serializing_if = "Option::is_none")]
    pub optimism: Option<Optimism>,
    /// Every finished trial, in the order in which they were trained.
    #[serde(rename = "trials")]
    pub records: Vec<TrialRecord>,
}

/// One trial at one rung.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrialRecord {
    /// Which one; the first is 1.
    pub trial: usize,
    /// At which rung; the first is 1, a random search has no other.
    pub rung: usize,
    /// Epochs that it was trained for.
    pub epochs: usize,
    /// Whether it was trained to its end.
    pub state: TrialState,
    /// What was tried.
    pub values: Values,
    /// Mean and spread over folds.
    pub over_folds: HeadlineSpread,
    /// Fold by fold; empty if it diverged.
    pub folds: Vec<FoldScores>,
    /// How long it took.
    pub seconds: f64,
}

/// How a trial ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrialState {
    /// Trained and judged.
    Done,
    /// Loss or weights stopped being finite in a fold; it ranks last.
    Diverged,
}

impl TrialRecord {
    /// What it is ranked by.
    pub fn score(&self) -> TrialScore {
        TrialScore {
            macro_f1: self.over_folds.macro_f1.mean,
            log_loss: self.over_folds.log_loss.mean,
        }
    }

    /// What was tried, as flags.
    pub fn flags(&self) -> String {
        let choices = with_values(Choices::default(), &self.values);
        choices.map_or(String::new(), |choices| flags(&choices))
    }

    /// What each fold is ranked by.
    pub(super) fn fold_scores(&self) -> Vec<TrialScore> {
        let score = |fold: &FoldScores| TrialScore {
            macro_f1: fold.scores.macro_f1,
            log_loss: fold.scores.log_loss,
        };
        self.folds.iter().map(score).collect()
    }
}

impl Trials {
    /// Those of an earlier start of the search in `folder`, or none.
    pub(super) fn read_or_begin(
        folder: &Path,
        audit: AuditSummary,
    ) -> Result<Self, ExperimentError> {
        let path = folder.join("trials.json");
        if !path.is_file() {
            return Ok(Self {
                audit,
                best: None,
                optimism: None,
                records: Vec::new(),
            });
        }
        let text = fs_err::read_to_string(&path)?;
        serde_json::from_str(&text)
            .map_err(|source| SearchError::ForeignTrials { path, source }.into())
    }

    /// The record of a trial at a rung.
    pub fn find(&self, trial: usize, rung: usize) -> Option<&TrialRecord> {
        find(&self.records, trial, rung)
    }

    /// Adds records that are not there yet.
    pub(super) fn take(&mut self, records: &[TrialRecord]) {
        for record in records {
            if self.find(record.trial, record.rung).is_none() {
                self.records.push(record.clone());
            }
        }
    }

    /// Writes both files, each whole.
    pub(super) fn write(&self, folder: &Path) -> Result<(), ExperimentError> {
        let text = serde_json::to_string_pretty(self)?;
        write_atomically(&folder.join("trials.json"), |file| {
            file.write_all(text.as_bytes())
        })?;
        // No times here: the same search writes the same file.
        write_atomically(&folder.join("trials.csv"), |file| {
            let mut writer = csv::Writer::from_writer(file);
            let names: BTreeSet<&String> = self
                .records
                .iter()
                .flat_map(|one| one.values.keys())
                .collect();
            let header = FIXED_COLUMNS.into_iter().map(str::to_owned);
            writer.write_record(header.chain(names.iter().map(ToString::to_string)))?;
            for record in &self.records {
                let values = names
                    .iter()
                    .map(|name| record.values.get(*name).map_or(String::new(), shown));
                writer.write_record(fixed_cells(record).into_iter().chain(values))?;
            }
            writer.flush()
        })?;
        Ok(())
    }
}

/// The record of a trial at a rung.
pub(super) fn find(records: &[TrialRecord], trial: usize, rung: usize) -> Option<&TrialRecord> {
    let mut records = records.iter();
    records.find(|record| (record.trial, record.rung) == (trial, rung))
}

const FIXED_COLUMNS: [&str; 9] = [
    "trial",
    "rung",
    "epochs",
    "state",
    "macro_f1",
    "macro_f1_sd",
    "log_loss",
    "accuracy",
    "macro_auroc",
];

fn fixed_cells(record: &TrialRecord) -> [String; 9] {
    let number = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    let over_folds = &record.over_folds;
    [
        record.trial.to_string(),
        record.rung.to_string(),
        record.epochs.to_string(),
        match record.state {
            TrialState::Done => "done".to_owned(),
            TrialState::Diverged => "diverged".to_owned(),
        },
        number(over_folds.macro_f1.mean),
        number(over_folds.macro_f1.standard_deviation),
        number(over_folds.log_loss.mean),
        number(over_folds.accuracy.mean),
        number(over_folds.macro_auroc.mean),
    ]
}
