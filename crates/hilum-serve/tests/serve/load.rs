//! Many clients, slow ones, ones that go, and models that are replaced.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use hilum_experiment::ModelOrigin;
use hilum_serve::ModelSource;

use crate::answers::png;
use crate::served::{Served, form};

/// Waits until `holds`, or says that it does not.
fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < Duration::from_mins(1), "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn beyond_what_may_wait_clients_are_told_to_come_back() {
    let served = Served::with(|settings| settings.limits.requests = 1.try_into().unwrap());
    // One request that does not come to its end holds the only place.
    let mut slow = TcpStream::connect(served.address).unwrap();
    write!(
        slow,
        "POST /api/predict HTTP/1.1\r\nhost: {}\r\ncontent-type: image/png\r\ncontent-length: 100\r\n\r\nhalf",
        served.address
    )
    .unwrap();
    // Asked for without taking the place: this request, and the slow one.
    eventually("the slow request is taken on", || {
        let figures = served.get("/metrics").body;
        String::from_utf8_lossy(&figures).contains("hilum_requests_running 2")
    });
    let told = served.post("/api/predict", "image/png", b"x");
    assert_eq!(told.header("retry-after"), Some("1"));
    told.refuses(503, &["too many requests"]);
    // Health is told all the same, and the place is free when the client has gone.
    assert_eq!(served.get("/v2/health/live").status, 200);
    drop(slow);
    eventually("the place is free", || {
        served.post("/api/predict", "image/png", b"x").status != 503
    });
}

#[test]
fn who_is_silent_is_told_and_left() {
    let served = Served::with(|settings| settings.limits.silence = Duration::from_millis(300));
    let head = |more: &str| {
        format!(
            "POST /api/predict HTTP/1.1\r\nhost: {}\r\n{more}",
            served.address
        )
    };
    let half = head("content-type: image/png\r\ncontent-length: 100\r\n\r\nhalf");
    assert!(served.raw(half.as_bytes()).starts_with("HTTP/1.1 408"));
    // A head that does not end, and a connection that says nothing.
    served.raw(head("x: ").as_bytes());
    served.raw(b"");
    assert_eq!(served.get("/v2/health/live").status, 200);
}

#[test]
fn a_client_that_goes_frees_its_place() {
    let served = Served::with(|settings| settings.limits.requests = 1.try_into().unwrap());
    let files: Vec<Vec<u8>> = (0..40).map(png).collect();
    let names: Vec<String> = (0..40).map(|index| format!("{index}.png")).collect();
    let parts: Vec<(&str, &[u8])> = names
        .iter()
        .zip(&files)
        .map(|(name, file)| (name.as_str(), file.as_slice()))
        .collect();
    let body = form(&parts);
    let mut client = TcpStream::connect(served.address).unwrap();
    write!(
        client,
        "POST /api/predict?heat=occlusion HTTP/1.1\r\nhost: {}\r\ncontent-type: multipart/form-data; boundary=BORDER\r\ncontent-length: {}\r\n\r\n",
        served.address,
        body.len()
    )
    .unwrap();
    client.write_all(&body).unwrap();
    thread::sleep(Duration::from_millis(200));
    assert_eq!(served.post("/api/predict", "image/png", b"x").status, 503);
    drop(client);
    eventually("the place is free", || {
        served.post("/api/predict", "image/png", b"x").status != 503
    });
    let metrics = served.get("/metrics").body;
    let metrics = String::from_utf8(metrics).unwrap();
    assert!(metrics.contains("status=\"499\""), "{metrics}");
}

/// The bundled model's file.
fn bundled() -> &'static [u8] {
    hilum_models::bundled()
}

