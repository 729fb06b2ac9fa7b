//! Everything that decides how models are served.

use std::num::NonZeroUsize;
use std::time::Duration;

use hilum_core::Cancel;
use hilum_experiment::settings::MachineSettings;
use hilum_experiment::{Choices, InstructionSet, Observer, Session, Sharing};
use hilum_imaging::DecodeLimits;
use hilum_tls::TlsFiles;
use hilum_trust::Policy;

use crate::access::Token;
use crate::api::{JobKeeping, NodeState};
use crate::models::ModelSource;
use crate::traces::Collector;

/// Everything that decides how models are served.
#[derive(Debug, Clone)]
pub struct ServeSettings {
    /// Where to listen: `HOST:PORT`; port 0 is any that is free.
    pub address: String,
    /// Which models; the first is asked where a request names none.
    pub models: Vec<ModelSource>,
    /// What they run on.
    pub machine: MachineSettings,
    /// What the processor computes with.
    pub instruction_set: InstructionSet,
    /// When there is no answer, and how often sets hold the truth.
    pub policy: Policy,
    /// How requests become batches.
    pub sharing: Sharing,
    /// What clients must know; without it only this machine is listened to.
    pub token: Option<Token>,
    /// Whether a proxy in front of the server says who may ask.
    pub is_behind_proxy: bool,
    /// Certificate and key; plain HTTP without.
    pub tls: Option<TlsFiles>,
    /// What is refused.
    pub limits: Limits,
    /// Where results of jobs are kept, and how long.
    pub jobs: JobKeeping,
    /// Who is told of requests by OpenTelemetry; nobody without.
    pub traces: Option<Collector>,
    /// The DICOM node beside the server, if there is one.
    pub node: Option<NodeState>,
}

impl Default for ServeSettings {
    /// The bundled model on `127.0.0.1:8080`.
    fn default() -> Self {
        Self {
            address: "127.0.0.1:8080".to_owned(),
            models: vec![ModelSource::bundled()],
            machine: Choices::default().machine(),
            instruction_set: InstructionSet::widest(),
            policy: Policy::default(),
            sharing: Sharing::default(),
            token: None,
            is_behind_proxy: false,
            tls: None,
            limits: Limits::default(),
            jobs: JobKeeping::default(),
            traces: None,
            node: None,
        }
    }
}

impl ServeSettings {
    /// What calls of the library are made in; they tell `observer`, and end with `cancel`.
    pub(crate) fn session<'a>(&self, observer: &'a dyn Observer, cancel: Cancel) -> Session<'a> {
        let mut session = Session::observed(observer).cancelled_by(cancel);
        session.instruction_set = self.instruction_set;
        session
    }
}

/// What is refused, so that nobody takes all memory or all time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections that are open.
    pub connections: NonZeroUsize,
    /// Requests that are worked on or wait; more are told to come back.
    pub requests: NonZeroUsize,
    /// Bytes of one request's body.
    pub body_bytes: usize,
    /// Bytes of the bodies of all requests.
    pub memory_bytes: usize,
    /// Files of one request, members of archives among them.
    pub files: usize,
    /// Pixels of one slice.
    pub decode: DecodeLimits,
    /// How long a client may be silent in the middle of a request or an answer.
    pub silence: Duration,
    /// How long a body may take to come.
    pub upload: Duration,
    /// How long a request may be worked on.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let count = |count| NonZeroUsize::new(count).expect("not 0");
        Self {
            connections: count(1024),
            requests: count(256),
            body_bytes: 512 << 20,
            memory_bytes: 1 << 30,
            files: 10_000,
            decode: DecodeLimits::default(),
            silence: Duration::from_secs(20),
            upload: Duration::from_mins(5),
            time: Duration::from_mins(5),
        }
    }
}
