//! The wrong calls that a person should look at first.

use hilum_core::Classes;
use serde::Serialize;

use crate::predictions::Prediction;
use crate::table::{Row, Table};

/// How many are listed.
const LISTED_COUNT: usize = 12;

/// The wrong calls that the model was surest of.
#[derive(Serialize)]
pub(crate) struct Mistakes {
    count: usize,
    listed: usize,
    table: Table,
}

impl Mistakes {
    pub(crate) fn new(classes: &Classes, predictions: &[&Prediction]) -> Self {
        let mut wrong: Vec<&Prediction> = predictions
            .iter()
            .copied()
            .filter(|slice| !slice.is_right())
            .collect();
        wrong.sort_by(|left, right| right.confidence().total_cmp(&left.confidence()));
        let row = |slice: &&Prediction| {
            let cells = [
                classes.name(slice.truth).to_string(),
                classes.name(slice.probabilities.most_likely()).to_string(),
                format!("{:.3}", slice.confidence()),
                format!("{:.3}", slice.probabilities.of(slice.truth)),
            ];
            Row::new(slice.path.display().to_string(), cells)
        };
        Self {
            count: wrong.len(),
            listed: wrong.len().min(LISTED_COUNT),
            table: Table::new("Mistakes, the surest first", "slice")
                .texts(["truth", "called"])
                .numbers(["probability", "of the truth"])
                .rows(wrong.iter().take(LISTED_COUNT).map(row))
                .stacked(),
        }
    }
}
