//! What a model says of what its recipe has made already.

use hilum_imaging::Pixels;
use hilum_trust::{Answer, Policy};

use super::Predict;
use crate::judging::Judging;
use crate::session::Session;
use crate::{Event, ExperimentError};

/// What a recipe has made of slices.
#[derive(Debug, Clone, PartialEq)]
pub enum Prepared {
    /// Before they are normalised.
    Pixels(Vec<Pixels>),
    /// Afterwards: height x width x channels values a slice, channels innermost; finite.
    Values(Vec<f32>),
}

/// What the model says of one slice.
#[derive(Debug, Clone, PartialEq)]
pub struct PreparedAnswer {
    /// What the network said, before it was calibrated.
    pub logits: Vec<f32>,
    /// What that amounts to.
    pub answer: Answer,
}

/// Judges what the model's recipe has made already; whoever made it answers for it.
///
/// # Errors
/// [`ExperimentError::Policy`], [`ExperimentError::Predict`] for pixels of another size,
/// [`ExperimentError::Engine`] if the engine fails or makes no numbers of the values.
///
/// # Panics
/// If values are not those of whole slices.
pub fn predict_prepared<'m>(
    model: impl Into<Judging<'m>>,
    prepared: &Prepared,
    policy: &Policy,
    session: &Session<'_>,
) -> Result<Vec<PreparedAnswer>, ExperimentError> {
    policy.check()?;
    let mut model = model.into();
    let cancel = session.cancel();
    let judgements = match prepared {
        Prepared::Pixels(slices) => {
            let slices: Vec<&Pixels> = slices.iter().collect();
            let told = |passage| session.tell(&Event::Network(passage));
            model.judgements(&slices, Predict::BATCH, policy, &told, cancel)?
        }
        Prepared::Values(values) => model.judgements_of_values(values, policy, cancel)?,
    };
    let answering = model.answering(policy);
    let answered = judgements.into_iter().map(|judgement| PreparedAnswer {
        answer: answering.answer(&judgement),
        logits: judgement.logits,
    });
    Ok(answered.collect())
}
