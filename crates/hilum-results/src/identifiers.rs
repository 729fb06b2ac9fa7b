//! Identifiers that come out the same for the same input, so that what is sent twice is one object.

use std::fmt::Write as _;

use hilum_experiment::HeatRequest;
use hilum_imaging::derived_uid;
use hilum_trust::Policy;

use crate::{JudgedSeries, JudgedSlice, ModelIdentity};

/// What the answers of an object depend on besides its slices: model, policy and program.
pub(crate) struct Identifiers<'a> {
    pub(crate) model: &'a ModelIdentity,
    pub(crate) policy: &'a Policy,
}

impl Identifiers<'_> {
    fn uid(&self, kind: &str, of: &str) -> String {
        let (model, policy) = (&self.model.fingerprint, self.policy);
        let hilum = env!("CARGO_PKG_VERSION");
        derived_uid(&format!("hilum {hilum} {kind}\n{model}\n{policy}\n{of}"))
    }

    /// The report about a series.
    pub(crate) fn report(&self, series: &JudgedSeries) -> String {
        let mut keys: Vec<_> = series.slices.iter().map(JudgedSlice::key).collect();
        keys.sort_unstable();
        let mut all = String::new();
        for (instance, frame) in keys {
            let _ = writeln!(all, "{instance} {}", frame.unwrap_or_default());
        }
        self.uid("report", &all)
    }

    /// The capture of a slice, with heat found as `heat` says.
    pub(crate) fn capture(&self, slice: &JudgedSlice, heat: &HeatRequest) -> String {
        let (instance, frame) = slice.key();
        let frame = frame.unwrap_or_default();
        let (method, sanity) = (heat.method.name(), heat.sanity.name());
        let layer = heat.layer.as_deref().unwrap_or_default();
        let of = format!("{instance} {frame} {method} {sanity} {layer}");
        self.uid("capture", &of)
    }

    /// The series that objects of a kind about a series are in: later ones join it.
    pub(crate) fn series(&self, kind: &str, source_series_uid: &str) -> String {
        let model = &self.model.fingerprint;
        derived_uid(&format!(
            "hilum {kind} series\n{model}\n{source_series_uid}"
        ))
    }

    /// What is followed from object to object: a slice, or the whole of a series.
    pub(crate) fn tracking(&self, of: &str) -> String {
        derived_uid(&format!("hilum tracking\n{}\n{of}", self.model.fingerprint))
    }

    /// The model as an observer.
    pub(crate) fn observer(&self) -> String {
        derived_uid(&format!("hilum observer\n{}", self.model.fingerprint))
    }
}
