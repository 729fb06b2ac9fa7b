//! A file anywhere on the web.

use crate::NameError;
use crate::checksum::is_sha256;
use crate::hugging_face::is_plain;

/// A file on the web, with its checksum if its publisher names one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WebFile {
    /// `https://...`; `http://...` only with a checksum.
    pub(crate) url: String,
    /// The file's SHA-256 in hexadecimal, given as `URL#sha256=...`.
    pub(crate) sha256: Option<String>,
}

impl WebFile {
    pub(crate) fn parse(given: &str) -> Result<Self, NameError> {
        let malformed = |reason| NameError::Url {
            url: given.to_owned(),
            reason,
        };
        let (url, fragment) = match given.split_once('#') {
            Some((url, fragment)) => (url, Some(fragment)),
            None => (given, None),
        };
        let sha256 = match fragment.map(|fragment| fragment.strip_prefix("sha256=")) {
            None => None,
            Some(Some(digits)) if is_sha256(digits) => Some(digits.to_ascii_lowercase()),
            Some(_) => {
                return Err(malformed(
                    "what follows `#` must be `sha256=` and 64 digits",
                ));
            }
        };
        if sha256.is_none() && url.starts_with("http://") {
            return Err(malformed("plain http needs a checksum, `#sha256=...`"));
        }
        let file = Self {
            url: url.to_owned(),
            sha256,
        };
        let name_is_plain = is_plain(file.name());
        let uri = url.parse::<ureq::http::Uri>();
        if !name_is_plain || !uri.is_ok_and(|uri| uri.host().is_some()) {
            return Err(malformed("it must end in the name of a file"));
        }
        Ok(file)
    }

    /// The last part of the path.
    pub(crate) fn name(&self) -> &str {
        let path = self.url.split('?').next().unwrap_or_default();
        path.rsplit('/').next().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_may_follow_the_address() {
        let digits = "AB".repeat(32);
        let file = WebFile::parse(&format!("https://a.org/w.pth?x=1#sha256={digits}")).unwrap();
        assert_eq!(file.url, "https://a.org/w.pth?x=1");
        assert_eq!(file.sha256.as_deref(), Some(&*digits.to_lowercase()));
        assert_eq!(file.name(), "w.pth");
    }

    #[test]
    fn addresses_that_name_no_file_or_prove_nothing_are_refused() {
        for url in [
            "http://a.org/w.pth",
            "https://a.org/",
            "https:///w.pth",
            "https://a.org/w.pth#sha256=12",
            "https://a.org/w.pth#v1",
            "https://a.org/..",
        ] {
            assert!(WebFile::parse(url).is_err(), "{url}");
        }
    }
}
