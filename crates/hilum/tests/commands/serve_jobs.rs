//! `hilum serve --jobs`: what a killed server owes to whoever it said yes to.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use hilum_imaging::{Lesion, Phantom, encode_png};
use serde_json::Value;

use crate::workplace::Workplace;

/// A server that listens; killed with the test.
struct Running {
    child: Child,
    address: String,
}

impl Running {
    fn start(place: &Workplace) -> Self {
        let arguments = ["serve", "--address", "127.0.0.1:0", "--jobs", "jobs"];
        let mut child = place.start_piped(&arguments);
        let mut said = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut line = String::new();
        let address = loop {
            line.clear();
            assert_ne!(said.read_line(&mut line).expect("text"), 0, "it ended");
            if let Some(address) = line.trim().strip_prefix("listening on http://") {
                break address.to_owned();
            }
        };
        // Its log is read, so that it never waits for us.
        thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        Self { child, address }
    }

    /// Head and body of what is answered.
    fn ask(&self, head: &str, body: &[u8]) -> (String, Value) {
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        let head = format!(
            "{head} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n\
             content-type: multipart/form-data; boundary=BORDER\r\n\r\n",
            self.address,
            body.len()
        );
        stream.write_all(head.as_bytes()).expect("sent");
        stream.write_all(body).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        (
            head.to_owned(),
            serde_json::from_str(body).unwrap_or_default(),
        )
    }

    fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("ended");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until `holds` gives something.
fn eventually<T>(what: &str, mut holds: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = holds() {
            return found;
        }
        assert!(begin.elapsed() < Duration::from_mins(2), "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

fn form(count: usize) -> Vec<u8> {
    let mut form = Vec::new();
    for index in 0..count {
        let phantom = Phantom {
            size: 128,
            patient_seed: 5,
            slice_index: index,
            lesion: Lesion::ALL[index % 4],
        };
        let head = format!(
            "--BORDER\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{index}.png\"\r\n\r\n"
        );
        form.extend(head.as_bytes());
        form.extend(encode_png(&phantom.render().windowed(-600.0, 1500.0)));
        form.extend(b"\r\n");
    }
    form.extend(b"--BORDER--\r\n");
    form
}

fn place(head: &str) -> String {
    let mut lines = head.lines();
    let location = lines.find_map(|line| line.strip_prefix("location: "));
    location.expect("a place").to_owned()
}

#[test]
fn a_job_that_was_taken_on_is_done_after_a_kill_and_others_wait_their_turn() {
    let workplace = Workplace::new();
    let server = Running::start(&workplace);
    let expected = server.ask("POST /api/predict", &form(12)).1;
    assert_eq!(expected["counts"]["files"], 12);
    let jobs: Vec<String> = (0..4)
        .map(|_| {
            let (head, job) = server.ask("POST /api/jobs", &form(12));
            assert!(head.starts_with("HTTP/1.1 202"), "{head} {job}");
            place(&head)
        })
        .collect();
    eventually("a job is worked on", || {
        let job = server.ask(&format!("GET {}", jobs[0]), b"").1;
        (job["status"] != "waiting").then_some(())
    });
    server.kill();

    let server = Running::start(&workplace);
    let second = workplace.hilum(&["serve", "--address", "127.0.0.1:0", "--jobs", "jobs"]);
    assert_eq!(second.code, 1, "{}", second.stderr);
    assert!(
        second.stderr.contains("another server keeps its jobs"),
        "{}",
        second.stderr
    );
    for job in &jobs {
        let done = eventually("the job is done", || {
            let shown = server.ask(&format!("GET {job}"), b"").1;
            assert!(shown["error"].is_null(), "{shown}");
            (shown["status"] == "done").then_some(shown)
        });
        assert_eq!(done["result"], expected);
    }
    // What was uploaded is not kept once it is answered.
    let left = std::fs::read_dir(workplace.path("jobs")).expect("a folder");
    let left = left.map(|entry| entry.expect("an entry").path());
    let uploads = left.filter(|path| path.extension().is_some_and(|end| end == "upload"));
    assert_eq!(uploads.count(), 0);
}

#[cfg(unix)]
#[test]
fn a_job_that_is_broken_off_by_an_interrupt_is_done_by_the_next_start() {
    let workplace = Workplace::new();
    let mut server = Running::start(&workplace);
    let (head, _) = server.ask("POST /api/jobs", &form(200));
    let job = place(&head);
    eventually("the job is worked on", || {
        let shown = server.ask(&format!("GET {job}"), b"").1;
        (shown["status"] == "running").then_some(())
    });
    let interrupt = Command::new("kill")
        .args(["-INT", &server.child.id().to_string()])
        .status();
    assert!(interrupt.expect("kill").success());
    assert!(server.child.wait().expect("ended").success());
    drop(server);
    let server = Running::start(&workplace);
    let shown = server.ask(&format!("GET {job}"), b"").1;
    assert!(
        ["waiting", "running", "done"].contains(&shown["status"].as_str().unwrap_or_default()),
        "{shown}"
    );
    let (head, _) = server.ask(&format!("DELETE {job}"), b"");
    assert!(head.starts_with("HTTP/1.1 204"), "{head}");
    server.kill();
    let server = Running::start(&workplace);
    let (head, _) = server.ask(&format!("GET {job}"), b"");
    assert!(head.starts_with("HTTP/1.1 404"), "{head}");
}

#[test]
fn a_job_that_ends_the_server_again_and_again_is_given_up_and_says_so() {
    let workplace = Workplace::new();
    let server = Running::start(&workplace);
    let (head, _) = server.ask("POST /api/jobs", &form(100));
    let job = place(&head);
    server.kill();
    // As three starts that were killed leave it.
    let id = job.rsplit('/').next().expect("a name");
    let upload = workplace.path(&format!("jobs/{id}.upload"));
    assert!(upload.exists(), "it was killed before its end");
    std::fs::write(workplace.path(&format!("jobs/{id}.tries")), b"\0\0\0").expect("written");
    let server = Running::start(&workplace);
    let failed = eventually("the job is given up", || {
        let shown = server.ask(&format!("GET {job}"), b"").1;
        (shown["status"] == "failed").then_some(shown)
    });
    let said = failed["error"].as_str().expect("a reason");
    assert!(said.contains("ended 3 times"), "{said}");
    server.kill();
    let server = Running::start(&workplace);
    let shown = server.ask(&format!("GET {job}"), b"").1;
    assert_eq!(shown["status"], "failed", "{shown}");
    assert!(!upload.exists());
}
