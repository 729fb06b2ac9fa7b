//! Secondary captures: slices with the heat of what the model says of them.
//!
//! Secondary Capture Image Storage (PS3.3 A.8.1), one object a slice: what every viewer shows.

mod object;
mod picture;

use hilum_experiment::{
    ExperimentError, HeatRequest, Judging, Session, SliceHeat, Sources, heat_of,
};
use hilum_trust::Policy;

use crate::identifiers::Identifiers;
use crate::{JudgedSeries, JudgedSlice, ModelIdentity, ResultObject};

/// Which slices are captured, and how their heat is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureSettings {
    /// Of a series, at most so many of the slices that carry its answer, the weightiest first.
    pub most: usize,
    /// How heat is found and checked.
    pub heat: HeatRequest,
}

impl CaptureSettings {
    /// Captures of a series, if nobody says otherwise.
    pub const MOST: usize = 3;
}

impl Default for CaptureSettings {
    fn default() -> Self {
        Self {
            most: Self::MOST,
            heat: HeatRequest::default(),
        }
    }
}

/// What a capture is made of.
pub(crate) struct Captured<'a> {
    pub(crate) slice: &'a JudgedSlice,
    pub(crate) heat: &'a SliceHeat,
    pub(crate) identifiers: &'a Identifiers<'a>,
    pub(crate) settings: &'a CaptureSettings,
}

/// Captures of the slices that carry the answer of a series. What cannot be read any more is left
/// out.
///
/// # Errors
/// As [`heat_of`].
pub fn captures<'m>(
    model: impl Into<Judging<'m>>,
    series: &JudgedSeries,
    identity: &ModelIdentity,
    policy: &Policy,
    settings: &CaptureSettings,
    sources: &Sources,
    session: &Session<'_>,
) -> Result<Vec<ResultObject>, ExperimentError> {
    let model = model.into();
    let evidence = series.answer.evidence.iter();
    let carriers = evidence.filter_map(|evidence| series.slice_of(evidence));
    let mut chosen = Vec::new();
    let mut decoded = Vec::new();
    for slice in carriers.take(settings.most) {
        let prediction = &slice.prediction;
        let pixels = sources.slice(&prediction.path, prediction.frame, &model);
        let class = most_likely(slice);
        if let (Ok(pixels), Some(class)) = (pixels, class) {
            chosen.push(slice);
            decoded.push((pixels, class));
        }
    }
    if chosen.is_empty() {
        return Ok(Vec::new());
    }
    let heat = heat_of(model, &settings.heat, decoded, session)?;
    let identifiers = Identifiers {
        model: identity,
        policy,
    };
    let captured = chosen.into_iter().zip(&heat).map(|(slice, heat)| Captured {
        slice,
        heat,
        identifiers: &identifiers,
        settings,
    });
    Ok(captured.map(|captured| object::of(&captured)).collect())
}

/// The class that heat speaks for, also where there is no answer.
fn most_likely(slice: &JudgedSlice) -> Option<hilum_core::ClassName> {
    let probabilities = slice.prediction.probabilities.iter();
    let most = probabilities.max_by(|(_, one), (_, other)| one.total_cmp(other));
    most.map(|(class, _)| class.clone())
}
