//! Why weights could not be fetched.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use hilum_core::Cancelled;
use thiserror::Error;

/// Why weights could not be fetched. Whatever it was, the cache holds no part of them as whole.
#[derive(Debug, Error)]
pub enum FetchError {
    /// There is no place to keep them.
    #[error(
        "cannot keep `{name}`: this system names no cache folder\n\
         hint: name one with the variable HILUM_CACHE"
    )]
    NoCacheFolder {
        /// What was asked for.
        name: String,
    },
    /// The network must not be touched.
    #[error(
        "`{name}` is not in the cache, and HILUM_OFFLINE forbids fetching it\n\
         hint: fetch `{url}` elsewhere{} and give it with `--weights FILE`",
        expected.as_deref().map(|sum| format!(" (it has {sum})")).unwrap_or_default()
    )]
    Offline {
        /// What was asked for.
        name: String,
        /// Where it is published.
        url: String,
        /// Its checksum, if it is known.
        expected: Option<String>,
    },
    /// Nobody answers.
    #[error("cannot reach `{url}`\nhint: {}", advice(source, url))]
    Unreachable {
        /// The address.
        url: String,
        /// What is in the way.
        #[source]
        source: Box<ureq::Error>,
    },
    /// The server wants to know who asks: 401 or 403.
    #[error(
        "`{url}` may not be fetched: the server answers {status}\n\
         hint: {}",
        if *has_token {
            "the token in HF_TOKEN may not read it, or it does not exist"
        } else {
            "for a private or gated repository of the Hugging Face hub, set HF_TOKEN; if there \
             is no such file, the hub answers the same"
        }
    )]
    Refused {
        /// The address.
        url: String,
        /// The status.
        status: u16,
        /// Whether a token was sent.
        has_token: bool,
    },
    /// There is no such file: 404 or 410.
    #[error(
        "`{url}` does not exist: the server answers {status}\nhint: is the name right, and the mirror complete?"
    )]
    NotFound {
        /// The address.
        url: String,
        /// The status.
        status: u16,
    },
    /// The server answers something else than the file.
    #[error(
        "`{url}` cannot be fetched: the server answers {status}\nhint: try again later, or fetch it elsewhere and give it with `--weights FILE`"
    )]
    Status {
        /// The address.
        url: String,
        /// The status.
        status: u16,
    },
    /// The server leads somewhere else, which cannot be followed.
    #[error("`{url}` leads to `{target}`: {reason}")]
    Redirect {
        /// The address.
        url: String,
        /// Where it leads.
        target: String,
        /// Why that is not followed.
        reason: &'static str,
    },
    /// The file came only in part, as often as it was tried.
    #[error(
        "the download of `{url}` broke off {}\n\
         hint: the same command tries again, and goes on with what is there if it can",
        progress(*received, *total)
    )]
    Dropped {
        /// The address.
        url: String,
        /// Bytes that came.
        received: u64,
        /// Bytes that were announced.
        total: Option<u64>,
        /// What is in the way.
        #[source]
        source: DroppedConnection,
    },
    /// A page for people came instead.
    #[error(
        "`{url}` sends a web page, no weights\n\
         hint: a proxy or a login page may answer in its place; open the address in a browser"
    )]
    WebPage {
        /// The address.
        url: String,
    },
    /// Nothing came.
    #[error("`{url}` is an empty file")]
    Empty {
        /// The address.
        url: String,
    },
    /// Something else came than was published.
    #[error(
        "`{url}` sends another file than was published: expected {expected}, found {found}\n\
         hint: nothing of it was kept; a mirror or proxy may have changed it, try another network"
    )]
    Checksum {
        /// The address.
        url: String,
        /// What its publisher names.
        expected: String,
        /// What came.
        found: String,
    },
    /// The disk or the folder refuses.
    #[error("cannot write `{}`{}", path.display(), full_disk(source))]
    Write {
        /// The file.
        path: PathBuf,
        /// What is in the way.
        #[source]
        source: io::Error,
    },
    /// The cache cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What is in the way.
        #[source]
        source: io::Error,
    },
    /// Somebody asked to stop. What came so far waits for the next attempt.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// How a body ended before its time.
#[derive(Debug, Error)]
pub enum DroppedConnection {
    /// With an error.
    #[error(transparent)]
    Failed(#[from] io::Error),
    /// As if it were complete.
    #[error("the server closed the connection")]
    Closed,
    /// What came is no continuation of what was there.
    #[error("the server does not go on where it was asked to")]
    NotContinued,
}

impl FetchError {
    pub(crate) fn write(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        Self::Write { path, source }
    }

    pub(crate) fn read(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        Self::Read { path, source }
    }

    /// Whether another attempt may do better.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Dropped { .. } => true,
            Self::Status { status, .. } => matches!(status, 408 | 429 | 500..=599),
            Self::Unreachable { source, .. } => {
                matches!(&**source, ureq::Error::Io(_) | ureq::Error::Timeout(_))
                    && !is_certificate(source)
            }
            _ => false,
        }
    }
}

/// `after 3 of 14 bytes`.
fn progress(received: u64, total: Option<u64>) -> String {
    let total = total.map(|total| format!(" of {total}"));
    format!("after {received}{} bytes", total.unwrap_or_default())
}

fn advice(error: &ureq::Error, url: &str) -> String {
    if is_certificate(error) {
        return "if your network has a certificate of its own, name its file with the variable \
                SSL_CERT_FILE"
            .to_owned();
    }
    if matches!(
        error,
        ureq::Error::ConnectProxyFailed(_) | ureq::Error::InvalidProxyUrl
    ) {
        return "look at the variables HTTPS_PROXY, ALL_PROXY and NO_PROXY".to_owned();
    }
    format!(
        "behind a proxy, set HTTPS_PROXY; without a network, fetch `{url}` elsewhere and give it \
         with `--weights FILE`"
    )
}

fn is_certificate(error: &ureq::Error) -> bool {
    let said = error.to_string().to_lowercase();
    matches!(error, ureq::Error::Rustls(_) | ureq::Error::Tls(_)) || said.contains("certificate")
}

fn full_disk(error: &io::Error) -> FullDisk {
    FullDisk(matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    ))
}

/// A hint, if the disk is full.
struct FullDisk(bool);

impl fmt::Display for FullDisk {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 {
            let hint = "\nhint: the disk is full; make room, or move the cache with HILUM_CACHE";
            formatter.write_str(hint)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_called_one() {
        let full = io::Error::from(io::ErrorKind::StorageFull);
        let text = FetchError::write(Path::new("w.pth"), full).to_string();
        assert!(
            text.contains("`w.pth`") && text.contains("HILUM_CACHE"),
            "{text}"
        );
        let other = io::Error::from(io::ErrorKind::PermissionDenied);
        let text = FetchError::write(Path::new("w.pth"), other).to_string();
        assert_eq!(text, "cannot write `w.pth`");
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let status = |status| FetchError::Status {
            url: String::new(),
            status,
        };
        assert!(status(503).may_pass() && status(429).may_pass());
        assert!(!status(400).may_pass());
        let nowhere = FetchError::Unreachable {
            url: String::new(),
            source: Box::new(ureq::Error::HostNotFound),
        };
        assert!(!nowhere.may_pass());
    }
}
