//! The wrong calls that a person should look at first.

use hilum_core::Classes;
use serde::Serialize;

use crate::predictions::Prediction;

/// How many are listed.
const LISTED_COUNT: usize = 12;

/// The wrong calls that the model was surest of.
#[derive(Serialize)]
pub(crate) struct Mistakes {
    count: usize,
    surest: Vec<Mistake>,
}

#[derive(Serialize)]
struct Mistake {
    path: String,
    truth: String,
    predicted: String,
    confidence: String,
    truth_probability: String,
}

impl Mistakes {
    pub(crate) fn new(classes: &Classes, predictions: &[&Prediction]) -> Self {
        let confidence =
            |slice: &Prediction| slice.probabilities.of(slice.probabilities.most_likely());
        let mut wrong: Vec<&Prediction> = predictions
            .iter()
            .copied()
            .filter(|slice| slice.probabilities.most_likely() != slice.truth)
            .collect();
        wrong.sort_by(|left, right| confidence(right).total_cmp(&confidence(left)));
        let mistake = |slice: &&Prediction| Mistake {
            path: slice.path.display().to_string(),
            truth: classes.name(slice.truth).to_string(),
            predicted: classes.name(slice.probabilities.most_likely()).to_string(),
            confidence: format!("{:.3}", confidence(slice)),
            truth_probability: format!("{:.3}", slice.probabilities.of(slice.truth)),
        };
        Self {
            count: wrong.len(),
            surest: wrong.iter().take(LISTED_COUNT).map(mistake).collect(),
        }
    }
}
