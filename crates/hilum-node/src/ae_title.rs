//! The name of a DICOM application.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// An application entity title: 1 to 16 characters of ASCII, neither backslash nor control
/// character, spaces around it of no meaning (PS3.5 6.2, `AE`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AeTitle(String);

/// A text that is no application entity title.
#[derive(Debug, Error)]
#[error(
    "`{text}` is no AE title\n\
     hint: use 1 to 16 letters, digits and signs, such as `HILUM`"
)]
pub struct AeTitleError {
    text: String,
}

impl AeTitle {
    /// The title as it is compared: without spaces around it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AeTitle {
    type Err = AeTitleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let title = text.trim_matches(' ');
        let is_allowed = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'\\';
        if title.is_empty() || title.len() > 16 || !title.bytes().all(is_allowed) {
            let text = text.to_owned();
            return Err(AeTitleError { text });
        }
        Ok(Self(title.to_owned()))
    }
}

impl fmt::Display for AeTitle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_what_the_standard_allows() {
        for title in ["HILUM", "A", "sixteen letters!", " ORTHANC ", "a-b_c.d"] {
            let parsed: AeTitle = title.parse().expect("a title");
            assert_eq!(parsed.as_str(), title.trim());
        }
        for text in ["", "   ", "seventeen letters", "back\\slash", "tab\t", "Ä"] {
            assert!(text.parse::<AeTitle>().is_err(), "{text:?}");
        }
    }
}
