//! What the server writes down of itself: no name of a file, a patient or a folder.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use serde_json::{Map, Value};

/// How much an entry matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Every request.
    Info,
    /// What somebody should look at.
    Warning,
    /// What went wrong.
    Error,
}

/// One thing that happened.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// When, by RFC 3339, in UTC.
    pub time: String,
    /// How much it matters.
    pub level: Level,
    /// What: `request`, `listening`, `model-replaced`.
    pub event: &'static str,
    /// What else there is to say of it.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

/// Who writes entries down, from any thread.
pub trait Journal: Send + Sync {
    /// Writes one down.
    fn note(&self, entry: &Entry);
}

/// Nothing is written down.
impl Journal for () {
    fn note(&self, _: &Entry) {}
}

impl Entry {
    /// Something that happens now.
    pub fn new(level: Level, event: &'static str) -> Self {
        Self {
            time: rfc_3339(SystemTime::now()),
            level,
            event,
            fields: Map::new(),
        }
    }

    /// The same, with more to say.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.to_owned(), value.into());
        self
    }
}

impl fmt::Display for Entry {
    /// In a line for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.time, self.event)?;
        for (name, value) in &self.fields {
            match value {
                Value::Null => {}
                Value::String(text) => write!(f, " {name}={text}")?,
                value => write!(f, " {name}={value}")?,
            }
        }
        Ok(())
    }
}

/// `2026-11-26T13:20:00.123Z`. Days become dates as in Howard Hinnant's `civil_from_days`.
fn rfc_3339(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let seconds = since.as_secs();
    let days = (seconds / 86_400) as i64 + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let milliseconds = since.subsec_millis();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milliseconds:03}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `date -u -d @SECONDS` prints them.
    #[test]
    fn times_are_those_of_a_calendar() {
        for (seconds, said) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399, "2000-02-28T23:59:59.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (1_795_698_000, "2026-11-26T13:00:00.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(rfc_3339(UNIX_EPOCH + Duration::from_secs(seconds)), said);
        }
    }
}
