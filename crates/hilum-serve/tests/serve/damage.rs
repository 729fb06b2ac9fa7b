//! Requests that are broken in any way: an answer or an end, never a panic, and others go on.

use std::io::{Cursor, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

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

/// A request before it is put together: address, headers, body.
type Parts = (&'static str, String, Vec<u8>);

fn requests() -> Vec<Parts> {
    let kserve = "/v2/models/mobilenet-v2-chest-ct/infer";
    let file = png(1);
    let json = br#"{"inputs":[{"name":"image","shape":[1],"datatype":"BYTES","data":["iVBORw0K"]}],"outputs":[{"name":"class","parameters":{"binary_data":true}}]}"#;
    let header = br#"{"inputs":[{"name":"pixels","shape":[1,224,224,3],"datatype":"UINT8","parameters":{"binary_data_size":4}}]}"#;
    let length = format!("inference-header-content-length: {}\r\n", header.len());
    let multipart = || "content-type: multipart/form-data; boundary=BORDER\r\n".to_owned();
    let picture = || "content-type: image/png\r\n".to_owned();
    let folder = tempfile::tempdir().unwrap();
    let (_, dicom) = series(folder.path(), 1).remove(0);
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for name in ["a/1.dcm", "a/2.dcm"] {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(&dicom).unwrap();
    }
    let zip = zip.finish().unwrap().into_inner();
    vec![
        (
            kserve,
            "content-type: application/json\r\n".to_owned(),
            json.to_vec(),
        ),
        (kserve, length, [&header[..], b"abcd"].concat()),
        (
            "/api/predict?by=series",
            multipart(),
            form(&[("a.png", &file), ("b", b"x")]),
        ),
        (
            "/api/predict?by=patient",
            multipart(),
            form(&[("a.zip", &zip)]),
        ),
        ("/api/predict", picture(), dicom),
        ("/api/predict?heat=grad-cam", picture(), file),
        ("/api/jobs", multipart(), form(&[("a.dcm", b"\0\0")])),
    ]
}

/// A request with a body that is changed, of the length that it says; or one that is changed
/// anywhere.
fn mutated((path, headers, body): &Parts, host: SocketAddr, random: &mut ChaCha8Rng) -> Vec<u8> {
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

/// The beginning of the answer; empty if the server ends the connection without one.
fn answer(request: &[u8], host: SocketAddr) -> String {
    let mut stream = TcpStream::connect(host).expect("a connection");
    let _ = stream.set_read_timeout(Some(Duration::from_mins(1)));
    // The server may have enough before all of it is written.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn mutated_requests_are_answered_or_ended_and_others_go_on() {
    const CLIENTS: u64 = 8;
    const ROUNDS: usize = 200;
    let served = Served::with(|settings| {
        settings.limits.silence = Duration::from_millis(300);
        settings.limits.body_bytes = 1 << 20;
    });
    let originals = &requests();
    let host = served.address;
    let client = |number: u64| -> usize {
        let mut random = ChaCha8Rng::seed_from_u64(number);
        let mut answered = 0;
        for round in 0..ROUNDS {
            let request = mutated(&originals[round % originals.len()], host, &mut random);
            let answer = answer(&request, host);
            let said = String::from_utf8_lossy(&request);
            assert!(!answer.starts_with("HTTP/1.1 500"), "{answer} to {said}");
            answered += usize::from(answer.starts_with("HTTP/1.1 200"));
        }
        answered
    };
    let answered: usize = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| scope.spawn(move || client(number)))
            .collect();
        clients
            .into_iter()
            .map(|client| client.join().unwrap())
            .sum()
    });
    // Many are whole enough to be looked into.
    assert!(answered > 400, "{answered}");
    served.post("/api/predict", "image/png", &png(1)).succeeds();
}

#[test]
fn a_zip_bomb_is_refused_as_one_and_other_files_are_answered() {
    let served = Served::new();
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let zeros = vec![0; 16 << 20];
    // 1.3 GB in about as many MB.
    for index in 0..80 {
        zip.start_file(format!("{index}.dcm"), SimpleFileOptions::default())
            .unwrap();
        zip.write_all(&zeros).unwrap();
    }
    let bomb = zip.finish().unwrap().into_inner();
    assert!(bomb.len() < 3 << 20, "{}", bomb.len());
    let told = served.send("/api/predict", &[("bomb.zip", &bomb), ("a.png", &png(1))]);
    let told = told.succeeds().json();
    let answers = told["answers"].as_array().unwrap();
    assert_eq!(answers.len(), 2);
    let error = answers[0]["error"].as_str().unwrap();
    assert!(error.contains("inflates"), "{error}");
    assert!(answers[1]["probabilities"].is_object());
}

#[test]
fn an_album_of_ten_thousand_files_is_taken_and_one_more_is_not() {
    let served = Served::new();
    let body: Vec<(&str, &[u8])> = vec![("x.png", b"no image"); 10_000];
    let told = served.send("/api/predict", &body).succeeds().json();
    assert_eq!(told["counts"]["unreadable"], 10_000);
    let body: Vec<(&str, &[u8])> = vec![("x.png", b"no image"); 10_001];
    served
        .send("/api/predict", &body)
        .refuses(413, &["10000 files"]);
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..10_001 {
        zip.start_file(format!("{index}.png"), SimpleFileOptions::default())
            .unwrap();
    }
    let zip = zip.finish().unwrap().into_inner();
    served
        .send("/api/predict", &[("a.zip", &zip)])
        .refuses(413, &["10001 files"]);
}
