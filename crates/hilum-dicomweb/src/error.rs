//! Why instances could not be fetched.

use hilum_core::Cancelled;
use thiserror::Error;

use crate::multipart::MultipartError;

/// Why instances could not be fetched.
#[derive(Debug, Error)]
pub enum DicomWebError {
    /// Nobody answers.
    #[error(
        "cannot reach `{url}`\nhint: is the server up, and its name right? behind a proxy, set HTTPS_PROXY; with a certificate of its own, name its file with SSL_CERT_FILE"
    )]
    Unreachable {
        /// The address.
        url: String,
        /// What is in the way.
        #[source]
        source: Box<ureq::Error>,
    },
    /// The server wants to know who asks: 401 or 403.
    #[error(
        "`{url}` may not be read: the server answers {status}\n\
         hint: give a token with `--dicomweb-token-file` or HILUM_DICOMWEB_TOKEN, or a name with \
         HILUM_DICOMWEB_USER and HILUM_DICOMWEB_PASSWORD"
    )]
    Refused {
        /// The address.
        url: String,
        /// The status.
        status: u16,
    },
    /// There is no such thing: 404 or 410.
    #[error(
        "`{url}` does not exist: the server answers {status}\n\
         hint: are the identifiers right, and is what comes before `/studies` the address of its \
         DICOMweb service?"
    )]
    NotFound {
        /// The address.
        url: String,
        /// The status.
        status: u16,
    },
    /// The server answers something else.
    #[error(
        "`{url}` cannot be read: the server answers {status}\nhint: try again later, or ask whoever runs the server"
    )]
    Status {
        /// The address.
        url: String,
        /// The status.
        status: u16,
    },
    /// It leads elsewhere, where credentials must not go unasked.
    #[error("`{url}` leads to `{target}`\nhint: give that address instead, if it is the right one")]
    Redirect {
        /// The address.
        url: String,
        /// Where it leads.
        target: String,
    },
    /// An answer broke off.
    #[error("the answer of `{url}` broke off\nhint: the same command tries again")]
    Dropped {
        /// The address.
        url: String,
        /// What is in the way.
        #[source]
        source: std::io::Error,
    },
    /// An answer that is no list of instances.
    #[error(
        "`{url}` answers no list of DICOM objects\nhint: is what comes before `/studies` the address of a DICOMweb service?"
    )]
    NoList {
        /// The address.
        url: String,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
    /// An answer that holds no instance.
    #[error(
        "`{url}` answers `{content_type}`, no DICOM instance\nhint: a proxy or a login page may answer in its place"
    )]
    NoInstance {
        /// The address.
        url: String,
        /// What came.
        content_type: String,
    },
    /// Parts that are none.
    #[error("the answer of `{url}` is damaged\nhint: try again; a proxy may have changed it")]
    Multipart {
        /// The address.
        url: String,
        /// What is wrong.
        #[source]
        source: MultipartError,
    },
    /// More than is taken.
    #[error("`{url}` has more than {limit} {what}\nhint: give one series, with `/series/UID`")]
    TooMuch {
        /// The address.
        url: String,
        /// How much is taken.
        limit: u64,
        /// Of what.
        what: &'static str,
    },
    /// Nothing to look at.
    #[error(
        "`{url}` has no CT images\nhint: give one series, with `/series/UID`, if they are there under another modality"
    )]
    NoImages {
        /// The address.
        url: String,
    },
    /// Somebody asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl DicomWebError {
    /// Whether another attempt may do better.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Dropped { .. } | Self::Multipart { .. } => true,
            Self::Status { status, .. } => matches!(status, 408 | 429 | 500 | 502..=599),
            Self::Unreachable { source, .. } => {
                let said = source.to_string().to_lowercase();
                matches!(&**source, ureq::Error::Io(_) | ureq::Error::Timeout(_))
                    && !said.contains("certificate")
            }
            _ => false,
        }
    }

    /// Whether the user can mend it: an address that is wrong, or nothing behind it.
    pub fn is_bad_input(&self) -> bool {
        matches!(
            self,
            Self::Refused { .. }
                | Self::NotFound { .. }
                | Self::Redirect { .. }
                | Self::NoList { .. }
                | Self::NoImages { .. }
                | Self::NoInstance { .. }
                | Self::TooMuch { .. }
        )
    }
}
