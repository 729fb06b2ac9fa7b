//! What a node does.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConfig, ServerConfig};

use crate::{AeTitle, Destination, NodeError};

/// What a node does; [`NodeSettings::new`] has what most want.
#[derive(Debug, Clone)]
pub struct NodeSettings {
    /// Where it listens; port 0 is any free one.
    pub address: SocketAddr,
    /// What it is called; associations that call something else are rejected.
    pub ae_title: AeTitle,
    /// Who may send.
    pub callers: Callers,
    /// Where instances, results and the queue are kept.
    pub folder: PathBuf,
    /// A series is complete when nothing came for so long.
    pub quiet: Duration,
    /// So long if the connection that brought it broke off: its sender is given time to begin again.
    pub quiet_after_break: Duration,
    /// Where results go.
    pub destinations: Vec<Destination>,
    /// How long is tried to send a result.
    pub retries: Retries,
    /// What is kept of series that are done.
    pub retention: Retention,
    /// Whether patients' names enter the queue.
    pub names: PatientNames,
    /// What one sender may ask for.
    pub limits: Limits,
    /// How TLS is spoken.
    pub tls: NodeTls,
}

/// How TLS is spoken.
#[derive(Debug, Clone, Default)]
pub struct NodeTls {
    /// With those who send: nothing else is, then.
    pub server: Option<Arc<ServerConfig>>,
    /// With destinations that are to be spoken with over TLS.
    pub client: Option<Arc<ClientConfig>>,
}

/// Who may send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Callers {
    /// Anyone, as long as only this machine can reach the node.
    AnyHere,
    /// Anyone who reaches it.
    Anyone,
    /// These.
    Only(BTreeSet<AeTitle>),
}

/// How long is tried to send a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    /// Between the first try and the second; twice as long before each further one,
    pub first: Duration,
    /// up to this.
    pub longest: Duration,
    /// After which a result is given up.
    pub give_up_after: Duration,
}

/// What is kept of series that are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// How long anything is known of a series.
    pub age: Duration,
    /// How much room its instances may take; those of the oldest go first.
    pub bytes: u64,
}

/// Whether patients' names enter the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatientNames {
    /// They stay in the instances.
    LeaveOut,
    /// They stand beside their series.
    Keep,
}

/// What one sender may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Associations at once.
    pub associations: usize,
    /// Bytes of a PDU; more are not read.
    pub pdu_bytes: u32,
    /// Bytes of an instance.
    pub instance_bytes: u64,
    /// Until the association is asked for (the ARTIM timer of PS3.8 9.1.4).
    pub request: Duration,
    /// Until the next PDU of a message.
    pub pdu: Duration,
    /// Until a message is complete.
    pub message: Duration,
    /// Until the next message begins.
    pub idle: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            longest: Duration::from_mins(1),
            give_up_after: Duration::from_hours(72),
        }
    }
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            age: Duration::from_hours(24 * 7),
            bytes: 50 << 30,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            associations: 16,
            pdu_bytes: 128 << 10,
            instance_bytes: 1 << 30,
            request: Duration::from_secs(10),
            pdu: Duration::from_secs(30),
            message: Duration::from_mins(10),
            idle: Duration::from_mins(1),
        }
    }
}

impl NodeSettings {
    /// Without a word, a series is complete after so long.
    pub const QUIET: Duration = Duration::from_secs(2);
    /// A sender that was cut off is waited for so long.
    pub const QUIET_AFTER_BREAK: Duration = Duration::from_mins(1);

    /// A node that sends nowhere.
    pub fn new(address: SocketAddr, ae_title: AeTitle, folder: PathBuf) -> Self {
        Self {
            address,
            ae_title,
            callers: Callers::AnyHere,
            folder,
            quiet: Self::QUIET,
            quiet_after_break: Self::QUIET_AFTER_BREAK,
            destinations: Vec::new(),
            retries: Retries::default(),
            retention: Retention::default(),
            names: PatientNames::LeaveOut,
            limits: Limits::default(),
            tls: NodeTls::default(),
        }
    }

    /// Nobody opens a node to a network without saying to whom, nor speaks TLS without saying whom to
    /// trust.
    ///
    /// # Errors
    /// [`NodeError::OpenToAll`], [`NodeError::NoTrust`].
    pub fn check(&self) -> Result<(), NodeError> {
        if self.callers == Callers::AnyHere && !self.address.ip().is_loopback() {
            let address = self.address;
            return Err(NodeError::OpenToAll { address });
        }
        if let Some(destination) = self.destinations.iter().find(|one| one.is_over_tls())
            && self.tls.client.is_none()
        {
            let destination = destination.to_string();
            return Err(NodeError::NoTrust { destination });
        }
        Ok(())
    }
}

impl Callers {
    pub(crate) fn allow(&self, title: &str) -> bool {
        match self {
            Self::AnyHere | Self::Anyone => true,
            Self::Only(titles) => titles.iter().any(|one| one.as_str() == title),
        }
    }
}
