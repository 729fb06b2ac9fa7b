//! By what a server knows us, and how much and how long it may answer.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hilum_hub::{Patience, Proxies};

/// How instances are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DicomWebSettings {
    /// By what a server knows us; sent to the server of the address alone.
    pub credentials: Credentials,
    /// Through which hosts it is reached.
    pub proxies: Proxies,
    /// How long is waited, and how often is tried.
    pub patience: Patience,
    /// What is more is refused.
    pub limits: Limits,
}

/// By what a server knows us.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum Credentials {
    /// Nothing.
    #[default]
    None,
    /// A bearer token (RFC 6750).
    Bearer(String),
    /// Name and password (RFC 7617).
    Basic {
        /// Name.
        user: String,
        /// Password.
        password: String,
    },
}

impl Credentials {
    /// What variables say: `HILUM_DICOMWEB_TOKEN`, or `HILUM_DICOMWEB_USER` and
    /// `HILUM_DICOMWEB_PASSWORD`. An empty one says nothing.
    pub fn from_variables(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let said = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        if let Some(token) = said("HILUM_DICOMWEB_TOKEN") {
            return Self::Bearer(token.trim().to_owned());
        }
        match said("HILUM_DICOMWEB_USER") {
            Some(user) => Self::Basic {
                user,
                password: said("HILUM_DICOMWEB_PASSWORD").unwrap_or_default(),
            },
            None => Self::None,
        }
    }

    /// The value of an `Authorization` header.
    pub(crate) fn header(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Bearer(token) => Some(format!("Bearer {token}")),
            Self::Basic { user, password } => {
                let both = STANDARD.encode(format!("{user}:{password}"));
                Some(format!("Basic {both}"))
            }
        }
    }
}

impl fmt::Debug for Credentials {
    /// Without secrets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::None => "None",
            Self::Bearer(_) => "Bearer(..)",
            Self::Basic { .. } => "Basic { .. }",
        })
    }
}

/// How much is taken of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Instances of an address.
    pub instances: usize,
    /// Bytes of one answer.
    pub answer_bytes: u64,
    /// Bytes of all instances of an address.
    pub total_bytes: u64,
    /// From a request to the end of its answer.
    pub time: Duration,
}

impl Default for Limits {
    /// 10,000 instances, half a gigabyte each, four of them, ten minutes for each.
    fn default() -> Self {
        Self {
            instances: 10_000,
            answer_bytes: 1 << 29,
            total_bytes: 1 << 32,
            time: Duration::from_mins(10),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_before_a_name_and_neither_is_shown() {
        let with = |all: &'static [(&str, &str)]| {
            Credentials::from_variables(&|name| {
                let found = all.iter().find(|(key, _)| *key == name)?;
                Some(found.1.to_owned())
            })
        };
        assert_eq!(with(&[]), Credentials::None);
        // RFC 7617, section 2.
        let basic = with(&[
            ("HILUM_DICOMWEB_USER", "Aladdin"),
            ("HILUM_DICOMWEB_PASSWORD", "open sesame"),
        ]);
        let header = basic.header().unwrap();
        assert_eq!(header, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        let bearer = with(&[
            ("HILUM_DICOMWEB_TOKEN", " abc \n"),
            ("HILUM_DICOMWEB_USER", "x"),
        ]);
        assert_eq!(bearer.header().unwrap(), "Bearer abc");
        let shown = format!("{basic:?} {bearer:?}");
        assert!(
            !shown.contains("sesame") && !shown.contains("abc"),
            "{shown}"
        );
    }
}
