//! The flags of the DICOM node that runs beside the page.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hilum_core::Cancel;
use hilum_node::{
    AeTitle, Callers, Destination, ModelPredictor, Node, NodeError, NodeSettings, NodeTls, Notice,
    PatientNames, Retention,
};
use hilum_serve::{Entry, Journal as _, Level};
use hilum_tls::{TlsFiles, client_config, server_config};

use super::Log;
use crate::error::CommandError;

/// Whoever reaches the node.
const ANYONE: &str = "*";
/// The folder of a node that nobody gave another.
const FOLDER: &str = "hilum-node";
const GIGABYTE: u64 = 1_000_000_000;

/// A node beside the PACS.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "DICOM")]
pub(super) struct NodeArguments {
    /// Receive series by C-STORE here, and have each predicted once
    #[arg(long, value_name = "HOST:PORT")]
    dicom: Option<String>,

    /// What the node is called; whoever calls something else is rejected
    #[arg(long, value_name = "TITLE", default_value = "HILUM")]
    ae_title: AeTitle,

    /// Who may send, again for each; `*` is anyone. Anyone on this machine, if left out
    #[arg(long, value_name = "TITLE", requires = "dicom")]
    calling_ae: Vec<String>,

    /// Where instances, results and the queue are kept
    #[arg(long, value_name = "DIR", default_value = FOLDER)]
    dicom_folder: PathBuf,

    /// Send results there, by C-STORE or STOW-RS; again for each
    #[arg(long, value_name = "AE@HOST:PORT|URL", requires = "dicom")]
    send_to: Vec<Destination>,

    /// A series is complete when nothing came for so long
    #[arg(long, value_name = "SECONDS", default_value_t = NodeSettings::QUIET.as_secs_f64())]
    quiet_seconds: f64,

    /// How long series that are done are known
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    keep_days: u64,

    /// How much room their instances may take; the oldest go first
    #[arg(long, value_name = "GIGABYTES", default_value_t = 50)]
    keep_gb: u64,

    /// The certificate of the node, in PEM, and those that lead to its issuer: it speaks TLS alone
    #[arg(
        long,
        value_name = "FILE",
        requires = "dicom",
        requires = "dicom_tls_key"
    )]
    dicom_tls_cert: Option<PathBuf>,

    /// Its private key, in PEM
    #[arg(long, value_name = "FILE", requires = "dicom_tls_cert")]
    dicom_tls_key: Option<PathBuf>,

    /// Certificates that vouch for whom TLS is spoken with: senders must show one that they vouch
    /// for. For destinations those of this system, if left out
    #[arg(long, value_name = "FILE", requires = "dicom")]
    dicom_tls_ca: Option<PathBuf>,

    /// Let patients' names enter the database of the queue
    #[arg(long, requires = "dicom")]
    keep_names: bool,
}

impl NodeArguments {
    /// What the node is to be; `None` if nobody wants one.
    pub(super) fn settings(&self) -> Result<Option<NodeSettings>, CommandError> {
        let Some(address) = &self.dicom else {
            return Ok(None);
        };
        let address = resolve(address)?;
        let folder = self.dicom_folder.clone();
        let mut settings = NodeSettings::new(address, self.ae_title.clone(), folder);
        settings.callers = match &self.calling_ae[..] {
            [] => Callers::AnyHere,
            titles if titles.iter().any(|title| title == ANYONE) => Callers::Anyone,
            titles => {
                let titles = titles.iter().map(|title| title.parse());
                Callers::Only(titles.collect::<Result<_, _>>().map_err(NodeError::from)?)
            }
        };
        settings.quiet =
            Duration::try_from_secs_f64(self.quiet_seconds).map_err(|_| NodeError::Quiet)?;
        settings.destinations.clone_from(&self.send_to);
        settings.retention = Retention {
            age: Duration::from_hours(self.keep_days.saturating_mul(24)),
            bytes: self.keep_gb.saturating_mul(GIGABYTE),
        };
        if self.keep_names {
            settings.names = PatientNames::Keep;
        }
        settings.tls = self.tls()?;
        settings.check()?;
        Ok(Some(settings))
    }

    fn tls(&self) -> Result<NodeTls, NodeError> {
        let (cert, key) = (self.dicom_tls_cert.clone(), self.dicom_tls_key.clone());
        let own = cert.zip(key);
        let own = own.map(|(certificates, key)| TlsFiles { certificates, key });
        let issuers = self.dicom_tls_ca.as_deref();
        let server = own.as_ref().map(|own| server_config(own, issuers));
        let is_client = self.send_to.iter().any(Destination::is_over_tls);
        let client = is_client.then(|| client_config(issuers, own.as_ref()));
        Ok(NodeTls {
            server: server.transpose()?.map(Arc::new),
            client: client.transpose()?.map(Arc::new),
        })
    }
}

/// Starts a node that writes what happens into `log`.
pub(super) fn start(
    settings: NodeSettings,
    predictor: ModelPredictor,
    cancel: Cancel,
    log: Log,
) -> Result<Node, CommandError> {
    let listener = move |notice: &Notice| {
        let level = if notice.is_warning() {
            Level::Warning
        } else {
            Level::Info
        };
        let entry = Entry::new(level, "dicom");
        log.note(&entry.with("says", notice.to_string()));
    };
    let node = Node::start(settings, Box::new(predictor), cancel, Box::new(listener))?;
    Ok(node)
}

/// The first address of a name.
fn resolve(text: &str) -> Result<SocketAddr, NodeError> {
    let unknown = |source: io::Error| NodeError::Address {
        text: text.to_owned(),
        source,
    };
    let mut found = text.to_socket_addrs().map_err(unknown)?;
    let nothing = || unknown(io::ErrorKind::NotFound.into());
    found.next().ok_or_else(nothing)
}
