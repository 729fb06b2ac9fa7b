//! Why objects cannot be listed or read.

use hilum_core::Cancelled;
use thiserror::Error;

use crate::AddressError;

/// Why objects cannot be listed or read.
#[derive(Debug, Error)]
pub enum StoreError {
    /// No address.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// Variables that say how a store is reached, and cannot be used.
    #[error(
        "`{address}` cannot be reached as the environment says\n\
         hint: see the variables `AWS_*`, `GOOGLE_*` and `AZURE_*`"
    )]
    Settings {
        /// Bucket or server.
        address: String,
        /// What is wrong.
        source: ServerSaid,
    },
    /// No object has that name, and none lies below it.
    #[error(
        "nothing is at `{address}`\n\
         hint: names are told apart by upper and lower case; a folder's ends with `/`"
    )]
    Nothing {
        /// Which.
        address: String,
    },
    /// A server that knows us not, or not well enough.
    #[error(
        "`{address}` is refused\n\
         hint: credentials come from variables such as `AWS_ACCESS_KEY_ID`; a public bucket takes \
         `AWS_SKIP_SIGNATURE=true`"
    )]
    Refused {
        /// Which.
        address: String,
        /// What the server said.
        source: ServerSaid,
    },
    /// A listing that fails.
    #[error("what is at `{address}` cannot be listed")]
    List {
        /// Which.
        address: String,
        /// Why.
        source: ServerSaid,
    },
    /// A web server that tells nobody what it holds.
    #[error(
        "`{address}` does not list what it holds\n\
         hint: web servers that speak WebDAV do; else name the objects in a file with `--listing`"
    )]
    NoListing {
        /// Which.
        address: String,
        /// What the server said.
        source: ServerSaid,
    },
    /// An object that does not come, after all attempts.
    #[error("`{address}` cannot be fetched")]
    Fetch {
        /// Which.
        address: String,
        /// Why.
        source: ServerSaid,
    },
    /// An object that is not there any more.
    #[error("`{address}` is not there")]
    Gone {
        /// Which.
        address: String,
    },
    /// An object that is larger than a slice can be.
    #[error(
        "`{address}` has {size} bytes, more than the limit of {limit}\n\
         hint: if it is meant to be this large, raise the limit with `--max-pixels`"
    )]
    Size {
        /// Which.
        address: String,
        /// Its bytes.
        size: u64,
        /// How many it may have.
        limit: u64,
    },
    /// The system has no more threads.
    #[error("cannot start threads")]
    Threads {
        /// What the system said.
        source: std::io::Error,
    },
    /// Somebody asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl StoreError {
    /// Whether the user can mend it; else the network or a server failed.
    pub fn is_bad_input(&self) -> bool {
        !matches!(
            self,
            Self::List { .. } | Self::Fetch { .. } | Self::Threads { .. } | Self::Cancelled(_)
        )
    }

    /// What is wrong with how a store is to be reached.
    pub(crate) fn of_settings(address: &str, error: &object_store::Error) -> Self {
        Self::Settings {
            address: address.to_owned(),
            source: error.into(),
        }
    }

    /// What a store said of a listing.
    pub(crate) fn of_list(address: String, is_web: bool, error: &object_store::Error) -> Self {
        let source = ServerSaid::from(error);
        match error {
            object_store::Error::NotFound { .. } => Self::Nothing { address },
            object_store::Error::PermissionDenied { .. }
            | object_store::Error::Unauthenticated { .. } => Self::Refused { address, source },
            _ if is_web => Self::NoListing { address, source },
            // A bucket that is not there is no kind of its own.
            _ if source.text.contains("404 Not Found") => Self::Nothing { address },
            _ => Self::List { address, source },
        }
    }

    /// What a store said of an object.
    pub(crate) fn of_fetch(address: String, error: &object_store::Error) -> Self {
        let source = error.into();
        match error {
            object_store::Error::NotFound { .. } => Self::Gone { address },
            object_store::Error::PermissionDenied { .. }
            | object_store::Error::Unauthenticated { .. } => Self::Refused { address, source },
            _ => Self::Fetch { address, source },
        }
    }
}

/// What `object_store` says of a failure, its causes among it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{text}")]
pub struct ServerSaid {
    text: String,
}

impl From<&object_store::Error> for ServerSaid {
    fn from(error: &object_store::Error) -> Self {
        Self {
            text: error.to_string().trim_end().to_owned(),
        }
    }
}
