//! Asks a server as many clients at once would, and says how fast and how evenly it answers.
//!
//! `cargo run --release -p hilum-serve --example load -- ADDRESS PATH KIND FILE CLIENTS REQUESTS [RATE]`
//!
//! One connection a client, kept open; the next request follows the last answer, or with `RATE` is
//! due when its turn comes at so many requests a second, and its latency counts from then. `KIND` is
//! the content type that `FILE` is sent as; of a folder, its files are sent in turns. Prints one line
//! of JSON: rate, latencies in milliseconds, requests that were not answered with 200.

use std::error::Error;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, path, kind, files, clients, requests, rate @ ..] = arguments.as_slice() else {
        return Err("load ADDRESS PATH KIND FILE CLIENTS REQUESTS [RATE]".into());
    };
    let rate: Option<f64> = rate.first().map(|rate| rate.parse()).transpose()?;
    let clients: usize = clients.parse()?;
    let bodies = bodies(Path::new(files))?;
    let load = Load {
        address,
        requests: bodies
            .iter()
            .map(|body| request(address, path, kind, body))
            .collect(),
        count: requests.parse()?,
        pause: rate
            .map(|rate| Duration::try_from_secs_f64(1.0 / rate))
            .transpose()?,
        begin: Instant::now(),
        sent: AtomicUsize::new(0),
        failed: AtomicUsize::new(0),
    };
    let times = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..clients)
            .map(|_| scope.spawn(|| load.client()))
            .collect();
        let times = threads.into_iter().map(ScopedJoinHandle::join);
        times.flat_map(Result::unwrap_or_default).collect()
    });
    writeln!(std::io::stdout(), "{}", load.figures(clients, times))?;
    Ok(())
}

/// The file, or those of a folder in the order of their names.
fn bodies(path: &Path) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let mut paths = vec![path.to_owned()];
    if path.is_dir() {
        let entries = std::fs::read_dir(path)?;
        paths = entries
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<Vec<PathBuf>, std::io::Error>>()?;
        paths.sort();
    }
    if paths.is_empty() {
        return Err("there are no files in the folder".into());
    }
    Ok(paths
        .into_iter()
        .map(std::fs::read)
        .collect::<Result<_, _>>()?)
}

fn request(address: &str, path: &str, kind: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// What all clients look at.
struct Load<'a> {
    address: &'a str,
    requests: Vec<Vec<u8>>,
    count: usize,
    /// From one request's turn to the next one's; as fast as answers come, if absent.
    pause: Option<Duration>,
    begin: Instant,
    sent: AtomicUsize,
    failed: AtomicUsize,
}

impl Load<'_> {
    /// Asks until all is asked; how long each answer took.
    fn client(&self) -> Vec<Duration> {
        let mut times = Vec::new();
        let mut connection = None;
        loop {
            let number = self.sent.fetch_add(1, Ordering::Relaxed);
            if number >= self.count {
                return times;
            }
            let due = self.turn(number);
            let request = &self.requests[number % self.requests.len()];
            if let Ok(200) = ask(&mut connection, self.address, request) {
                times.push(due.elapsed());
            } else {
                self.failed.fetch_add(1, Ordering::Relaxed);
                connection = None;
            }
        }
    }

    /// Waits for the turn of a request; since when it is due.
    fn turn(&self, number: usize) -> Instant {
        let Some(pause) = self.pause else {
            return Instant::now();
        };
        let due = self.begin + pause.mul_f64(number as f64);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        due
    }

    fn figures(&self, clients: usize, mut times: Vec<Duration>) -> String {
        let seconds = self.begin.elapsed().as_secs_f64();
        times.sort();
        let at = |share: f64| {
            let place = (share * times.len() as f64) as usize;
            let time = times.get(place.min(times.len().saturating_sub(1)));
            time.map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
        };
        format!(
            "{{\"clients\": {clients}, \"answered\": {}, \"failed\": {}, \"seconds\": {seconds:.2}, \
             \"per_second\": {:.1}, \"p50_ms\": {:.2}, \"p90_ms\": {:.2}, \"p99_ms\": {:.2}, \"max_ms\": {:.2}}}",
            times.len(),
            self.failed.load(Ordering::Relaxed),
            times.len() as f64 / seconds,
            at(0.5),
            at(0.9),
            at(0.99),
            at(1.0),
        )
    }
}

/// Sends one request and reads its answer to the end; its status.
fn ask(
    connection: &mut Option<BufReader<TcpStream>>,
    address: &str,
    request: &[u8],
) -> Result<u16, Box<dyn Error>> {
    let stream = match connection {
        Some(stream) => stream,
        none => {
            let stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            none.insert(BufReader::new(stream))
        }
    };
    stream.get_mut().write_all(request)?;
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let status = line.split(' ').nth(1).ok_or("no status")?.parse()?;
    let mut length = None;
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        let header = line.trim_end().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = Some(value.trim().parse::<usize>()?);
        }
    }
    let mut body = vec![0; length.ok_or("no length")?];
    stream.read_exact(&mut body)?;
    Ok(status)
}
