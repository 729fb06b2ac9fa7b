//! Asks a server as many clients at once would, and says how fast and how evenly it answers.
//!
//! `cargo run --release -p hilum-serve --example load -- ADDRESS PATH KIND FILE CLIENTS REQUESTS`
//!
//! One connection a client, kept open; the next request follows the last answer. `KIND` is the
//! content type that `FILE` is sent as. Prints one line of JSON: rate, latencies in milliseconds,
//! requests that were not answered with 200.

use std::error::Error;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, path, kind, file, clients, requests] = arguments.as_slice() else {
        return Err("load ADDRESS PATH KIND FILE CLIENTS REQUESTS".into());
    };
    let (clients, requests): (usize, usize) = (clients.parse()?, requests.parse()?);
    let body = std::fs::read(file)?;
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let request = [head.as_bytes(), &body].concat();
    let (sent, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let begin = Instant::now();
    let client = || {
        let mut times = Vec::new();
        let mut connection = None;
        while sent.fetch_add(1, Ordering::Relaxed) < requests {
            let begin = Instant::now();
            if let Ok(200) = ask(&mut connection, address, &request) {
                times.push(begin.elapsed());
            } else {
                failed.fetch_add(1, Ordering::Relaxed);
                connection = None;
            }
        }
        times
    };
    let mut times: Vec<Duration> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..clients).map(|_| scope.spawn(client)).collect();
        let times = threads.into_iter().map(ScopedJoinHandle::join);
        times.flat_map(Result::unwrap_or_default).collect()
    });
    let seconds = begin.elapsed().as_secs_f64();
    times.sort();
    let at = |share: f64| {
        let place = (share * times.len() as f64) as usize;
        let time = times.get(place.min(times.len().saturating_sub(1)));
        time.map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
    };
    let figures = format!(
        "{{\"clients\": {clients}, \"answered\": {}, \"failed\": {}, \"seconds\": {seconds:.2}, \
         \"per_second\": {:.1}, \"p50_ms\": {:.2}, \"p90_ms\": {:.2}, \"p99_ms\": {:.2}, \"max_ms\": {:.2}}}",
        times.len(),
        failed.load(Ordering::Relaxed),
        times.len() as f64 / seconds,
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0),
    );
    writeln!(std::io::stdout(), "{figures}")?;
    Ok(())
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
