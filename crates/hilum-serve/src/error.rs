//! Why a server does not start or stops.

use std::io;
use std::path::PathBuf;

use hilum_experiment::ExperimentError;
use thiserror::Error;

use crate::access::TokenError;
use hilum_tls::TlsError;

/// Why a server does not start or stops.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Anybody on the network could ask.
    #[error(
        "`{address}` can be reached from other machines, and anybody there could ask\n\
         hint: name a file with a secret by `--token-file`, say `--behind-proxy` if a proxy asks who \
         comes, or listen on `127.0.0.1` alone"
    )]
    Open {
        /// Where it was to listen.
        address: String,
    },
    /// No place to listen at.
    #[error("`{address}` is no address\nhint: write `HOST:PORT`, such as `127.0.0.1:8080`")]
    Address {
        /// What was given.
        address: String,
        /// Why not.
        source: io::Error,
    },
    /// Somebody else listens there.
    #[error(
        "`{address}` is taken by another program\n\
         hint: choose another port with `--address`, or any free one with port 0"
    )]
    Taken {
        /// Where it was to listen.
        address: String,
    },
    /// The system does not let us listen.
    #[error("cannot listen on `{address}`")]
    Listen {
        /// Where it was to listen.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// Two models of one name.
    #[error("two models are called `{name}`\nhint: give one another name: `--model NAME=FILE`")]
    SameName {
        /// The name.
        name: String,
    },
    /// A model cannot be opened.
    #[error(transparent)]
    Model(Box<ExperimentError>),
    /// No token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// No certificate or key.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Another server keeps its jobs there.
    #[error(
        "another server keeps its jobs in `{folder}`\n\
         hint: give each server a folder of its own by `--jobs`"
    )]
    JobsTaken {
        /// The folder.
        folder: PathBuf,
    },
    /// No place for jobs.
    #[error("cannot keep jobs in `{folder}`")]
    Jobs {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Traces cannot be sent.
    #[error("traces cannot be sent")]
    Traces {
        /// Why not.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The system has no more threads.
    #[error("cannot start threads")]
    Threads {
        /// What the system said.
        source: io::Error,
    },
}

impl From<ExperimentError> for ServeError {
    fn from(error: ExperimentError) -> Self {
        Self::Model(Box::new(error))
    }
}
