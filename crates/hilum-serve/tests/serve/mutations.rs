//! Requests that are changed at random: each is answered or ended, nothing panics, memory is bounded.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use zip::write::SimpleFileOptions;

use crate::answers::{png, series};
use crate::served::{Served, form};

/// Changes a request in one to four places.
fn mutate(request: &mut Vec<u8>, random: &mut ChaCha8Rng) {
    for _ in 0..=random.next_u32() % 4 {
        if request.is_empty() {
            return;
        }
        let place = random.next_u32() as usize % request.len();
        match random.next_u32() % 6 {
            0 => request[place] ^= 1 << (random.next_u32() % 8),
            1 => request[place] = random.next_u32() as u8,
            2 => request.truncate(place),
            3 => {
                let length = (random.next_u32() as usize % 40).min(request.len() - place);
                request.drain(place..place + length);
            }
            4 => {
                let end = (place + random.next_u32() as usize % 60).min(request.len());
                let copy = request[place..end].to_vec();
                let at = random.next_u32() as usize % request.len();
                request.splice(at..at, copy);
            }
            _ => {
                const TOKENS: [&[u8]; 8] = [
                    b"\r\n",
                    b"--BORDER",
                    b"{",
                    b"]",
                    b"-1",
                    b"99999999999999999999",
                    b"\0",
                    b"%00",
                ];
                let token = TOKENS[random.next_u32() as usize % TOKENS.len()];
                request.splice(place..place, token.iter().copied());
            }
        }
    }
}

/// A request before it is changed.
enum Original {
    /// Address, headers, body: the head says how long the changed body is.
    Post(&'static str, String, Vec<u8>),
    /// All of it as it is sent.
    Raw(String),
}

const KSERVE: &str = "/v2/models/mobilenet-v2-chest-ct/infer";

/// Requests with this as the file that they are about.
fn about(name: &str, file: &[u8]) -> Vec<Original> {
    let multipart = || "content-type: multipart/form-data; boundary=BORDER\r\n".to_owned();
    let picture = || "content-type: image/png\r\n".to_owned();
    let binary = |header: &str, bytes: &[u8]| {
        let length = format!("inference-header-content-length: {}\r\n", header.len());
        Original::Post(KSERVE, length, [header.as_bytes(), bytes].concat())
    };
    let element = [&(file.len() as u32).to_le_bytes()[..], file].concat();
    let elements = format!(
        r#"{{"inputs":[{{"name":"image","shape":[1],"datatype":"BYTES","parameters":{{"binary_data_size":{}}}}}]}}"#,
        element.len()
    );
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for member in ["a/1", "a/2"] {
        zip.start_file(member, SimpleFileOptions::default())
            .unwrap();
        zip.write_all(file).unwrap();
    }
    let zip = zip.finish().unwrap().into_inner();
    vec![
        binary(&elements, &element),
        Original::Post(
            "/api/predict?by=series",
            multipart(),
            form(&[(name, file), ("b", b"x")]),
        ),
        Original::Post(
            "/api/predict?by=patient",
            multipart(),
            form(&[("a.zip", &zip)]),
        ),
        Original::Post("/api/predict", picture(), file.to_vec()),
        Original::Post("/api/pixels", picture(), file.to_vec()),
        Original::Post("/api/jobs", multipart(), form(&[(name, file)])),
    ]
}

/// Those that are refused whatever file they are about.
fn cheap(host: SocketAddr) -> Vec<Original> {
    let json = br#"{"inputs":[{"name":"image","shape":[1],"datatype":"BYTES","data":["iVBORw0K"]}],"outputs":[{"name":"class","parameters":{"binary_data":true}}]}"#;
    let numbers = br#"{"id":"1","inputs":[{"name":"tensor","shape":[1,2,2,3],"datatype":"FP32","data":[[1,2.5],[-3e7,0]]}]}"#;
    let header = br#"{"inputs":[{"name":"pixels","shape":[1,224,224,3],"datatype":"UINT8","parameters":{"binary_data_size":4}}]}"#;
    let length = format!("inference-header-content-length: {}\r\n", header.len());
    let kind = || "content-type: application/json\r\n".to_owned();
    let mut originals = vec![
        Original::Post(KSERVE, kind(), json.to_vec()),
        Original::Post(KSERVE, kind(), numbers.to_vec()),
        Original::Post(KSERVE, length, [&header[..], b"abcd"].concat()),
    ];
    let end = format!("host: {host}\r\nconnection: close\r\n\r\n");
    for line in [
        "GET /v2/models/mobilenet-v2-chest-ct/versions/1",
        "GET /api/jobs/0123456789abcdef0123456789abcdef/events",
        "DELETE /api/jobs/0123456789abcdef0123456789abcdef",
        "GET /page/en.json",
        "OPTIONS *",
    ] {
        originals.push(Original::Raw(format!("{line} HTTP/1.1\r\n{end}")));
    }
    let chunked = format!(
        "POST /api/predict HTTP/1.1\r\ntransfer-encoding: chunked\r\ncontent-type: image/png\r\n{end}\
         4\r\n\u{1}PNG\r\n1a;a=b\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\nx: y\r\n\r\n"
    );
    originals.push(Original::Raw(chunked));
    // Two requests in a row on one connection, and one that waits to be asked for its body.
    let first = format!("GET /v2/health/live HTTP/1.1\r\nhost: {host}\r\n\r\n");
    originals.push(Original::Raw(format!("{first}GET /v2 HTTP/1.1\r\n{end}")));
    originals.push(Original::Raw(format!(
        "POST /api/predict HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 1\r\n{end}x"
    )));
    originals
}

/// What is changed: all of a few, and many that cost little.
struct Originals {
    cheap: Vec<Original>,
    whole: Vec<Original>,
    /// Every so many is a whole one.
    step: usize,
}

impl Originals {
    fn new(host: SocketAddr, step: usize) -> Self {
        let mut cheap = cheap(host);
        cheap.extend(about("a.png", &png(1)[..40]));
        let folder = tempfile::tempdir().unwrap();
        let (_, dicom) = series(folder.path(), 1).remove(0);
        let mut whole = about("a.png", &png(1));
        whole.extend(about("a.dcm", &dicom));
        let picture = "content-type: image/png\r\n".to_owned();
        whole.push(Original::Post(
            "/api/predict?heat=grad-cam",
            picture,
            png(2),
        ));
        Self { cheap, whole, step }
    }

