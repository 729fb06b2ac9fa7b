//! `model.md`: what a person must know of a model before using it.

use hilum_core::{AuditSummary, ByValidation, ValidationRole};
use minijinja::{Environment, value::Serde};
use serde::{Serialize, Serializer};

use crate::audit_box::Audit;
use crate::evaluation_on_card::{EvaluationOnCard, cell};

/// What a model card tells; texts are for people, and shown as they are.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ModelCard {
    /// What the model is called.
    pub name: String,
    /// Its network.
    pub architecture: String,
    /// What it tells apart.
    pub classes: Vec<String>,
    /// What its maker says it is for.
    pub intended_use: String,
    /// What the audit said of the data that it learned from.
    #[serde(serialize_with = "with_verdict")]
    pub audit: AuditSummary,
    /// Names that data, so that the same can be told from other.
    pub data_fingerprint: Option<String>,
    /// Figures on validation.
    pub validation: Vec<CardRow>,
    /// What the validation split was for, as the training's settings say it.
    #[serde(serialize_with = "in_words")]
    pub validation_role: Option<ValidationRole>,
    /// Figures of evaluations, the first of its own test split if there is one.
    pub evaluations: Vec<EvaluationOnCard>,
    /// How probabilities were calibrated; `None` if they were not.
    pub calibration: Option<String>,
    /// What is taken for unlike its training data; `None` if nothing tells.
    pub detector: Option<String>,
    /// Under which terms the model may be used.
    pub licence: Option<String>,
    /// What the training began with, and its checksum.
    pub initial_weights: String,
    /// How a slice becomes its input.
    pub recipe: Vec<CardRow>,
    /// Settings of the training.
    pub training: Vec<CardRow>,
    /// The commands that make it again.
    pub command: Option<String>,
    /// What else its maker wants to say, in Markdown.
    pub notes: Option<String>,
    /// Trained parameters.
    pub parameters: usize,
    /// Running statistics.
    pub statistics: usize,
    /// How its numbers are kept.
    pub precision: String,
}

/// A name and a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CardRow {
    name: String,
    value: String,
}

impl CardRow {
    /// A row of a table; what would break the table is escaped.
    pub fn new(name: &str, value: &str) -> Self {
        Self {
            name: cell(name),
            value: cell(value),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn value(&self) -> &str {
        &self.value
    }
}

impl ModelCard {
    /// What the validation figures are worth, in a sentence or two.
    pub(crate) fn validation_words(&self) -> String {
        worth(self.validation_role.as_ref())
    }
}

/// What the validation figures are worth, which is what the card says of their part in training.
#[expect(clippy::ref_option, reason = "serde calls it so")]
fn in_words<S: Serializer>(
    role: &Option<ValidationRole>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    worth(role.as_ref()).serialize(serializer)
}

fn worth(role: Option<&ValidationRole>) -> String {
    const PATIENTS: &str = "slices of one patient may stand on both sides";
    let decided = match role {
        None => {
            return format!(
                "It is not recorded what these figures decided in the training, and {PATIENTS}: \
                 they may flatter."
            );
        }
        Some(ValidationRole::TrainedOn) => {
            return "The validation split was trained on: these figures say nothing of other \
                    slices."
                .to_owned();
        }
        Some(ValidationRole::KeptBack(decided)) => decided,
    };
    let words = decided.iter().map(|decision| match decision {
        ByValidation::Epoch => "chose the epoch that was kept",
        ByValidation::LearningRate => "could lower the learning rate",
        ByValidation::End => "could end the training",
    });
    let words: Vec<&str> = words.collect();
    match words.as_slice() {
        [] => format!(
            "These figures chose nothing: the last epoch was kept, whatever they were. But \
             {PATIENTS}: they may flatter."
        ),
        [alone] => format!("These figures {alone}, and {PATIENTS}: they flatter."),
        [before @ .., last] => format!(
            "These figures {} and {last}, and {PATIENTS}: they flatter.",
            before.join(", ")
        ),
    }
}

/// The template shows the audit as the report does: with a verdict.
fn with_verdict<S: Serializer>(audit: &AuditSummary, serializer: S) -> Result<S::Ok, S::Error> {
    Audit::new(audit).serialize(serializer)
}

/// The card as Markdown: what the model is for and not for, its data and what the audit said of
/// it, what its figures are worth, its terms, and how it was made.
#[expect(
    clippy::missing_panics_doc,
    reason = "it does only if the program's own template is wrong"
)]
pub fn model_card(card: &ModelCard) -> String {
    let mut environment = Environment::new();
    environment.add_global("version", env!("CARGO_PKG_VERSION"));
    environment
        .add_template("model_card.md", include_str!("model_card.md"))
        .expect("the template is part of the program");
    let template = environment
        .get_template("model_card.md")
        .expect("was just added");
    let text = template.render(Serde(card));
    // The template's own last line break is not rendered.
    text.expect("the template uses what it is given") + "\n"
}
