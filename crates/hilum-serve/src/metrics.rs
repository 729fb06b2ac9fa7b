//! Figures for Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::context::Context;
use crate::models::Slot;

/// Upper bounds of the histogram, in seconds.
const BOUNDS: [f64; 12] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0,
];

/// What was counted since the start.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    running: AtomicI64,
    answered: Mutex<BTreeMap<Asked, u64>>,
    durations: Mutex<BTreeMap<String, Histogram>>,
    refused_busy: AtomicU64,
}

/// Route, method, status.
type Asked = (String, &'static str, u16);

#[derive(Debug, Default)]
struct Histogram {
    counts: [u64; BOUNDS.len()],
    count: u64,
    sum_seconds: f64,
}

pub(crate) fn routes() -> Router<Context> {
    Router::new().route("/metrics", get(show))
}

/// Figures for Prometheus.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "metrics",
    tag = "operation",
    responses((status = 200, description = "figures", body = String, content_type = "text/plain; version=0.0.4; charset=utf-8")),
)]
pub(crate) async fn show(State(context): State<Context>) -> impl IntoResponse {
    let text = context.metrics().text(context.models().slots());
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text)
}

impl Metrics {
    /// A request begins.
    pub(crate) fn begin(&self) {
        self.running.fetch_add(1, Ordering::Relaxed);
    }

    /// It ends.
    pub(crate) fn end(&self, route: &str, method: &'static str, status: u16, duration: Duration) {
        self.running.fetch_sub(1, Ordering::Relaxed);
        if status == 503 {
            self.refused_busy.fetch_add(1, Ordering::Relaxed);
        }
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        *answered
            .entry((route.to_owned(), method, status))
            .or_default() += 1;
        drop(answered);
        let durations = self.durations.lock();
        let mut durations = durations.unwrap_or_else(PoisonError::into_inner);
        durations.entry(route.to_owned()).or_default().add(duration);
    }

    /// In Prometheus' text format.
    fn text(&self, slots: &[Slot]) -> String {
        let mut text = String::new();
        let version = env!("CARGO_PKG_VERSION");
        head(&mut text, "hilum_info", "gauge", "The program's version.");
        let _ = writeln!(text, "hilum_info{{version=\"{version}\"}} 1");
        head(
            &mut text,
            "hilum_requests_running",
            "gauge",
            "Requests that are worked on or wait.",
        );
        let running = self.running.load(Ordering::Relaxed);
        let _ = writeln!(text, "hilum_requests_running {running}");
        head(
            &mut text,
            "hilum_refused_busy_total",
            "counter",
            "Requests that were told to come back.",
        );
        let busy = self.refused_busy.load(Ordering::Relaxed);
        let _ = writeln!(text, "hilum_refused_busy_total {busy}");
        self.requests(&mut text);
        self.durations(&mut text);
        of_models(&mut text, slots);
        text
    }

    fn requests(&self, text: &mut String) {
        let name = "hilum_requests_total";
        head(
            text,
            name,
            "counter",
            "Requests that ended; 499 if the client went before.",
        );
        let answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        for ((route, method, status), count) in answered.iter() {
            let labels = format!("route=\"{route}\",method=\"{method}\",status=\"{status}\"");
            let _ = writeln!(text, "{name}{{{labels}}} {count}");
        }
    }

    fn durations(&self, text: &mut String) {
        let name = "hilum_request_duration_seconds";
        head(
            text,
            name,
            "histogram",
            "From a request's headers to its answer.",
        );
        let durations = self.durations.lock();
        let durations = durations.unwrap_or_else(PoisonError::into_inner);
        for (route, histogram) in durations.iter() {
            let bounds = BOUNDS.iter().map(ToString::to_string);
            let mut below = 0;
            for (bound, count) in bounds.zip(histogram.counts) {
                below += count;
                let _ = writeln!(
                    text,
                    "{name}_bucket{{route=\"{route}\",le=\"{bound}\"}} {below}"
                );
            }
            let Histogram {
                count, sum_seconds, ..
            } = histogram;
            let _ = writeln!(
                text,
                "{name}_bucket{{route=\"{route}\",le=\"+Inf\"}} {count}"
            );
            let _ = writeln!(text, "{name}_sum{{route=\"{route}\"}} {sum_seconds}");
            let _ = writeln!(text, "{name}_count{{route=\"{route}\"}} {count}");
        }
    }
}

impl Histogram {
    fn add(&mut self, duration: Duration) {
        let seconds = duration.as_secs_f64();
        if let Some(place) = BOUNDS.iter().position(|bound| seconds <= *bound) {
            self.counts[place] += 1;
        }
        self.count += 1;
        self.sum_seconds += seconds;
    }
}

/// A figure of each model.
struct OfModel {
    name: &'static str,
    kind: &'static str,
    says: &'static str,
    value: fn(&Slot) -> f64,
}

const OF_MODELS: [OfModel; 6] = [
    OfModel {
        name: "hilum_model_ready",
        kind: "gauge",
        says: "Whether the model answers.",
        value: |slot| f64::from(u8::from(slot.is_ready())),
    },
    OfModel {
        name: "hilum_model_version",
        kind: "gauge",
        says: "How often its file was opened.",
        value: |slot| slot.current().version as f64,
    },
    OfModel {
        name: "hilum_model_slices_total",
        kind: "counter",
        says: "Slices that this version has judged.",
        value: |slot| slot.current().model.load().slices as f64,
    },
    OfModel {
        name: "hilum_model_batches_total",
        kind: "counter",
        says: "Batches that they were judged in.",
        value: |slot| slot.current().model.load().batches as f64,
    },
    OfModel {
        name: "hilum_model_busy_seconds_total",
        kind: "counter",
        says: "Time that judging them took.",
        value: |slot| slot.current().model.load().busy.as_secs_f64(),
    },
    OfModel {
        name: "hilum_model_waiting_slices",
        kind: "gauge",
        says: "Slices that wait for the network.",
        value: |slot| slot.current().model.load().waiting as f64,
    },
];

fn of_models(text: &mut String, slots: &[Slot]) {
    for OfModel {
        name,
        kind,
        says,
        value,
    } in OF_MODELS
    {
        head(text, name, kind, says);
        for slot in slots {
            let (model, value) = (slot.name(), value(slot));
            let _ = writeln!(text, "{name}{{model=\"{model}\"}} {value}");
        }
    }
}

fn head(text: &mut String, name: &str, kind: &str, says: &str) {
    let _ = writeln!(text, "# HELP {name} {says}\n# TYPE {name} {kind}");
}
