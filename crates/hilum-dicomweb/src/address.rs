//! Where a study, a series or an instance is.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use thiserror::Error;
use ureq::http::Uri;

/// What stands before an address where a path could stand too.
const PREFIX: &str = "dicomweb:";

/// A study, series or instance of a DICOMweb server: `https://HOST/.../studies/UID`, with
/// `/series/UID` and `/instances/UID` behind it (PS3.18 10.1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// What comes before `/studies`.
    pub(crate) service: String,
    pub(crate) study: String,
    pub(crate) series: Option<String>,
    pub(crate) instance: Option<String>,
}

/// Text that is no address of a study.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{address}` is no address of a DICOM study: {reason}\n\
     hint: `dicomweb:https://HOST/PATH/studies/UID`, with `/series/UID` for one series"
)]
pub struct AddressError {
    /// What was given.
    pub address: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl Address {
    /// Whether a path is meant as an address: it begins with `dicomweb:`.
    pub fn is_meant_by(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// The whole of a series.
    pub(crate) fn series(&self, series: &str) -> Self {
        Self {
            series: Some(series.to_owned()),
            instance: None,
            ..self.clone()
        }
    }

    /// An instance of a series.
    pub(crate) fn instance(&self, series: &str, instance: &str) -> Self {
        Self {
            instance: Some(instance.to_owned()),
            ..self.series(series)
        }
    }

    /// Without `dicomweb:`.
    pub(crate) fn url(&self) -> String {
        let Self { service, study, .. } = self;
        let series = self.series.as_ref();
        let series = series.map_or_else(String::new, |uid| format!("/series/{uid}"));
        let instance = self.instance.as_ref();
        let instance = instance.map_or_else(String::new, |uid| format!("/instances/{uid}"));
        format!("{service}/studies/{study}{series}{instance}")
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let wrong = |reason| AddressError {
            address: without_user(text),
            reason,
        };
        let url = text.strip_prefix(PREFIX).unwrap_or(text);
        let url = url.trim_end_matches('/');
        let uri: Uri = url.parse().map_err(|_| wrong("it is no web address"))?;
        let host = uri.host().ok_or_else(|| wrong("it names no host"))?;
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if is_this_machine(host) => {}
            Some("http") => return Err(wrong("it is not encrypted; only `https://` is")),
            _ => return Err(wrong("it begins with neither `https://` nor `http://`")),
        }
        if uri.authority().is_some_and(|it| it.as_str().contains('@')) {
            return Err(wrong(
                "it holds a user, which would be seen; see the variables",
            ));
        }
        if uri.query().is_some() || url.contains('#') {
            return Err(wrong("it goes on after the identifiers"));
        }
        let (service, named) = url
            .rsplit_once("/studies/")
            .ok_or_else(|| wrong("it names no study"))?;
        let mut parts = named.split('/');
        let mut uid = |name: Option<&str>| -> Result<Option<String>, AddressError> {
            if let Some(name) = name {
                match parts.next() {
                    None => return Ok(None),
                    Some(found) if found == name => {}
                    Some(_) => return Err(wrong("behind the study it names no series")),
                }
            }
            match parts.next() {
                Some(uid) if is_uid(uid) => Ok(Some(uid.to_owned())),
                _ => Err(wrong("an identifier is digits and points, 64 at most")),
            }
        };
        let study = uid(None)?.unwrap_or_default();
        let (series, instance) = (uid(Some("series"))?, uid(Some("instances"))?);
        if parts.next().is_some() {
            return Err(wrong("it goes on after the identifiers"));
        }
        Ok(Self {
            service: service.to_owned(),
            study,
            series,
            instance,
        })
    }
}

impl fmt::Display for Address {
    /// As a path of answers: with `dicomweb:`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{PREFIX}{}", self.url())
    }
}

/// Whether text is an identifier (PS3.5 9.1).
pub(crate) fn is_uid(text: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.len() <= 64 && text.split('.').all(is_part)
}

fn is_this_machine(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let is_loopback = |address: IpAddr| address.is_loopback();
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(is_loopback)
}

/// An address as it may be shown: without user and password.
fn without_user(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let end = rest.find('/').unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn studies_series_and_instances_are_addressed() {
        for text in [
            "dicomweb:https://pacs.org/dicom-web/studies/1.2.3",
            "dicomweb:https://pacs.org:8443/a/b/studies/1.2/series/3.4",
            "dicomweb:http://127.0.0.1:8042/dicom-web/studies/1/series/2/instances/3",
            "dicomweb:http://[::1]:80/studies/1",
            "dicomweb:http://localhost/studies/1",
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        let address: Address = "https://h/studies/1/".parse().unwrap();
        assert_eq!(address.to_string(), "dicomweb:https://h/studies/1");
    }

    #[test]
    fn what_is_no_study_or_would_be_overheard_is_refused() {
        for text in [
            "dicomweb:http://pacs.org/studies/1.2",
            "dicomweb:https://pacs.org/dicom-web",
            "dicomweb:https://pacs.org/studies/",
            "dicomweb:https://pacs.org/studies/a",
            "dicomweb:https://pacs.org/studies/1/frames/2",
            "dicomweb:https://pacs.org/studies/1/series/2/instances/3/frames/4",
            "dicomweb:https://pacs.org/studies/1?x=2",
            "dicomweb:https://pacs.org/studies/1/series/..",
            "dicomweb:ftp://pacs.org/studies/1",
            "dicomweb:studies/1",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_refused_and_not_repeated() {
        let text = "dicomweb:https://me:secret@pacs.org/studies/1";
        let said = text.parse::<Address>().unwrap_err().to_string();
        assert!(
            !said.contains("secret") && said.contains("pacs.org"),
            "{said}"
        );
    }
}
