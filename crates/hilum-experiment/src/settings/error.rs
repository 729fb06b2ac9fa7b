//! Why a choice cannot be taken.

use thiserror::Error;

/// Why a choice cannot be taken.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum SettingError {
    /// No setting has that name.
    #[error("`{name}` is no setting{}", suggestion.map(|name| format!("\nhint: did you mean `{name}`?")).unwrap_or_default())]
    Unknown {
        /// What was given.
        name: String,
        /// A setting that is called nearly so.
        suggestion: Option<&'static str>,
    },
    /// It stands in `settings.toml`, and cannot be chosen there.
    #[error("`{name}` cannot be chosen\nhint: {reason}")]
    Derived {
        /// The setting.
        name: String,
        /// Why.
        reason: &'static str,
    },
    /// A number outside of its range.
    #[error("setting `{setting}` is `{value}`\nhint: it must be {expected}")]
    OutOfRange {
        /// The setting.
        setting: &'static str,
        /// What was given.
        value: f64,
        /// What it must be.
        expected: &'static str,
    },
    /// A value of another kind.
    #[error("`{value}` is no value of `{setting}`: {expected}")]
    Value {
        /// The setting.
        setting: &'static str,
        /// What was given.
        value: String,
        /// What it takes.
        expected: String,
    },
}
