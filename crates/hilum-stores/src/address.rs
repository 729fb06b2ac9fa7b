//! Where objects are: a bucket or server, and a name in it.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use object_store::path::Path;
use thiserror::Error;

/// What speaks another server's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    S3,
    Google,
    Azure,
    Web,
}

const SCHEMES: [(&str, Kind); 10] = [
    ("s3", Kind::S3),
    ("s3a", Kind::S3),
    ("gs", Kind::Google),
    ("az", Kind::Azure),
    ("azure", Kind::Azure),
    ("abfs", Kind::Azure),
    ("abfss", Kind::Azure),
    ("adl", Kind::Azure),
    ("http", Kind::Web),
    ("https", Kind::Web),
];

/// An object, or all objects whose names begin with a folder's.
///
/// In a bucket a name is what it is, letter by letter; that of a web server is percent-encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub(crate) kind: Kind,
    /// `s3://bucket`.
    pub(crate) base: String,
    /// Below the base; empty for all of it.
    pub(crate) name: Path,
    /// Whether it ends with `/`, so that it cannot be an object.
    pub(crate) is_folder: bool,
}

/// Text that is no address of objects.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{address}` is no address of objects: {reason}\n\
     hint: `s3://BUCKET/NAME`, `gs://BUCKET/NAME`, `az://CONTAINER/NAME` or `https://HOST/NAME`"
)]
pub struct AddressError {
    /// What was given.
    pub address: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Address {
    /// Whether a path is meant as an address: it begins with a scheme that is known.
    pub fn is_meant_by(text: &str) -> bool {
        scheme(text).is_some()
    }

    /// Bytes of an address that come before a name in it, the last `/` among them.
    pub fn root_length(&self) -> usize {
        let parent = |name: &str| name.rfind('/').map_or(0, |end| end + 1);
        let shown = self.shown(&self.name);
        let below = &shown[self.base.len() + 1..];
        if self.is_folder && !below.is_empty() {
            return shown.len() + 1;
        }
        self.base.len() + 1 + parent(below)
    }

    /// What an object below the same base is called.
    pub(crate) fn shown(&self, name: &Path) -> String {
        shown(self.kind, &self.base, name)
    }
}

/// What an object is called by its whole address.
pub(crate) fn shown(kind: Kind, base: &str, name: &Path) -> String {
    match kind {
        Kind::Web => {
            let parts: Vec<String> = name.as_ref().split('/').map(percent_encoded).collect();
            format!("{base}/{}", parts.join("/"))
        }
        _ => format!("{base}/{name}"),
    }
}

/// RFC 3986: all but unreserved characters, as they stand in a path's part.
fn percent_encoded(part: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    };
    part.bytes().map(encode).collect()
}

fn scheme(text: &str) -> Option<(Kind, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let known = SCHEMES.iter().find(|(name, _)| *name == scheme)?;
    Some((known.1, rest))
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let wrong = |reason: &str| AddressError {
            address: without_user(text),
            reason: reason.to_owned(),
        };
        let (kind, rest) = scheme(text).ok_or_else(|| wrong("its scheme is not known"))?;
        let (host, name) = rest.split_once('/').unwrap_or((rest, ""));
        if host.is_empty() {
            return Err(wrong("it names no bucket or host"));
        }
        let base = text[..text.len() - rest.len() + host.len()].to_owned();
        let parsed = if kind == Kind::Web {
            check_web(&base, host, name).map_err(wrong)?;
            Path::from_url_path(name)
        } else {
            Path::parse(name)
        };
        Ok(Self {
            kind,
            base,
            name: parsed.map_err(|error| wrong(&error.to_string()))?,
            is_folder: name.is_empty() || name.ends_with('/'),
        })
    }
}

fn check_web(base: &str, host: &str, name: &str) -> Result<(), &'static str> {
    if host.contains('@') {
        return Err("it holds a user, which would be seen");
    }
    if name.contains(['?', '#']) {
        return Err("it goes on after the name with `?` or `#`, which is not sent");
    }
    if base.starts_with("http://") && !is_this_machine(host) {
        return Err("it is not encrypted; only `https://` is");
    }
    Ok(())
}

/// A loopback address or `localhost`, with or without a port.
fn is_this_machine(host: &str) -> bool {
    let host = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => host.split(':').next().unwrap_or(host),
    };
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// So that no password is printed.
fn without_user(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let (host, name) = rest
        .split_once('/')
        .map_or((rest, ""), |(host, name)| (host, name));
    match host.rsplit_once('@') {
        Some((_, host)) if scheme.starts_with("http") => format!("{scheme}://…@{host}/{name}"),
        _ => text.to_owned(),
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.shown(&self.name))?;
        if self.is_folder && !self.name.as_ref().is_empty() {
            formatter.write_str("/")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Address {
        text.parse().unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn names_in_buckets_are_letter_by_letter_and_those_of_the_web_are_encoded() {
        for text in [
            "s3://bucket/a%20b c/ä.dcm",
            "gs://bucket/",
            "az://container@account/a/b",
            "https://host/a%20b.dcm",
            "http://127.0.0.1:80/a/",
        ] {
            assert_eq!(parsed(text).to_string(), text);
        }
        assert_eq!(parsed("s3://b/a%20b").name.as_ref(), "a%20b");
        assert_eq!(parsed("https://b/a%20b").name.as_ref(), "a b");
    }

    #[test]
    fn what_is_below_a_folder_is_told_from_what_is_above() {
        for (text, root) in [
            ("s3://b/a/", "s3://b/a/"),
            ("s3://b/a", "s3://b/"),
            ("s3://b/a/c.dcm", "s3://b/a/"),
            ("s3://b", "s3://b/"),
            ("https://h/a%20b/", "https://h/a%20b/"),
        ] {
            assert_eq!(parsed(text).root_length(), root.len(), "{text}");
        }
    }

    #[test]
    fn what_would_be_overheard_or_not_sent_is_refused() {
        for (text, word) in [
            ("http://pacs.example/a", "not encrypted"),
            ("https://ada:secret@host/a", "holds a user"),
            ("https://host/a?sig=1", "not sent"),
            ("s3:///a", "names no bucket"),
            ("s3://b/a//c", "empty"),
            ("ftp://b/a", "not known"),
        ] {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
            assert!(
                error.contains("hint: ") && !error.contains("secret"),
                "{error}"
            );
        }
        assert!(Address::is_meant_by("s3://b") && !Address::is_meant_by("dicomweb:https://h"));
    }
}