    fn at(&self, round: usize) -> &Original {
        if round.is_multiple_of(self.step) {
            &self.whole[round / self.step % self.whole.len()]
        } else {
            &self.cheap[round % self.cheap.len()]
        }
    }
}

/// A request whose body is changed and as long as it says; or one that is changed anywhere.
fn mutated(original: &Original, host: SocketAddr, random: &mut ChaCha8Rng) -> Vec<u8> {
    let (path, headers, body) = match original {
        Original::Post(path, headers, body) => (path, headers, body),
        Original::Raw(text) => {
            let mut request = text.clone().into_bytes();
            mutate(&mut request, random);
            return request;
        }
    };
    let mut body = body.clone();
    let is_whole = random.next_u32().is_multiple_of(4);
    if !is_whole {
        mutate(&mut body, random);
    }
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let mut request = [head.as_bytes(), &body].concat();
    if is_whole {
        mutate(&mut request, random);
    }
    request
}

/// The answer; empty if the server ends the connection without one.
fn answer(request: &[u8], host: SocketAddr) -> String {
    let mut stream = TcpStream::connect(host).expect("a connection");
    let _ = stream.set_read_timeout(Some(Duration::from_mins(1)));
    // The server may have enough before all of it is written.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// How often each status was answered; 0 stands for no answer.
type Tally = BTreeMap<u16, usize>;

/// How many requests from how many clients, every so many of them a whole one.
struct Storm {
    count: usize,
    clients: usize,
    step: usize,
}

/// Sends them; `told` is called after each hundredth.
fn storm(served: &Served, storm: &Storm, told: &(dyn Fn(usize) + Sync)) -> Tally {
    let Storm {
        count,
        clients,
        step,
    } = *storm;
    let host = served.address;
    let originals = &Originals::new(host, step);
    let sent = &AtomicUsize::new(0);
    let client = |number: usize| {
        let mut random = ChaCha8Rng::seed_from_u64(number as u64);
        let mut tally = Tally::new();
        for round in 0..count / clients {
            let request = mutated(originals.at(round), host, &mut random);
            let answer = answer(&request, host);
            let said = String::from_utf8_lossy(&request);
            assert!(!answer.starts_with("HTTP/1.1 500"), "{answer} to {said}");
            let status = answer.get(9..12).and_then(|status| status.parse().ok());
            *tally.entry(status.unwrap_or(0)).or_default() += 1;
            let done = sent.fetch_add(1, Ordering::Relaxed) + 1;
            if done.is_multiple_of((count / 100).max(1)) {
                told(done);
            }
        }
        tally
    };
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..clients)
            .map(|number| scope.spawn(move || client(number)))
            .collect();
        let tallies = clients.into_iter().map(|client| client.join().unwrap());
        tallies.collect()
    });
    let mut all = Tally::new();
    for (status, count) in tallies.into_iter().flatten() {
        *all.entry(status).or_default() += count;
    }
    all
}

