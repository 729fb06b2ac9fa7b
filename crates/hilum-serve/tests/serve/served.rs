//! A server that runs while a test asks it.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hilum_core::Cancel;
use hilum_serve::{Journal, ServeError, ServeSettings, Server};
use serde_json::Value;
use ureq::http::Response;
use ureq::{Agent, Body};

/// A server that stops with the test.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    pub(crate) agent: Agent,
    stop: Cancel,
    thread: Option<JoinHandle<Result<(), ServeError>>>,
}

/// What came back.
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Served {
    /// The bundled model.
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut ServeSettings)) -> Self {
        Self::noted(change, Arc::new(()))
    }

    pub(crate) fn noted(
        change: impl FnOnce(&mut ServeSettings),
        journal: Arc<dyn Journal>,
    ) -> Self {
        let mut settings = ServeSettings {
            address: "127.0.0.1:0".to_owned(),
            ..ServeSettings::default()
        };
        change(&mut settings);
        let server = Server::open(settings, journal).expect("a server");
        let (address, stop) = (server.address(), Cancel::default());
        let asked = stop.clone();
        let thread = thread::spawn(move || server.run(&asked));
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_mins(2)));
        Self {
            address,
            agent: config.build().into(),
            stop,
            thread: Some(thread),
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn get(&self, path: &str) -> Told {
        told(self.agent.get(self.url(path)).call())
    }

    pub(crate) fn delete(&self, path: &str) -> Told {
        told(self.agent.delete(self.url(path)).call())
    }

    pub(crate) fn post(&self, path: &str, kind: &str, body: &[u8]) -> Told {
        let request = self.agent.post(self.url(path)).header("content-type", kind);
        told(request.send(body))
    }

    /// Files as the parts of a form.
    pub(crate) fn send(&self, path: &str, files: &[(&str, &[u8])]) -> Told {
        let form = form(files);
        self.post(path, "multipart/form-data; boundary=BORDER", &form)
    }

    /// Everything that comes back for these bytes, until the server closes the connection.
    pub(crate) fn raw(&self, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).expect("a connection");
        let patience = Some(Duration::from_mins(1));
        stream.set_read_timeout(patience).expect("a timeout");
        stream.write_all(request).expect("writing");
        let mut answer = Vec::new();
        // A connection that is reset has said what it had to say.
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    pub(crate) fn stop(mut self) -> Result<(), ServeError> {
        self.stop.cancel();
        let thread = self.thread.take().expect("it runs");
        thread.join().expect("no panic")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Told {
    pub(crate) fn json(&self) -> Value {
        let said = String::from_utf8_lossy(&self.body);
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error} in {said}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name)?;
        Some(&found.1)
    }

    /// The answer, if there is one.
    pub(crate) fn succeeds(self) -> Self {
        let said = String::from_utf8_lossy(&self.body);
        assert!((200..300).contains(&self.status), "{} {said}", self.status);
        self
    }

    /// The refusal, with its words.
    pub(crate) fn refuses(self, status: u16, words: &[&str]) -> Self {
        let said = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status, status, "{said}");
        for word in words {
            assert!(said.contains(word), "no `{word}` in {said}");
        }
        self
    }
}

fn told(outcome: Result<Response<Body>, ureq::Error>) -> Told {
    let mut response = outcome.expect("an answer");
    let headers = response.headers().iter();
    let headers = headers.map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.to_string(), value)
    });
    Told {
        status: response.status().as_u16(),
        headers: headers.collect(),
        body: response.body_mut().read_to_vec().expect("a body"),
    }
}

/// `multipart/form-data` with the boundary `BORDER`.
pub(crate) fn form(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut form = Vec::new();
    for (name, bytes) in files {
        let head = format!(
            "--BORDER\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n"
        );
        form.extend(head.as_bytes());
        form.extend(*bytes);
        form.extend(b"\r\n");
    }
    form.extend(b"--BORDER--\r\n");
    form
}
