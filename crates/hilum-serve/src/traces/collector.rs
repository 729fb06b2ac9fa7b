//! Where traces go.

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::http::{Request, Response, Uri};
use opentelemetry_http::{Bytes, HttpClient, HttpError};
use thiserror::Error;
use ureq::Agent;

use crate::journal::{Entry, Journal, Level};

/// Where a collector takes traces, unless its address says otherwise (OTLP 1.9, OTLP/HTTP request).
const PATH: &str = "/v1/traces";
/// How long a collector may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// A collector of OpenTelemetry, that takes OTLP over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collector {
    pub(super) endpoint: String,
}

/// Text that is no address of a collector.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{text}` is no address of a collector\nhint: write `http://HOST:4318`")]
pub struct CollectorError {
    /// What was given.
    text: String,
}

impl FromStr for Collector {
    type Err = CollectorError;

    fn from_str(text: &str) -> Result<Self, CollectorError> {
        let wrong = || CollectorError {
            text: text.to_owned(),
        };
        let address: Uri = text.parse().map_err(|_| wrong())?;
        let scheme = address.scheme_str().unwrap_or_default();
        // A secret in an address would be seen in the list of processes.
        let is_plain = address
            .authority()
            .is_some_and(|host| !host.as_str().contains('@'));
        if !["http", "https"].contains(&scheme) || !is_plain || address.query().is_some() {
            return Err(wrong());
        }
        let base = text.trim_end_matches('/');
        let endpoint = if base.ends_with(PATH) {
            base.to_owned()
        } else {
            format!("{base}{PATH}")
        };
        Ok(Self { endpoint })
    }
}

/// Sends batches of spans, and notes when the collector takes none, and when it does again.
pub(super) struct Sender {
    agent: Agent,
    journal: Arc<dyn Journal>,
    is_down: AtomicBool,
}

impl Sender {
    pub(super) fn new(journal: Arc<dyn Journal>) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .max_redirects(0);
        Self {
            agent: config.build().into(),
            journal,
            is_down: AtomicBool::new(false),
        }
    }

    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let response = self.agent.run(request.map(|body| body.to_vec()))?;
        let (head, mut body) = response.into_parts();
        let body = body.with_config().limit(1 << 16).read_to_vec()?;
        Ok(Response::from_parts(head, body.into()))
    }

    fn note(&self, outcome: &Result<Response<Bytes>, HttpError>) {
        let trouble = match outcome {
            Ok(response) if response.status().is_success() => None,
            Ok(response) => Some(format!("status {}", response.status().as_u16())),
            Err(error) => Some(error.to_string()),
        };
        let was_down = self.is_down.swap(trouble.is_some(), Ordering::Relaxed);
        match trouble {
            Some(trouble) if !was_down => {
                let entry = Entry::new(Level::Warning, "traces-dropped");
                self.journal.note(&entry.with("error", trouble));
            }
            None if was_down => self.journal.note(&Entry::new(Level::Info, "traces-taken")),
            _ => {}
        }
    }
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Sender").finish_non_exhaustive()
    }
}

#[async_trait]
impl HttpClient for Sender {
    /// Blocks: spans are sent by a thread that does nothing else.
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let outcome = self.send(request);
        self.note(&outcome);
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_is_named_by_its_host_or_by_all_of_its_address() {
        for (text, endpoint) in [
            ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
            ("http://host:4318/", "http://host:4318/v1/traces"),
            ("https://host/otlp", "https://host/otlp/v1/traces"),
            ("https://host/v1/traces", "https://host/v1/traces"),
        ] {
            assert_eq!(text.parse::<Collector>().unwrap().endpoint, endpoint);
        }
        for text in [
            "",
            "host:4318",
            "grpc://host:4317",
            "http://u:p@host",
            "http://",
            "http://h/?a",
        ] {
            let said = text.parse::<Collector>().unwrap_err().to_string();
            assert!(said.contains("hint: "), "{said}");
        }
    }
}
