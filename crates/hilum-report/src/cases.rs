//! Slices that a person should look at.

use serde::{Deserialize, Serialize};

use crate::picture::{Picture, PictureView};
use crate::predictions::Prediction;

/// Slices that a person should look at, as pictures.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Cases {
    /// Called wrong, the surest first.
    pub confident_mistakes: Vec<Case>,
    /// Called right, the least sure first.
    pub unsure_hits: Vec<Case>,
}

/// A slice, what it is, and what the model made of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// The slice's file, as `predictions.csv` names it.
    pub name: String,
    /// The class that it is.
    pub truth: String,
    /// The class that it was called.
    pub predicted: String,
    /// The probability of the class that it was called, in `0.0..=1.0`.
    pub probability: f64,
    /// The slice as the model saw it.
    pub slice: Picture,
    /// The slice with its map over it; `None` where none was asked for.
    pub map: Option<Picture>,
}

/// Which slices to look at, as positions among predictions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChosenCases {
    /// Called wrong, the surest first.
    pub confident_mistakes: Vec<usize>,
    /// Called right, the least sure first.
    pub unsure_hits: Vec<usize>,
}

impl ChosenCases {
    /// At most `count` of each, of the predictions at the positions `of`; those that are as sure stand
    /// in the order of `of`.
    ///
    /// # Panics
    /// If a position is not among the predictions.
    pub fn choose(predictions: &[Prediction], of: &[usize], count: usize) -> Self {
        let (mut hits, mut mistakes): (Vec<usize>, Vec<usize>) =
            of.iter().partition(|at| predictions[**at].is_right());
        let confidence = |at: &usize| predictions[*at].confidence();
        mistakes.sort_by(|one, other| confidence(other).total_cmp(&confidence(one)));
        hits.sort_by(|one, other| confidence(one).total_cmp(&confidence(other)));
        mistakes.truncate(count);
        hits.truncate(count);
        Self {
            confident_mistakes: mistakes,
            unsure_hits: hits,
        }
    }
}

/// What the page shows of them.
#[derive(Serialize)]
pub(crate) struct CasesView<'a> {
    confident_mistakes: Vec<CaseView<'a>>,
    unsure_hits: Vec<CaseView<'a>>,
}

#[derive(Serialize)]
struct CaseView<'a> {
    name: &'a str,
    truth: &'a str,
    predicted: &'a str,
    probability: String,
    is_right: bool,
    slice: PictureView,
    map: Option<PictureView>,
}

impl<'a> CasesView<'a> {
    pub(crate) fn new(cases: &'a Cases) -> Self {
        let each = |cases: &'a [Case]| cases.iter().map(CaseView::new).collect();
        Self {
            confident_mistakes: each(&cases.confident_mistakes),
            unsure_hits: each(&cases.unsure_hits),
        }
    }
}

impl<'a> CaseView<'a> {
    fn new(case: &'a Case) -> Self {
        Self {
            name: &case.name,
            truth: &case.truth,
            predicted: &case.predicted,
            probability: format!("{:.3}", case.probability),
            is_right: case.truth == case.predicted,
            slice: PictureView::new(&case.slice),
            map: case.map.as_ref().map(PictureView::new),
        }
    }
}
