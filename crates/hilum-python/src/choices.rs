//! What a request leaves open and what it chooses.

use std::collections::BTreeMap;

use hilum_experiment::{Choices, Setting, SettingError};
use hilum_trust::{Abstain, Policy, SetMethod};
use serde::Deserialize;
use toml::Value;

/// Settings by any of their names, as keyword arguments give them.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Chosen(BTreeMap<String, Value>);

impl Chosen {
    /// The same for the library.
    ///
    /// # Errors
    /// [`SettingError`] if there is no such setting, or it does not take the value.
    pub(crate) fn choices(self) -> Result<Choices, SettingError> {
        let mut choices = Choices::default();
        for (name, value) in self.0 {
            Setting::named(&name)?.choose(&mut choices, value)?;
        }
        Ok(choices)
    }
}

/// When there is no answer; what is absent is as in [`Policy::default`].
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswerChoices {
    abstain: Option<Abstain>,
    threshold: Option<f64>,
    margin: Option<f64>,
    ood_share: Option<f64>,
    coverage: Option<f64>,
    sets: Option<SetMethod>,
}

impl AnswerChoices {
    /// The same for the library, which checks it.
    pub(crate) fn policy(&self) -> Policy {
        let usual = Policy::default();
        Policy {
            abstain: self.abstain.unwrap_or(usual.abstain),
            threshold: self.threshold,
            margin: self.margin.unwrap_or(usual.margin),
            ood_share: self.ood_share,
            coverage: self.coverage.unwrap_or(usual.coverage),
            sets: self.sets.unwrap_or(usual.sets),
        }
    }
}
