//! `hilum serve`: models behind HTTP, and a DICOM node beside the PACS.

mod node;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use clap::{ArgMatches, ValueEnum};
use hilum_core::Cancel;
use hilum_experiment::{ExperimentError, Predict, Sharing};
use hilum_imaging::DecodeLimits;
use hilum_node::{ModelPredictor, Node};
use hilum_serve::{
    Collector, Entry, JobKeeping, Journal, Level, Limits, ModelSource, NodeState, ServeSettings,
    Server, TlsFiles, Token,
};

use crate::arguments::{AnswerArguments, Chosen, OfPrediction};
use crate::error::CommandError;
use crate::screen::{self, DISCLAIMER, Screen};
use crate::surroundings::session;
use node::NodeArguments;

/// What `hilum serve` takes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The page for people is at `/`, KServe v2 at `/v2`, an interface of its own at `/api`, all of it in\n`/openapi.json`, figures for Prometheus at `/metrics`. It listens on this machine alone, unless there\nis a token or a proxy. Ctrl-C ends it when what was asked is answered.\n\nExamples:\n  hilum serve\n  hilum serve --model lung=runs/NAME/model.safetensors --model other=other.safetensors\n  hilum serve --address 0.0.0.0:8443 --token-file token --tls-cert cert.pem --tls-key key.pem\n  hilum serve --dicom 127.0.0.1:11112 --ae-title HILUM --send-to PACS@127.0.0.1:4242\n  curl -F file=@slice.dcm http://127.0.0.1:8080/api/predict"
)]
pub(crate) struct Arguments {
    /// Where to listen; port 0 is any that is free
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    address: String,

    /// A model and what clients call it, again for each; one whose file changes is replaced. The one
    /// that comes with hilum, if left out
    #[arg(long, value_name = "NAME=FILE")]
    model: Vec<ModelSource>,

    /// How every request is written down on stderr
    #[arg(long, value_enum, default_value_t = Log::Text)]
    log: Log,

    /// An OpenTelemetry collector that is told of every request, by OTLP over HTTP, such as
    /// `http://127.0.0.1:4318`; nobody is, if left out
    #[arg(long, value_name = "URL")]
    traces: Option<Collector>,

    #[command(flatten)]
    access: AccessArguments,

    #[command(flatten)]
    load: LoadArguments,

    #[command(flatten)]
    jobs: JobArguments,

    #[command(flatten)]
    node: NodeArguments,

    #[command(flatten)]
    answers: AnswerArguments,

    #[command(flatten)]
    chosen: Chosen<OfPrediction>,
}

/// Who may ask.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Access")]
struct AccessArguments {
    /// A file with a secret that clients send as `Authorization: Bearer SECRET`
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,

    /// A proxy in front asks who comes, and this server does not
    #[arg(long)]
    behind_proxy: bool,

    /// The certificate for HTTPS, in PEM, and those that lead to its issuer
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// Its private key, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

/// How much is taken at once.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Load")]
struct LoadArguments {
    /// Slices that go through the network at once, of however many clients
    #[arg(
        long,
        visible_alias = "batch-size",
        value_name = "COUNT",
        default_value_t = Predict::BATCH
    )]
    batch: NonZeroUsize,

    /// How long a batch that is not full waits for more, while several clients ask
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0)]
    batch_wait: u64,

    /// Requests that are worked on or wait; more are told to come back
    #[arg(long, value_name = "COUNT", default_value_t = Limits::default().requests)]
    max_requests: NonZeroUsize,

    /// Connections that are open
    #[arg(long, value_name = "COUNT", default_value_t = Limits::default().connections)]
    max_connections: NonZeroUsize,

    /// Size of a request's body, in MB
    #[arg(long, value_name = "MEGABYTES", default_value_t = Limits::default().body_bytes / 1_000_000)]
    max_body: usize,

    /// Size of the bodies of all requests, in MB
    #[arg(long, value_name = "MEGABYTES", default_value_t = Limits::default().memory_bytes / 1_000_000)]
    max_memory: usize,

    /// Files of a request, those of an archive counted
    #[arg(long, value_name = "COUNT", default_value_t = Limits::default().files)]
    max_files: usize,

    /// How long a request may be worked on
    #[arg(long, value_name = "SECONDS", default_value_t = Limits::default().time.as_secs())]
    max_time: u64,
}

