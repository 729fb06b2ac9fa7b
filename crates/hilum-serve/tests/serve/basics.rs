//! What every request meets.

use std::sync::{Arc, Mutex};

use hilum_core::Cancel;
use hilum_serve::{Entry, Journal, ServeSettings, Server, Token};

use crate::served::Served;

#[test]
fn the_server_lives_is_ready_and_ends_when_it_is_asked_to() {
    let served = Served::new();
    for path in [
        "/v2/health/live",
        "/v2/health/ready",
        "/v2/models/mobilenet-v2-chest-ct/ready",
        "/v2/models/mobilenet-v2-chest-ct/versions/1/ready",
    ] {
        assert_eq!(served.get(path).status, 200, "{path}");
    }
    assert_eq!(served.get("/v2/models/other/ready").status, 404);
    served.stop().unwrap();
}

#[test]
fn what_is_not_there_is_said_in_json() {
    let served = Served::new();
    served.get("/nothing").refuses(404, &["error", "hint"]);
    served
        .get("/api/predict")
        .refuses(405, &["takes no `GET`", "hint"]);
    served
        .get("/v2/models/mobilenet-v2-chest")
        .refuses(404, &["did you mean `mobilenet-v2-chest-ct`?"]);
}

#[test]
fn every_answer_has_headers_that_keep_browsers_from_harm() {
    let served = Served::new();
    for path in ["/", "/v2", "/nothing"] {
        let told = served.get(path);
        let policy = told.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(told.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(told.header("referrer-policy"), Some("no-referrer"));
        // The page is nobody's secret, and is asked for again.
        let stored = if path == "/" { "no-cache" } else { "no-store" };
        assert_eq!(told.header("cache-control"), Some(stored));
        assert!(told.header("x-request-id").is_some());
    }
}

#[test]
fn a_name_that_leads_here_is_not_enough() {
    let served = Served::new();
    let ask = |host: &str, more: &str| {
        let request = format!("GET /v2 HTTP/1.1\r\n{host}{more}connection: close\r\n\r\n");
        served.raw(request.as_bytes())
    };
    assert!(ask("host: localhost:1\r\n", "").starts_with("HTTP/1.1 200"));
    assert!(ask("host: evil.example\r\n", "").starts_with("HTTP/1.1 421"));
    assert!(ask("", "").starts_with("HTTP/1.1 400"));
    assert!(ask("host: localhost\r\nhost: localhost\r\n", "").starts_with("HTTP/1.1 400"));
    let post = format!(
        "POST /api/predict HTTP/1.1\r\nhost: {0}\r\norigin: http://evil.example\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        served.address
    );
    assert!(served.raw(post.as_bytes()).starts_with("HTTP/1.1 403"));
}

#[test]
fn beyond_this_machine_there_is_no_server_without_a_token_or_a_proxy() {
    let settings = |change: fn(&mut ServeSettings)| {
        let mut settings = ServeSettings {
            address: "0.0.0.0:0".to_owned(),
            ..ServeSettings::default()
        };
        change(&mut settings);
        Server::open(settings, Arc::new(()))
    };
    let refused = settings(|_| {}).err().unwrap().to_string();
    assert!(refused.contains("hint: ") && refused.contains("--token-file"));
    assert!(settings(|settings| settings.is_behind_proxy = true).is_ok());
}

#[test]
fn an_address_that_is_taken_is_told() {
    let served = Served::new();
    let settings = ServeSettings {
        address: served.address.to_string(),
        ..ServeSettings::default()
    };
    let refused = Server::open(settings, Arc::new(())).err().unwrap();
    let refused = refused.to_string();
    assert!(refused.contains("taken by another program"), "{refused}");
}

#[test]
fn a_token_is_asked_for_everywhere_but_at_the_door() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, "short\n").unwrap();
    assert!(Token::read(&path).is_err());
    std::fs::write(&path, "0123456789abcdef0123\n").unwrap();
    let token = Token::read(&path).unwrap();
    let served = Served::with(|settings| settings.token = Some(token));
    for path in ["/v2", "/api/models", "/metrics", "/openapi.json"] {
        served.get(path).refuses(401, &["token"]);
    }
    let post = served.post("/api/predict", "image/png", b"x");
    assert_eq!(post.header("www-authenticate"), Some("Bearer"));
    post.refuses(401, &["token"]);
    for path in ["/", "/v2/health/live", "/v2/health/ready"] {
        assert_eq!(served.get(path).status, 200, "{path}");
    }
    let ask = |secret: &str| {
        let request = served.agent.get(served.url("/v2"));
        let request = request.header("authorization", format!("Bearer {secret}"));
        request.call().unwrap().status().as_u16()
    };
    assert_eq!(ask("0123456789abcdef0123"), 200);
    assert_eq!(ask("0123456789abcdef0124"), 401);
}

/// What was written down.
#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Journal for Notes {
    fn note(&self, entry: &Entry) {
        let line = serde_json::to_string(entry).unwrap();
        self.0.lock().unwrap().push(line);
    }
}

#[test]
fn the_journal_knows_requests_by_name_and_no_file_or_patient() {
    let notes = Arc::new(Notes::default());
    let served = Served::noted(|_| {}, Arc::<Notes>::clone(&notes));
    let request = served
        .agent
        .get(served.url("/v2/models/doe-jane?patient=doe"));
    let response = request.header("x-request-id", "chosen-1").call().unwrap();
    assert_eq!(response.headers()["x-request-id"], "chosen-1");
    let request = served.agent.get(served.url("/v2"));
    let response = request.header("x-request-id", "a b\"c").call().unwrap();
    assert_ne!(response.headers()["x-request-id"], "a b\"c");
    served.send("/api/predict", &[("doe-jane.txt", b"doe, jane")]);
    served.stop().unwrap();
    let lines = notes.0.lock().unwrap().clone();
    let requests: Vec<_> = lines
        .iter()
        .filter(|line| line.contains("\"request\""))
        .collect();
    assert_eq!(requests.len(), 3, "{lines:?}");
    assert!(requests[0].contains("chosen-1"));
    assert!(requests[0].contains("/v2/models/{model}"));
    assert!(requests[2].contains("/api/predict"));
    for line in lines {
        assert!(!line.contains("doe") && !line.contains("jane"), "{line}");
    }
}

#[test]
fn a_request_that_has_begun_is_answered_before_the_end() {
    let settings = ServeSettings {
        address: "127.0.0.1:0".to_owned(),
        ..ServeSettings::default()
    };
    let server = Server::open(settings, Arc::new(())).unwrap();
    let (url, stop) = (server.url(), Cancel::default());
    let asked = stop.clone();
    let running = std::thread::spawn(move || server.run(&asked));
    let asking = std::thread::spawn(move || {
        let url = format!("{url}/api/predict");
        let png = crate::answers::png(1);
        let request = ureq::post(url).header("content-type", "image/png");
        request.send(&png[..]).unwrap().status().as_u16()
    });
    std::thread::sleep(std::time::Duration::from_millis(30));
    stop.cancel();
    running.join().unwrap().unwrap();
    assert_eq!(asking.join().unwrap(), 200);
}
