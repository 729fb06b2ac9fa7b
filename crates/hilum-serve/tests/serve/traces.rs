//! Traces for a collector on this machine. What it is told is read with OpenTelemetry's own
//! definition of OTLP.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hilum_loopback::{Loopback, Reply};
use hilum_serve::{Collector, Entry, Journal};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;

use crate::answers::png;
use crate::served::Served;

fn traced(url: &str, journal: Arc<dyn Journal>) -> Served {
    let collector: Collector = url.parse().unwrap();
    Served::noted(|settings| settings.traces = Some(collector), journal)
}

/// All spans that a collector was told.
fn spans(collector: &Loopback) -> Vec<Span> {
    let asked = collector.asked();
    let told = asked.iter().flat_map(|request| {
        assert_eq!(request.target, "/v1/traces");
        assert_eq!(
            request.header("content-type"),
            Some("application/x-protobuf")
        );
        let told = ExportTraceServiceRequest::decode(&request.body[..]).unwrap();
        told.resource_spans
    });
    let scopes = told.flat_map(|resource| resource.scope_spans);
    scopes.flat_map(|scope| scope.spans).collect()
}

fn attributes(span: &Span) -> BTreeMap<&str, Value> {
    let pairs = span.attributes.iter();
    let pairs = pairs.filter_map(|pair| {
        let value = pair.value.as_ref()?.value.clone()?;
        Some((pair.key.as_str(), value))
    });
    pairs.collect()
}

#[test]
fn a_request_is_a_span_below_its_clients_with_what_its_time_went_into() {
    let collector = Loopback::start(|_| Reply::file(b""));
    let served = traced(&collector.url(), Arc::new(()));
    // The example of W3C Trace Context, 3.2.4.
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let ask = |parent: &str| {
        let request = served.agent.post(served.url("/api/predict"));
        let request = request.header("content-type", "image/png");
        let request = request.header("traceparent", parent);
        assert_eq!(request.send(&png(1)[..]).unwrap().status(), 200);
    };
    ask(parent);
    // A client that is not traced does not want this to be.
    ask(&parent.replace("-01", "-00"));
    served
        .get("/nothing/doe-jane?patient=doe")
        .refuses(404, &[]);
    served.stop().unwrap();
    let spans = spans(&collector);
    let requests: Vec<_> = spans.iter().filter(|span| span.kind == 2).collect();
    let [predicted, lost] = requests.as_slice() else {
        panic!("{requests:?}");
    };
    let trace_id = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736_u128.to_be_bytes();
    let parent_id = 0x00f0_67aa_0ba9_02b7_u64.to_be_bytes();
    assert_eq!(predicted.name, "POST /api/predict");
    assert_eq!(predicted.trace_id, trace_id);
    assert_eq!(predicted.parent_span_id, parent_id);
    let said = attributes(predicted);
    assert_eq!(said["http.response.status_code"], Value::IntValue(200));
    assert_eq!(
        said["http.request.method"],
        Value::StringValue("POST".to_owned())
    );
    assert_eq!(lost.name, "GET none");
    assert!(lost.parent_span_id.is_empty());
    let own = spans
        .iter()
        .filter(|span| span.parent_span_id == predicted.span_id);
    let mut steps: Vec<&Span> = own.collect();
    steps.sort_by_key(|span| span.start_time_unix_nano);
    let names: Vec<&str> = steps.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["read", "decode", "wait", "network"]);
    for pair in steps.windows(2) {
        assert!(
            pair[0].end_time_unix_nano <= pair[1].start_time_unix_nano,
            "{pair:?}"
        );
    }
    assert!(steps[3].end_time_unix_nano <= predicted.end_time_unix_nano);
    assert!(!format!("{spans:?}").contains("doe"), "{spans:?}");
}

#[derive(Default)]
struct Events(Mutex<Vec<&'static str>>);

impl Journal for Events {
    fn note(&self, entry: &Entry) {
        self.0.lock().unwrap().push(entry.event);
    }
}

#[test]
fn a_collector_that_is_down_costs_spans_and_a_line_and_no_request_waits_for_it() {
    let gone = Loopback::start(|_| Reply::status(503)).url();
    let events = Arc::new(Events::default());
    let served = traced(&gone, Arc::<Events>::clone(&events));
    // More than are kept until they are sent.
    for _ in 0..3000 {
        served.get("/v2/health/live").succeeds();
    }
    served.post("/api/predict", "image/png", &png(1)).succeeds();
    let begin = Instant::now();
    served.stop().unwrap();
    assert!(begin.elapsed() < Duration::from_secs(20));
    let events = events.0.lock().unwrap();
    let dropped = events.iter().filter(|event| **event == "traces-dropped");
    assert_eq!(dropped.count(), 1, "{events:?}");
}
