//! From what a network says of a slice to what the user is told of it.

use hilum_core::{ClassIndex, Probabilities};

use crate::abstention::{Policy, Reason};
use crate::calibration::Scaling;
use crate::conformal::Sets;
use crate::detector::Typicality;

/// What a network and the model's detector say of one slice.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// One value a class, the mean of the views; finite.
    pub logits: Vec<f32>,
    /// How like the training data the slice is; `None` if the model has no detector.
    pub typicality: Option<Typicality>,
}

impl From<Vec<f32>> for Judgement {
    /// Of the logits of a model that has no detector.
    fn from(logits: Vec<f32>) -> Self {
        Self {
            logits,
            typicality: None,
        }
    }
}

/// How judgements become answers: what the model file knows, and what the user wants.
#[derive(Debug, Clone)]
pub struct Answering<'a> {
    /// How logits become calibrated probabilities; `None` if the model is not calibrated.
    pub scaling: Option<&'a Scaling>,
    /// The sets at the coverage that is asked for; `None` if the model has no quantiles.
    pub sets: Option<Sets>,
    /// When there is no answer.
    pub policy: &'a Policy,
}

/// What the user is told of one slice.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// How likely each class is.
    pub probabilities: Probabilities,
    /// The classes of the set at the coverage that is asked for; `None` if the model has no
    /// quantiles, or the slice is unlike the training data, of which sets promise nothing.
    pub set: Option<Vec<ClassIndex>>,
    /// Whether the probabilities are calibrated.
    pub is_calibrated: bool,
    /// Why there is no answer; `None` if there is one.
    pub reason: Option<Reason>,
    /// As the judgement has it.
    pub typicality: Option<Typicality>,
}

impl Answering<'_> {
    /// # Panics
    /// If the logits are not finite, or not as many as the scaling is for.
    pub fn answer(&self, judgement: &Judgement) -> Answer {
        let probabilities = match self.scaling {
            Some(scaling) => scaling.probabilities(&judgement.logits),
            None => Probabilities::from_logits(&judgement.logits),
        };
        let is_unlike = judgement.typicality.is_some_and(|found| found.is_unlike);
        let sets = self.sets.as_ref().filter(|_| !is_unlike);
        Answer {
            reason: self.policy.reason(&probabilities, is_unlike),
            set: sets.map(|sets| sets.of(&probabilities)),
            is_calibrated: self.scaling.is_some(),
            typicality: judgement.typicality,
            probabilities,
        }
    }
}

impl Answer {
    /// The most likely class; `None` if the answer is "I don't know".
    pub fn class(&self) -> Option<ClassIndex> {
        self.reason
            .is_none()
            .then(|| self.probabilities.most_likely())
    }
}
