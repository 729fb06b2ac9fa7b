//! Where results go.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use thiserror::Error;
use ureq::http::Uri;

use crate::AeTitle;

/// A place that results are sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// By C-STORE.
    Dicom(DicomPeer),
    /// By STOW-RS.
    Web(WebPeer),
}

/// A DICOM application: `AE@HOST:PORT`, or `dicom-tls://AE@HOST:PORT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DicomPeer {
    /// How it is spoken with.
    pub transport: Transport,
    /// What it is called.
    pub ae_title: AeTitle,
    /// Its name or address; an IPv6 address stands in brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// How a DICOM application is spoken with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// As it is.
    Plain,
    /// Over TLS; the prefix is the name that its port is registered by.
    Tls,
}

/// What stands before the title of an application that is spoken with over TLS.
const TLS_PREFIX: &str = "dicom-tls://";

/// A DICOMweb service: `https://[USER:PASSWORD@]HOST[:PORT]/PATH`.
#[derive(Clone, PartialEq, Eq)]
pub struct WebPeer {
    /// Without what it is opened with.
    pub url: String,
    /// The value of `Authorization`, if user and password are given.
    pub(crate) authorization: Option<String>,
}

/// A text that names no destination.
#[derive(Debug, Error)]
#[error(
    "`{text}` is no destination: {reason}\n\
     hint: write `AE@HOST:PORT`, `dicom-tls://AE@HOST:PORT`, or the address of a DICOMweb service such \
     as `https://pacs.example.org/dicom-web`"
)]
pub struct DestinationError {
    text: String,
    reason: &'static str,
}

impl Destination {
    /// Whether TLS is to be spoken between applications of DICOM.
    pub fn is_over_tls(&self) -> bool {
        match self {
            Self::Dicom(peer) => peer.transport == Transport::Tls,
            Self::Web(_) => false,
        }
    }
}

impl FromStr for Destination {
    type Err = DestinationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let tls = text.strip_prefix(TLS_PREFIX);
        if let Some((scheme, rest)) = text.split_once("://").filter(|_| tls.is_none()) {
            let wrong = |reason| {
                // A password is not repeated.
                let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
                let text = format!("{scheme}://{rest}");
                DestinationError { text, reason }
            };
            return web(scheme, rest).map(Self::Web).map_err(wrong);
        }
        let wrong = |reason| DestinationError {
            text: text.to_owned(),
            reason,
        };
        let peer = match tls {
            Some(text) => dicom(text, Transport::Tls),
            None => dicom(text, Transport::Plain),
        };
        peer.map(Self::Dicom).map_err(wrong)
    }
}

fn dicom(text: &str, transport: Transport) -> Result<DicomPeer, &'static str> {
    let (title, address) = text.rsplit_once('@').ok_or("no `@` behind an AE title")?;
    let (host, port) = address.rsplit_once(':').ok_or("no port")?;
    let is_bracketed = host.starts_with('[') && host.ends_with(']');
    if host.is_empty() || (host.contains(':') && !is_bracketed) {
        return Err("no host");
    }
    Ok(DicomPeer {
        transport,
        ae_title: title.parse().map_err(|_| "its AE title is none")?,
        host: host.to_owned(),
        port: port.parse().map_err(|_| "its port is none")?,
    })
}

fn web(scheme: &str, rest: &str) -> Result<WebPeer, &'static str> {
    if !matches!(scheme, "http" | "https") {
        return Err("neither `http` nor `https`");
    }
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (user, host) = match host.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, host),
    };
    let path = path.trim_end_matches('/');
    let path = path.strip_suffix("/studies").unwrap_or(path);
    let url = format!("{scheme}://{host}/{path}");
    let url = url.trim_end_matches('/').to_owned();
    let uri: Uri = url.parse().map_err(|_| "no address")?;
    if uri.host().is_none_or(str::is_empty) || uri.query().is_some() {
        return Err("no address of a service");
    }
    let authorization = user.map(|user| format!("Basic {}", BASE64_STANDARD.encode(user)));
    Ok(WebPeer { url, authorization })
}

impl fmt::Display for Destination {
    /// Without user and password.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dicom(peer) => {
                let prefix = match peer.transport {
                    Transport::Plain => "",
                    Transport::Tls => TLS_PREFIX,
                };
                let DicomPeer {
                    ae_title,
                    host,
                    port,
                    ..
                } = peer;
                write!(formatter, "{prefix}{ae_title}@{host}:{port}")
            }
            Self::Web(peer) => formatter.pad(&peer.url),
        }
    }
}

impl fmt::Debug for WebPeer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("WebPeer");
        shown.field("url", &self.url).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Result<String, String> {
        let parsed = text.parse::<Destination>();
        parsed
            .map(|destination| destination.to_string())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn destinations_are_applications_or_services() {
        for (text, name) in [
            ("PACS@10.0.0.1:104", "PACS@10.0.0.1:104"),
            ("A B@host:11112", "A B@host:11112"),
            ("PACS@[::1]:104", "PACS@[::1]:104"),
            ("dicom-tls://PACS@h:2762", "dicom-tls://PACS@h:2762"),
            ("https://h/dicom-web/", "https://h/dicom-web"),
            ("http://h:8042/dicom-web/studies", "http://h:8042/dicom-web"),
            ("http://u:p@h:8042/dicom-web", "http://h:8042/dicom-web"),
        ] {
            assert_eq!(shown(text).as_deref(), Ok(name));
        }
        for text in [
            "",
            "PACS",
            "PACS@h",
            "@h:1",
            "PACS@:1",
            "PACS@h:x",
            "PACS@::1:1",
            "ftp://h",
            "dicom-tls://h:2762",
        ] {
            assert!(shown(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_password_is_sent_and_never_shown() {
        let Ok(Destination::Web(peer)) = "http://ada:secret@h/d".parse() else {
            panic!("an address");
        };
        // RFC 7617 with Python's `base64.b64encode(b"ada:secret")`.
        assert_eq!(
            peer.authorization.as_deref(),
            Some("Basic YWRhOnNlY3JldA==")
        );
        assert!(!format!("{peer:?}").contains("YWRh"));
        let error = shown("gopher://ada:secret@h/d").expect_err("no scheme");
        assert!(!error.contains("secret"), "{error}");
    }
}
