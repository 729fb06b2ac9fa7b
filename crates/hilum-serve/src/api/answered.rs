//! What is answered of files.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hilum_experiment::{FileAnswer, FileCounts, GivenAnswer, GivenHeat, UnitPrediction};
use hilum_imaging::encode_png;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::openapi::SliceAnswer;

/// What is answered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Answered {
    /// What clients call the model.
    model: String,
    /// As `hilum predict --format json` prints them.
    #[schema(value_type = Vec<SliceAnswer>)]
    answers: Vec<Value>,
    /// As `hilum predict --by series --format json` prints them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    units: Option<Vec<UnitPrediction>>,
    counts: Counts,
}

/// How many files there were, and could not be answered.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what the library counts")]
struct FileCountsShown {
    files: usize,
    unreadable: usize,
    refused: usize,
}

/// How many files there were.
#[derive(Debug, Serialize, ToSchema)]
struct Counts {
    #[serde(flatten)]
    #[schema(value_type = FileCountsShown)]
    files: FileCounts,
    /// Slices that were given a class.
    answered: usize,
    /// Slices of which the answer is "I don't know".
    abstained: usize,
}

/// What was said so far.
#[derive(Default)]
pub(super) struct Said {
    answers: Vec<Value>,
    units: Vec<UnitPrediction>,
    answered: usize,
    abstained: usize,
}

impl Said {
    pub(super) fn keep(&mut self, given: GivenAnswer) -> io::Result<()> {
        match given {
            GivenAnswer::Unit(unit) => self.units.push(*unit),
            GivenAnswer::Slice { answer, heat, .. } => {
                if let FileAnswer::Predicted(prediction) = &answer {
                    self.abstained += usize::from(prediction.abstained);
                    self.answered += usize::from(!prediction.abstained);
                }
                let mut value = serde_json::to_value(&answer)?;
                if let Some(heat) = heat {
                    value["heat"] = serde_json::to_value(ShownHeat::of(&heat))?;
                }
                self.answers.push(value);
            }
        }
        Ok(())
    }

    /// All of it, as `model` is called; wholes where they were asked for.
    pub(super) fn answered(self, model: String, files: FileCounts, with_units: bool) -> Answered {
        Answered {
            model,
            answers: self.answers,
            units: with_units.then_some(self.units),
            counts: Counts {
                files,
                answered: self.answered,
                abstained: self.abstained,
            },
        }
    }
}

#[derive(Serialize)]
struct ShownHeat<'a> {
    /// An 8-bit grey PNG of the slice's own size, base64.
    png: String,
    #[serde(flatten)]
    heat: &'a GivenHeat,
}

impl<'a> ShownHeat<'a> {
    fn of(heat: &'a GivenHeat) -> Self {
        Self {
            png: STANDARD.encode(encode_png(&heat.map)),
            heat,
        }
    }
}