#[test]
fn a_model_whose_file_changes_is_replaced_and_no_request_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    fs::write(&path, bundled()).unwrap();
    let source = ModelSource {
        name: "lung".to_owned(),
        origin: ModelOrigin::File(path.clone()),
    };
    let served = Served::with(|settings| settings.models = vec![source]);
    let version = || {
        let told = served.get("/v2/models/lung").succeeds().json();
        told["versions"][0].as_str().unwrap().to_owned()
    };
    let ask = || {
        let told = served.post("/api/predict", "image/png", &png(1)).succeeds();
        let text = String::from_utf8(told.body.clone()).unwrap();
        let place = folder.path().display().to_string();
        assert!(!text.contains(&place), "{text}");
        assert_eq!(told.json()["answers"][0]["model"], "lung");
    };
    ask();
    assert_eq!(version(), "1");
    let write = |bytes: &[u8]| {
        let beside = folder.path().join("new");
        fs::write(&beside, bytes).unwrap();
        let file = fs::File::options().write(true).open(&beside).unwrap();
        // A disk may count time in steps.
        file.set_modified(
            std::time::SystemTime::now() + Duration::from_secs(bytes.len() as u64 % 97 + 2),
        )
        .unwrap();
        fs::rename(beside, &path).unwrap();
    };
    write(bundled());
    eventually("the new model answers", || {
        ask();
        version() == "2"
    });
    // One that is broken, and one that is gone: the old one goes on, and it is said.
    write(b"no model");
    let trouble = || {
        ask();
        let told = served.get("/api/models").succeeds().json();
        told["models"][0]["trouble"].as_str().map(str::to_owned)
    };
    eventually("the broken model is told", || trouble().is_some());
    let said = trouble().unwrap();
    assert!(
        !said.contains(&folder.path().display().to_string()),
        "{said}"
    );
    fs::remove_file(&path).unwrap();
    eventually("the missing model is told", || {
        trouble().is_some_and(|said| said.contains("gone"))
    });
    assert_eq!(served.get("/v2/health/ready").status, 200);
    write(bundled());
    eventually("the mended model answers", || trouble().is_none());
    assert_eq!(version(), "3");
}

#[test]
fn a_job_is_done_in_the_background_and_its_result_stays() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::with(|settings| settings.jobs.folder = Some(folder.path().to_owned()));
    let files = [
        ("a.png", png(1)),
        ("b.png", png(2)),
        ("c.txt", b"x".to_vec()),
    ];
    let parts = files
        .each_ref()
        .map(|(name, file)| (*name, file.as_slice()));
    let told = served.send("/api/jobs", &parts);
    assert_eq!(told.status, 202);
    let location = told.header("location").unwrap().to_owned();
    assert_eq!(told.json()["status"], "waiting");
    let mut events = String::new();
    let mut response = served
        .agent
        .get(served.url(&format!("{location}/events")))
        .call()
        .unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let body = response.body_mut().as_reader().read_to_string(&mut events);
    body.unwrap();
    assert!(
        events.ends_with("\n\n") && events.contains("event: end\n"),
        "{events}"
    );
    let last = events.trim_end().rsplit("data: ").next().unwrap();
    let last: serde_json::Value = serde_json::from_str(last).unwrap();
    assert_eq!(
        (&last["status"], &last["done"]),
        (&"done".into(), &3.into())
    );
    let own = served.send("/api/predict", &parts).succeeds().json();
    assert_eq!(served.get(&location).succeeds().json()["result"], own);
    served.stop().unwrap();
    let later = Served::with(|settings| settings.jobs.folder = Some(folder.path().to_owned()));
    let shown = later.get(&location).succeeds().json();
    assert_eq!((&shown["status"], &shown["result"]), (&"done".into(), &own));
    assert_eq!(later.delete(&location).status, 204);
    later.get(&location).refuses(404, &["no such job"]);
    later.delete(&location).refuses(404, &["no such job"]);
    later
        .get("/api/jobs/..%2f..%2fetc%2fpasswd")
        .refuses(404, &["no such job"]);
}

#[test]
fn figures_are_counted_for_prometheus() {
    let served = Served::new();
    served.post("/api/predict", "image/png", &png(1)).succeeds();
    let told = served.get("/metrics").succeeds();
    assert!(
        told.header("content-type")
            .unwrap()
            .starts_with("text/plain; version=0.0.4")
    );
    let text = String::from_utf8(told.body).unwrap();
    for line in [
        "hilum_requests_total{route=\"/api/predict\",method=\"POST\",status=\"200\"} 1",
        "hilum_request_duration_seconds_count{route=\"/api/predict\"} 1",
        "hilum_model_ready{model=\"mobilenet-v2-chest-ct\"} 1",
        "hilum_model_slices_total{model=\"mobilenet-v2-chest-ct\"} 1",
    ] {
        assert!(text.contains(line), "no `{line}` in {text}");
    }
}