/// One that waits so long for the rest of a request that was cut off.
fn waiting(silence: Duration) -> Served {
    Served::with(|settings| {
        settings.limits.silence = silence;
        settings.limits.body_bytes = 1 << 20;
    })
}

/// Counts panics of any thread from now on.
fn panics() -> &'static AtomicUsize {
    static PANICS: AtomicUsize = AtomicUsize::new(0);
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        before(panic);
    }));
    &PANICS
}

#[test]
fn mutated_requests_are_answered_or_ended_and_others_go_on() {
    let panics = panics();
    let served = waiting(Duration::from_millis(300));
    let few = Storm {
        count: 1600,
        clients: 8,
        step: 2,
    };
    let tally = storm(&served, &few, &|_| {});
    // Many are whole enough to be looked into, and many are not.
    let of = |status: u16| tally.get(&status).copied().unwrap_or_default();
    assert!(of(200) > 200 && of(400) > 200, "{tally:?}");
    assert_eq!(panics.load(Ordering::Relaxed), 0);
    served.post("/api/predict", "image/png", &png(1)).succeeds();
}

/// Memory of this process, which holds the server; `None` where the system does not tell.
fn resident_megabytes() -> Option<f64> {
    let status = fs_err::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024.0)
}

/// `HILUM_MUTATIONS=1000000 cargo nextest run --release -p hilum-serve --run-ignored only a_storm`
#[test]
#[ignore = "as long as HILUM_MUTATIONS says: a million takes some twenty minutes"]
fn a_storm_of_mutated_requests_costs_no_memory() {
    let count = std::env::var("HILUM_MUTATIONS");
    let count = count.map_or(100_000, |count| count.parse().unwrap());
    let panics = panics();
    let served = waiting(Duration::from_millis(40));
    let (begin, seen) = (Instant::now(), std::sync::Mutex::new(Vec::new()));
    let told = |done: usize| {
        let megabytes = resident_megabytes();
        let seconds = begin.elapsed().as_secs();
        let line = format!("{done} requests, {seconds} s, {megabytes:.1?} MB");
        let _ = writeln!(std::io::stderr(), "{line}");
        seen.lock().unwrap().extend(megabytes);
    };
    let many = Storm {
        count,
        clients: 32,
        step: 64,
    };
    let tally = storm(&served, &many, &told);
    let _ = writeln!(std::io::stderr(), "{tally:?}");
    assert_eq!(panics.load(Ordering::Relaxed), 0);
    served.post("/api/predict", "image/png", &png(1)).succeeds();
    let seen = seen.into_inner().unwrap();
    // Once a tenth is through, whatever is kept ready is there.
    let (early, late) = seen.split_at(seen.len() / 10);
    let most = |part: &[f64]| part.iter().copied().fold(0.0, f64::max);
    assert!(most(late) < most(early) + 200.0, "{seen:?}");
}
