//! What every handler looks at.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::FromRef;
use hilum_core::Cancel;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::ServeError;
use crate::access::HostRule;
use crate::admission::{Admission, Permit};
use crate::api::Jobs;
use crate::journal::{Entry, Journal, Level};
use crate::metrics::Metrics;
use crate::models::Models;
use crate::refusal::Refusal;
use crate::settings::ServeSettings;
use crate::traces::Traces;

/// What every handler looks at; clones are one and the same.
#[derive(Clone)]
pub(crate) struct Context(Arc<Parts>);

struct Parts {
    settings: ServeSettings,
    models: Models,
    host_rule: HostRule,
    admission: Admission,
    jobs: Jobs,
    metrics: Metrics,
    traces: Traces,
    journal: Arc<dyn Journal>,
}

impl Context {
    /// # Errors
    /// [`ServeError::JobsTaken`], [`ServeError::Jobs`], [`ServeError::Traces`].
    pub(crate) fn new(
        settings: ServeSettings,
        models: Models,
        address: SocketAddr,
        journal: Arc<dyn Journal>,
    ) -> Result<Self, ServeError> {
        let has_token = settings.token.is_some();
        Ok(Self(Arc::new(Parts {
            host_rule: HostRule::of(address, has_token, settings.is_behind_proxy),
            admission: Admission::new(&settings.limits),
            jobs: Jobs::open(settings.jobs.clone())?,
            metrics: Metrics::default(),
            traces: Traces::open(settings.traces.as_ref(), &journal)?,
            settings,
            models,
            journal,
        })))
    }

    pub(crate) fn settings(&self) -> &ServeSettings {
        &self.0.settings
    }

    pub(crate) fn models(&self) -> &Models {
        &self.0.models
    }

    pub(crate) fn host_rule(&self) -> HostRule {
        self.0.host_rule
    }

    pub(crate) fn admission(&self) -> &Admission {
        &self.0.admission
    }

    pub(crate) fn jobs(&self) -> &Jobs {
        &self.0.jobs
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    pub(crate) fn traces(&self) -> &Traces {
        &self.0.traces
    }

    pub(crate) fn journal(&self) -> &Arc<dyn Journal> {
        &self.0.journal
    }

    /// Does `work` on a thread of its own, which is asked to stop when the client goes or time is
    /// up. `permit` is held until it has stopped.
    ///
    /// # Errors
    /// `503` when time is up, `500` if it panics, and what it says itself.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        permit: Permit,
        work: impl FnOnce(Cancel) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let cancel = Cancel::default();
        let _stops = StopsWhenDropped(cancel.clone());
        let done = spawn_blocking(move || {
            let outcome = work(cancel);
            drop(permit);
            outcome
        });
        let limit = self.settings().limits.time;
        match timeout(limit, done).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => {
                self.journal().note(&Entry::new(Level::Error, "panic"));
                Err(Refusal::failed())
            }
            Err(_) => Err(Refusal::busy(format!(
                "no answer within {} s",
                limit.as_secs()
            ))),
        }
    }
}

/// A client that goes takes its request's future along.
struct StopsWhenDropped(Cancel);

impl Drop for StopsWhenDropped {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl FromRef<Context> for Models {
    fn from_ref(context: &Context) -> Self {
        context.models().clone()
    }
}
