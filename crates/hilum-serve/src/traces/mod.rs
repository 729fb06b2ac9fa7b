//! Traces of requests, for a collector of OpenTelemetry; nobody is told, unless somebody asks for it.
//!
//! A span a request, with the client's `traceparent` (W3C Trace Context) above it and below it what
//! its time went into. Spans name routes and statuses, no file, patient or folder. They are sent by
//! a thread of their own; what a collector does not take is dropped.

mod collector;
mod steps;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use axum::http::HeaderMap;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{
    Span as _, SpanBuilder, SpanKind, Status, TraceContextExt as _, Tracer as _,
    TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, Span};

use crate::ServeError;
use crate::journal::Journal;
use collector::Sender;

pub use collector::{Collector, CollectorError};
pub(crate) use steps::NetworkSteps;

/// How long the last spans may take when the server ends.
const LAST_SPANS: Duration = Duration::from_secs(2);

/// Who is told of requests, if anybody is.
#[derive(Default)]
pub(crate) struct Traces(Option<Told>);

struct Told {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

/// The trace of one request; clones are one and the same. Nothing is done where nobody is told.
#[derive(Clone, Default)]
pub(crate) struct Trace(Option<Arc<Begun>>);

struct Begun {
    tracer: SdkTracer,
    /// Holds the request's span.
    context: Context,
}

/// A part of a request; it ends when it is dropped.
pub(crate) struct Step(Option<Span>);

impl Traces {
    /// # Errors
    /// [`ServeError::Traces`].
    pub(crate) fn open(
        collector: Option<&Collector>,
        journal: &Arc<dyn Journal>,
    ) -> Result<Self, ServeError> {
        let Some(collector) = collector else {
            return Ok(Self::default());
        };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Sender::new(Arc::clone(journal)))
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(&collector.endpoint)
            .build()
            .map_err(|source| ServeError::Traces {
                source: Box::new(source),
            })?;
        let resource = Resource::builder()
            .with_service_name("hilum")
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource.build())
            .build();
        let tracer = provider.tracer("hilum-serve");
        Ok(Self(Some(Told { provider, tracer })))
    }

    /// A request begins; names and values are those of the semantic conventions for HTTP.
    pub(crate) fn begin(
        &self,
        headers: &HeaderMap,
        method: &'static str,
        route: &str,
        request_id: &str,
    ) -> Trace {
        let Some(Told { tracer, .. }) = &self.0 else {
            return Trace::default();
        };
        let propagator = TraceContextPropagator::new();
        let above = propagator.extract_with_context(&Context::new(), &HeaderExtractor(headers));
        let span = SpanBuilder::from_name(format!("{method} {route}"))
            .with_kind(SpanKind::Server)
            .with_attributes([
                KeyValue::new("http.request.method", method),
                KeyValue::new("http.route", route.to_owned()),
                KeyValue::new("hilum.request_id", request_id.to_owned()),
            ]);
        let span = tracer.build_with_context(span, &above);
        Trace(Some(Arc::new(Begun {
            tracer: tracer.clone(),
            context: above.with_span(span),
        })))
    }

    /// Sends what is left; a collector that takes none keeps nobody waiting.
    pub(crate) fn stop(&self) {
        if let Some(Told { provider, .. }) = &self.0 {
            // What is not taken is dropped.
            let _ = provider.shutdown_with_timeout(LAST_SPANS);
        }
    }
}

impl Trace {
    /// A part of the request, from now on.
    pub(crate) fn step(&self, name: &'static str) -> Step {
        self.build(SpanBuilder::from_name(name))
    }

    /// A part of the request that began before.
    pub(crate) fn step_since(&self, name: &'static str, begun: Instant) -> Step {
        self.build(SpanBuilder::from_name(name).with_start_time(time_of_day(begun)))
    }

    fn build(&self, span: SpanBuilder) -> Step {
        let begun = self.0.as_deref();
        Step(begun.map(|Begun { tracer, context }| tracer.build_with_context(span, context)))
    }

    /// The request ends with a status; `499` if its client went before.
    pub(crate) fn end(&self, status: u16) {
        let Some(begun) = self.0.as_deref() else {
            return;
        };
        let span = begun.context.span();
        let key = "http.response.status_code";
        span.set_attribute(KeyValue::new(key, i64::from(status)));
        if status >= 500 {
            span.set_status(Status::error(""));
        }
        span.end();
    }
}

impl Step {
    /// It ended before now.
    pub(crate) fn end_at(mut self, end: Instant) {
        if let Some(span) = &mut self.0 {
            span.end_with_timestamp(time_of_day(end));
        }
    }
}

fn time_of_day(past: Instant) -> SystemTime {
    let now = SystemTime::now();
    now.checked_sub(past.elapsed()).unwrap_or(now)
}
