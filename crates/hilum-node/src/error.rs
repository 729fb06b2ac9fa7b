//! Why a node does not start, and what goes wrong with its queue.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use hilum_tls::TlsError;
use thiserror::Error;

use crate::AeTitleError;

/// Why a node does not start.
#[derive(Debug, Error)]
pub enum NodeError {
    /// Anyone could send.
    #[error(
        "`{address}` can be reached from other machines, and nobody is said to be allowed to send\n\
         hint: name them with `--calling-ae TITLE`, or allow everyone with `--calling-ae '*'`"
    )]
    OpenToAll {
        /// Where it was to listen.
        address: SocketAddr,
    },
    /// Nobody said whom to trust.
    #[error("`{destination}` is spoken with over TLS, and nobody is said to vouch for it")]
    NoTrust {
        /// Where results were to go.
        destination: String,
    },
    /// Certificates and keys that cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A name that leads to no address.
    #[error("`{text}` is no address\nhint: write `HOST:PORT`, such as `127.0.0.1:11112`")]
    Address {
        /// What was given.
        text: String,
        /// What the system says.
        source: io::Error,
    },
    /// Who may send is no application.
    #[error(transparent)]
    AeTitle(#[from] AeTitleError),
    /// A time that is none.
    #[error("a series cannot be complete after that time\nhint: use seconds, such as `2`")]
    Quiet,
    /// Nobody can listen there.
    #[error("cannot listen on `{address}`\nhint: is another program there? choose another port")]
    Listen {
        /// Where it was to listen.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// Another node has the folder.
    #[error(
        "another node works in `{}`\nhint: end it, or give this one a folder of its own",
        folder.display()
    )]
    FolderTaken {
        /// The folder.
        folder: PathBuf,
    },
    /// The queue cannot be opened.
    #[error("cannot open the queue in `{}`", folder.display())]
    Queue {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: QueueError,
    },
    /// No thread can be started.
    #[error("cannot start a thread")]
    Thread {
        /// What the system says.
        source: io::Error,
    },
}

/// What goes wrong with the queue.
#[derive(Debug, Error)]
pub enum QueueError {
    /// SQLite says no.
    #[error("the database of the queue refuses: {0}")]
    Database(#[from] rusqlite::Error),
    /// The disk says no.
    #[error("the folder of the queue refuses: {0}")]
    Disk(#[from] io::Error),
    /// The database was made by a later hilum.
    #[error(
        "the database has version {found}, and this hilum knows {known}\n\
         hint: use the hilum that made it, or another folder"
    )]
    Version {
        /// What it has.
        found: i64,
        /// What is known.
        known: i64,
    },
}
