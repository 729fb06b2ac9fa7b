//! What is known of a model, in one place: its card, and the checklists that it answers.

mod error;
mod evaluation;
mod from_model;
mod named;
mod record;
mod run;

use std::path::PathBuf;

use hilum_report::{Checklist, EvaluationOnCard, Facts, Guideline, ModelCard, model_card};
use serde_json::Value;

use crate::places::remove_places;
use crate::{ExperimentError, ModelOrigin};
use record::record;

pub use error::CardError;
pub(crate) use from_model::{Extra, from_model};

/// Which model is told of, and what is read beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Describe {
    /// A model, or the folder of the run that made one.
    pub model: ModelOrigin,
    /// Folders of evaluations of it; if none is named, the one beside the model, if it is there.
    pub evaluations: Vec<PathBuf>,
}

/// What is known of a model.
#[derive(Debug, Clone)]
pub struct Description {
    facts: Facts,
    record: Value,
    /// What a reader must know of how it came together: which evaluation was read, and what was not.
    pub notes: Vec<String>,
}

/// Reads the model, its run and its evaluations; computes nothing and writes nothing.
///
/// # Errors
/// [`ExperimentError::Model`] if there is no such model, [`ExperimentError::Card`] if an evaluation
/// that is named cannot be read or is of other classes.
pub fn describe(request: &Describe) -> Result<Description, ExperimentError> {
    let origin = named::found(&request.model)?;
    let mut model = origin.read()?;
    remove_places(&mut model);
    let mut notes = Vec::new();
    let evaluations = evaluation::all(&origin, &model, &request.evaluations, &mut notes)?;
    let mut card = from_model(&model, named::extra(&origin)?)?;
    let on_card = evaluations
        .iter()
        .map(|one| EvaluationOnCard::new(one.data(), &one.report));
    card.evaluations = on_card.collect();
    let known = |of: fn(&hilum_weights::KnownSlices) -> &[hilum_imaging::SliceSet]| {
        let known = model.known_slices.as_ref()?;
        Some(of(known).first()?.len())
    };
    let facts = Facts {
        model: origin.argument(),
        made_by: model.training.settings.hilum_version.clone(),
        learned: known(|known| &known.learned),
        watched: known(|known| &known.chosen_by),
        data: run::data(&origin, &model, &mut notes),
        epochs: run::epochs(&origin, &model),
        evaluations,
        card,
    };
    Ok(Description {
        record: record(&facts, &model)?,
        facts,
        notes,
    })
}

impl Description {
    /// The card, as [`export`](crate::export) writes it beside a model.
    pub fn card(&self) -> &ModelCard {
        &self.facts.card
    }

    /// The same in Markdown.
    pub fn markdown(&self) -> String {
        model_card(&self.facts.card)
    }

    /// The same for programs.
    pub fn json(&self) -> &Value {
        &self.record
    }

    /// The checklist, with all answered that is known.
    pub fn checklist(&self, guideline: Guideline) -> Checklist {
        guideline.fill(&self.facts)
    }
}

#[cfg(test)]
mod tests {
    use hilum_report::model_card;

    use super::*;

    /// The card in the repository was made by `hilum export`.
    #[test]
    fn the_bundled_models_card_is_told_as_it_lies_in_the_repository() {
        let origin = ModelOrigin::Bundled;
        let model = origin.read().expect("the bundled model");
        let card = from_model(&model, named::extra(&origin).expect("extra")).expect("a card");
        assert_eq!(model_card(&card), hilum_models::card());
    }
}
