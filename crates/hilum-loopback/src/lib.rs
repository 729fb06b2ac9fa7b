//! A web server on 127.0.0.1 that does what a test says, and notes what it was asked.
//!
//! For tests only; a server that breaks off, lies and falls silent is of no other use.
//!
//! ```
//! use hilum_loopback::{Loopback, Reply};
//!
//! let server = Loopback::start(|request| Reply::part(b"weights", request).cut_after(3));
//! assert!(server.url().starts_with("http://127.0.0.1:"));
//! assert!(server.asked().is_empty());
//! ```

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// What was asked.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET`, or `CONNECT` where a proxy is asked.
    pub method: String,
    /// The path, or the host and port that a proxy is asked for.
    pub target: String,
    /// What came behind the headers, by the length that they say.
    pub body: Vec<u8>,
    headers: Vec<(String, String)>,
}

impl Request {
    /// A header by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name)?;
        Some(&found.1)
    }

    /// The first byte that is asked for, from 0.
    ///
    /// # Panics
    /// If the range is not of the form `bytes=START-`.
    pub fn start(&self) -> usize {
        let range = self
            .header("range")
            .and_then(|range| range.strip_prefix("bytes="));
        range.map_or(0, |range| {
            range.trim_end_matches('-').parse().expect("a start")
        })
    }
}

/// What is answered.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    cut_after: Option<usize>,
}

impl Reply {
    /// A status with nothing else.
    pub fn status(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }

    /// A whole file.
    pub fn file(body: &[u8]) -> Self {
        let body = body.to_vec();
        Self {
            body,
            ..Self::status(200)
        }
    }

    /// A file, or the part of it that was asked for.
    pub fn part(body: &[u8], request: &Request) -> Self {
        let start = request.start();
        if start == 0 {
            return Self::file(body);
        }
        let range = format!("bytes {start}-{}/{}", body.len() - 1, body.len());
        let reply = Self {
            status: 206,
            ..Self::file(&body[start..])
        };
        reply.with("content-range", &range)
    }

    /// Leads elsewhere.
    pub fn redirect(location: &str) -> Self {
        Self::status(302).with("location", location)
    }

    /// The same with a header.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same, but the connection breaks after so many bytes of the body.
    #[must_use]
    pub fn cut_after(mut self, count: usize) -> Self {
        self.cut_after = Some(count);
        self
    }

    fn write(&self, mut stream: &TcpStream) -> std::io::Result<()> {
        let length = self.body.len();
        write!(
            stream,
            "HTTP/1.1 {} Said\r\ncontent-length: {length}\r\n",
            self.status
        )?;
        write!(stream, "connection: close\r\n")?;
        for (name, value) in &self.headers {
            write!(stream, "{name}: {value}\r\n")?;
        }
        write!(stream, "\r\n")?;
        stream.write_all(&self.body[..self.cut_after.unwrap_or(length)])?;
        stream.flush()
    }
}

type Handler = dyn Fn(&Request) -> Reply + Send + Sync;

/// A server that answers until it is dropped.
pub struct Loopback {
    port: u16,
    asked: Arc<Mutex<Vec<Request>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Loopback {
    /// Answers with `handler`. A request to a proxy (`CONNECT`) is granted, and what comes through
    /// it is answered like any other.
    ///
    /// # Panics
    /// If there is no free port.
    pub fn start(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let handler: Arc<Handler> = Arc::new(handler);
        let (all, end) = (Arc::clone(&asked), Arc::clone(&stop));
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if end.load(Ordering::SeqCst) {
                    break;
                }
                let (handler, asked) = (Arc::clone(&handler), Arc::clone(&all));
                thread::spawn(move || {
                    // A client that goes away early is part of what is tested.
                    let _ = answer(&stream.expect("a connection"), &*handler, &asked);
                });
            }
        });
        Self {
            port,
            asked,
            stop,
            thread: Some(thread),
        }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// All that was asked so far.
    ///
    /// # Panics
    /// If the test's handler did.
    pub fn asked(&self) -> Vec<Request> {
        self.asked.lock().expect("no panic").clone()
    }
}

fn answer(
    stream: &TcpStream,
    handler: &Handler,
    asked: &Mutex<Vec<Request>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let request = read(&mut reader)?;
        asked.lock().expect("no panic").push(request.clone());
        if request.method != "CONNECT" {
            return handler(&request).write(stream);
        }
        let mut granted = stream;
        granted.write_all(b"HTTP/1.1 200 Connected\r\n\r\n")?;
    }
}

fn read(reader: &mut BufReader<&TcpStream>) -> std::io::Result<Request> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    };
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.and_then(|(_, value)| value.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    Ok(Request {
        method,
        target,
        body,
        headers,
    })
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the thread, which then closes its port.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
