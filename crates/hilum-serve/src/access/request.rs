//! A name for every request, and a line in the journal.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use crate::context::Context;
use crate::journal::{Entry, Level};
use crate::traces::Trace;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");
const LONGEST: usize = 128;

/// What a request is called, in the journal and in its answer.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) String);

impl RequestId {
    /// The one that the client chose, if it is harmless, or a new one.
    fn of(request: &Request) -> Self {
        let chosen = request.headers().get(HEADER);
        let chosen = chosen.and_then(|value| value.to_str().ok());
        let is_sound = |text: &&str| {
            let of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
            (1..=LONGEST).contains(&text.len()) && text.bytes().all(of_name)
        };
        match chosen.filter(is_sound) {
            Some(text) => Self(text.to_owned()),
            None => Self(fresh()),
        }
    }
}

/// One that no other request of this or an earlier start has.
fn fresh() -> String {
    static START: LazyLock<u64> = LazyLock::new(|| RandomState::new().build_hasher().finish());
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{:016x}-{count:x}", *START)
}

/// Names a request, notes how it ended, and counts it. The address that was asked is noted as the
/// route that it matched: the rest is the client's, and may name a patient.
pub(crate) async fn note_request(
    State(context): State<Context>,
    mut request: Request,
    next: Next,
) -> Response {
    let begin = Instant::now();
    let id = RequestId::of(&request);
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("none", MatchedPath::as_str).to_owned();
    let method = known_method(&request);
    let traces = context.traces();
    let trace = traces.begin(request.headers(), method, &route, &id.0);
    request.extensions_mut().insert(id.clone());
    request.extensions_mut().insert(trace.clone());
    let mut ending = Ending {
        method,
        route,
        id: id.clone(),
        trace,
        begin,
        status: None,
        context: context.clone(),
    };
    context.metrics().begin();
    let mut response = next.run(request).await;
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert(HEADER, value);
    }
    ending.status = Some(response.status().as_u16());
    response
}

/// Any other method is the client's text.
fn known_method(request: &Request) -> &'static str {
    match request.method().as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        _ => "other",
    }
}

/// Notes a request when it ends, also when its client went before.
struct Ending {
    context: Context,
    method: &'static str,
    route: String,
    id: RequestId,
    trace: Trace,
    begin: Instant,
    status: Option<u16>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        let duration = self.begin.elapsed();
        // As nginx has it: the client closed the connection.
        let status = self.status.unwrap_or(499);
        self.trace.end(status);
        let metrics = self.context.metrics();
        metrics.end(&self.route, self.method, status, duration);
        let level = match status {
            500.. => Level::Error,
            _ => Level::Info,
        };
        let milliseconds = (duration.as_secs_f64() * 1e5).round() / 1e2;
        let entry = Entry::new(level, "request")
            .with("request_id", self.id.0.as_str())
            .with("method", self.method)
            .with("route", self.route.as_str())
            .with("status", status)
            .with("duration_ms", milliseconds);
        self.context.journal().note(&entry);
    }
}
