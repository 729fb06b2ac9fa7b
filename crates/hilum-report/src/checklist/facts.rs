//! What is known of a model: the facts that both checklists read.

use std::collections::BTreeMap;

use hilum_core::{AuditSummary, Split};
use hilum_metrics::{CleanPart, Evaluation, EvaluationReport};
use serde::Deserialize;

use crate::heat::HeatSection;
use crate::model_card::{CardRow, ModelCard};

/// What is known of a model, of the run that made it, and of evaluations of it.
#[derive(Debug, Clone)]
pub struct Facts {
    /// What its card says.
    pub card: ModelCard,
    /// The model as a command names it: its file, or `bundled`.
    pub model: String,
    /// The version of the program that trained it.
    pub made_by: Option<String>,
    /// Different pictures that it learned from, by its own memory.
    pub learned: Option<usize>,
    /// Different pictures that its training was watched on.
    pub watched: Option<usize>,
    /// The data of the run, as its audit left it; `None` if the audit does not lie beside the model.
    pub data: Option<DataFacts>,
    /// The epochs of the run; `None` if its log does not lie beside the model.
    pub epochs: Option<EpochFacts>,
    /// Evaluations; the first is the one that answers.
    pub evaluations: Vec<EvaluationFacts>,
}

/// What `audit.json` of a run says, as far as a checklist asks.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct DataFacts {
    /// What each split holds.
    pub splits: BTreeMap<Split, SplitFacts>,
    /// What remains wrong.
    pub findings: Vec<FindingFacts>,
    /// What was put right before, one line each.
    pub mended: Vec<String>,
    /// What lies beside the images and is none.
    pub ignored: Vec<IgnoredFacts>,
}

/// How many slices a split holds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct SplitFacts {
    /// Files.
    pub files: usize,
    /// Different pictures among them.
    pub distinct: usize,
    /// Files of each class.
    pub classes: BTreeMap<String, usize>,
}

/// Something that is wrong with the data.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FindingFacts {
    /// The audit's rule.
    pub rule: String,
    /// The files; none if it concerns the whole.
    #[serde(default)]
    pub files: Vec<String>,
    /// In a line.
    #[serde(default)]
    pub message: String,
}

/// A file that is no slice.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct IgnoredFacts {
    /// Where it is.
    pub path: String,
    /// Why it is no slice.
    pub reason: String,
}

/// How the training went.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EpochFacts {
    /// Epochs that were trained.
    pub trained: usize,
    /// The one whose weights are the model.
    pub kept: Option<usize>,
    /// How long all of them took.
    pub seconds: f64,
}

/// An evaluation of the model.
#[derive(Debug, Clone, PartialEq)]
pub struct EvaluationFacts {
    /// Its folder.
    pub folder: String,
    /// Its figures.
    pub report: EvaluationReport,
    /// Where heat lies, as the evaluation wrote it; `None` if nobody looked.
    pub heat: Option<HeatSection>,
    /// Whether it is of the data that the model was trained on.
    pub of: JudgedData,
    /// The clean slices that are called wrong, those first of which the model was surest; of all
    /// slices, if none is clean. `None` if `predictions.csv` is gone.
    pub mistakes: Option<Vec<MistakeFacts>>,
}

/// Which data an evaluation judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JudgedData {
    /// A split of the data that the model was trained on, by its name.
    OfTheTraining,
    /// Other data.
    Another,
    /// Nobody can tell.
    Unknown,
}

/// A slice that is called wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct MistakeFacts {
    /// Its file.
    pub path: String,
    /// What it is.
    pub truth: String,
    /// What it is called.
    pub predicted: String,
    /// How probable the model finds that.
    pub probability: f64,
}

impl Facts {
    /// The evaluation that answers.
    pub(super) fn evaluation(&self) -> Option<&EvaluationFacts> {
        self.evaluations.first()
    }

    /// A setting of the training, as the card shows it; `None` where it is not set.
    pub(super) fn setting(&self, name: &str) -> Option<&str> {
        value_of(&self.card.training, name)
    }

    /// The same of the recipe.
    pub(super) fn recipe(&self, name: &str) -> Option<&str> {
        value_of(&self.card.recipe, name)
    }

    /// How often the audit found something by `rule` in the data of the training; `None` if the data
    /// was not audited.
    pub(super) fn found(&self, rule: &str) -> Option<usize> {
        let AuditSummary::Audited { findings, .. } = &self.card.audit else {
            return None;
        };
        let count = findings.iter().find(|one| one.rule == rule);
        Some(count.map_or(0, |one| one.count))
    }
}

/// A card shows what is not set as a dash, and a list without entries as nothing.
fn value_of<'a>(rows: &'a [CardRow], name: &str) -> Option<&'a str> {
    let value = rows.iter().find(|row| row.name() == name)?.value();
    (value != "-" && !value.is_empty()).then_some(value)
}

impl EvaluationFacts {
    /// The figures that can be believed, else those of all slices.
    pub(super) fn shown(&self) -> &Evaluation {
        match self.report.clean_part() {
            CleanPart::All(figures) | CleanPart::Part(figures) => figures,
            CleanPart::Nothing => &self.report.as_is,
        }
    }

    /// What was judged: a path, if the evaluation says it.
    pub fn data(&self) -> &str {
        let named = self.report.details.get("data");
        named.map_or("data that it does not name", String::as_str)
    }
}