/// What becomes of jobs.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Jobs")]
struct JobArguments {
    /// The folder of their files, until they are answered, and of their results: what was taken on
    /// outlasts a restart. In memory, if left out
    #[arg(long, value_name = "DIR")]
    jobs: Option<PathBuf>,

    /// How long results are kept
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    jobs_days: u64,

    /// How large all results may be, in MB; the oldest make room. As much may wait to be answered
    #[arg(long, value_name = "MEGABYTES", default_value_t = 1000)]
    jobs_size: u64,
}

/// How entries of the log are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Log {
    /// A line for people
    Text,
    /// An object a line
    Json,
    /// Nothing but what went wrong
    Errors,
}

/// Opens the models, listens, and answers until Ctrl-C.
pub(super) fn run(
    arguments: &Arguments,
    _given: &ArgMatches,
    screen: &Screen,
) -> Result<(), CommandError> {
    let mut settings = arguments.settings()?;
    let session = session(&())?;
    screen.note(DISCLAIMER);
    let node_settings = arguments.node.settings()?;
    // The node asks models that the server opens, and the server asks the node what it has.
    let beside: Arc<OnceLock<Weak<Node>>> = Arc::default();
    if node_settings.is_some() {
        let asked = Arc::clone(&beside);
        let ask = move || serde_json::to_value(asked.get()?.upgrade()?.census().ok()?).ok();
        settings.node = Some(NodeState::new(ask));
    }
    let (policy, decode) = (settings.policy, settings.limits.decode);
    let server = Server::open(settings, Arc::new(arguments.log))?;
    let models = server.models();
    let start = |node_settings| {
        // The node ends with its own word, behind the server.
        let cancel = Cancel::default();
        let mut predictor = ModelPredictor::new(move || models.first(), cancel.clone());
        predictor.policy = policy;
        predictor.limits = decode;
        node::start(node_settings, predictor, cancel, arguments.log)
    };
    let node = node_settings.map(start).transpose()?.map(Arc::new);
    if let Some(node) = &node {
        screen.note(format_args!("DICOM node on {}", node.address()));
        let _ = beside.set(Arc::downgrade(node));
    }
    screen.note(format_args!("listening on {}", server.url()));
    Ok(server.run(session.cancel())?)
}

impl Arguments {
    fn settings(&self) -> Result<ServeSettings, CommandError> {
        let choices = &self.chosen.choices;
        let access = &self.access;
        let token = access.token_file.as_deref().map(Token::read).transpose();
        let mut models = self.model.clone();
        if models.is_empty() {
            models.push(ModelSource::bundled());
        }
        let tls = access.tls_cert.clone().zip(access.tls_key.clone());
        Ok(ServeSettings {
            address: self.address.clone(),
            models,
            machine: choices.machine(),
            instruction_set: session(&())?.instruction_set,
            policy: self.answers.policy().map_err(ExperimentError::from)?,
            sharing: Sharing {
                batch: self.load.batch,
                wait: Duration::from_millis(self.load.batch_wait),
                ..Sharing::default()
            },
            token: token.map_err(hilum_serve::ServeError::from)?,
            is_behind_proxy: access.behind_proxy,
            tls: tls.map(|(certificates, key)| TlsFiles { certificates, key }),
            limits: self.load.limits(choices.max_pixels()),
            jobs: self.jobs.keeping(),
            traces: self.traces.clone(),
            node: None,
        })
    }
}

impl JobArguments {
    fn keeping(&self) -> JobKeeping {
        JobKeeping {
            folder: self.jobs.clone(),
            age: Duration::from_hours(self.jobs_days.saturating_mul(24)),
            bytes: self.jobs_size.saturating_mul(1_000_000),
        }
    }
}

impl LoadArguments {
    fn limits(&self, max_pixels: u64) -> Limits {
        let bytes = |megabytes: usize| megabytes.saturating_mul(1_000_000);
        Limits {
            connections: self.max_connections,
            requests: self.max_requests,
            body_bytes: bytes(self.max_body),
            memory_bytes: bytes(self.max_memory),
            files: self.max_files,
            decode: DecodeLimits { max_pixels },
            time: Duration::from_secs(self.max_time),
            ..Limits::default()
        }
    }
}

impl Journal for Log {
    fn note(&self, entry: &Entry) {
        match self {
            Self::Json => screen::print_log(&serde_json::to_string(entry).unwrap_or_default()),
            Self::Errors if entry.level < Level::Warning => {}
            Self::Text | Self::Errors => screen::print_log(&entry.to_string()),
        }
    }
}
