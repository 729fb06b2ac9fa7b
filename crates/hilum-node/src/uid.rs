//! Unique identifiers that may become names of files.

use std::fmt;

/// A DICOM UID: 1 to 64 digits and dots, digits on both sides of every dot (PS3.5 9.1).
///
/// Leading zeros, which the standard forbids and devices write, are taken as they are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Uid(String);

impl Uid {
    /// `None` if the text is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_component =
            |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let is_uid = text.len() <= 64 && text.split('.').all(is_component);
        is_uid.then(|| Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_uid_leads_out_of_a_folder() {
        assert!(Uid::parse("1.2.840.10008.1.1").is_some());
        for text in [
            "",
            ".",
            "..",
            "1..2",
            "1.2.",
            "../1",
            "1/2",
            "1.a",
            "1\0",
            &"1".repeat(65),
        ] {
            assert!(Uid::parse(text).is_none(), "{text:?}");
        }
    }
}
