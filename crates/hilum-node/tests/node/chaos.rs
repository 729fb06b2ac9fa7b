//! A node that is killed again and again, and a peer that comes and goes.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use dicom_dictionary_std::uids;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::double::{Double, destination, settings, start_with};
use crate::receiver::Receiver;
use crate::scanner::{Instance, Scanner, series};

const FOLDER: &str = "HILUM_TEST_NODE_FOLDER";
const SEND_TO: &str = "HILUM_TEST_NODE_SEND_TO";
const SERIES: usize = 12;
const INSTANCES: usize = 4;

/// The process that is killed: a node that says its port.
#[test]
#[ignore = "run by the test below, as a process of its own"]
fn node_process() {
    let (Ok(folder), Ok(send_to)) = (std::env::var(FOLDER), std::env::var(SEND_TO)) else {
        return;
    };
    let mut settings = settings(Path::new(&folder));
    settings.destinations = vec![destination(&send_to)];
    settings.quiet_after_break = Duration::from_secs(8);
    let double = Double {
        takes: [Duration::from_millis(30); 2],
        ..Double::default()
    };
    let node = start_with(settings, double);
    let mut out = std::io::stdout();
    writeln!(out, "\nPORT {}", node.address().port()).unwrap();
    out.flush().unwrap();
    // Until it is killed, or the test that waits for it is gone.
    let _ = std::io::stdin().read_line(&mut String::new());
}

struct Victim {
    child: Child,
    address: SocketAddr,
}

impl Victim {
    fn start(folder: &Path, send_to: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "chaos::node_process", "--ignored", "--nocapture"])
            .env(FOLDER, folder)
            .env(SEND_TO, send_to)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("PORT ")?.parse().ok());
        let address = SocketAddr::from(([127, 0, 0, 1], port.expect("a port")));
        Self { child, address }
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Whether all of a series were acknowledged, and the association ended well.
fn try_send(address: SocketAddr, instances: &[Instance]) -> bool {
    let Ok(mut scanner) = Scanner::try_connect(address, "HILUM", "SCANNER") else {
        return false;
    };
    let taken = instances
        .iter()
        .all(|one| matches!(scanner.store(one), Ok(0)));
    taken && scanner.release().is_ok()
}

#[test]
fn every_series_has_one_report_whatever_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start();
    let (pacs, name) = (receiver.address, receiver.name());
    let receiver = Mutex::new(Some(receiver));
    let kept = Mutex::new(Vec::new());
    let address = Mutex::new(None);
    let mut random = ChaCha8Rng::seed_from_u64(16);
    std::thread::scope(|scope| {
        let sending = scope.spawn(|| {
            for number in 0..SERIES {
                let instances = series(1_000_000 + number, INSTANCES);
                let began = Instant::now();
                loop {
                    let current: Option<SocketAddr> = *address.lock().unwrap();
                    if current.is_some_and(|address| try_send(address, &instances)) {
                        break;
                    }
                    assert!(began.elapsed() < Duration::from_mins(1), "series {number}");
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
        });
        while !sending.is_finished() {
            let victim = Victim::start(folder.path(), &name);
            *address.lock().unwrap() = Some(victim.address);
            std::thread::sleep(Duration::from_millis(random.random_range(5..400)));
            *address.lock().unwrap() = None;
            victim.kill();
            // The peer goes, and comes back with nothing forgotten.
            let mut receiver = receiver.lock().unwrap();
            if let Some(gone) = receiver.take() {
                kept.lock().unwrap().extend(gone.uids());
            } else {
                *receiver = Some(Receiver::at(pacs, vec![uids::EXPLICIT_VR_LITTLE_ENDIAN]));
            }
        }
    });
    let receiver = receiver.into_inner().unwrap();
    let receiver =
        receiver.unwrap_or_else(|| Receiver::at(pacs, vec![uids::EXPLICIT_VR_LITTLE_ENDIAN]));
    let victim = Victim::start(folder.path(), &name);
    let all = || {
        let mut reports: BTreeMap<String, usize> = BTreeMap::new();
        let uids = kept
            .lock()
            .unwrap()
            .iter()
            .cloned()
            .chain(receiver.uids())
            .collect::<Vec<_>>();
        for uid in uids.iter().filter(|uid| uid.ends_with(".1")) {
            *reports.entry(uid.clone()).or_default() += 1;
        }
        reports
    };
    let began = Instant::now();
    while all().len() < SERIES {
        assert!(began.elapsed() < Duration::from_mins(1), "{:?}", all());
        std::thread::sleep(Duration::from_millis(50));
    }
    // Whatever else would come.
    std::thread::sleep(Duration::from_secs(1));
    victim.kill();
    let process = std::process::id();
    let expected: Vec<String> = (0..SERIES)
        .map(|number| format!("1.2.3.{process}.{}.1.{INSTANCES}.1", 1_000_000 + number))
        .collect();
    let mut expected = expected;
    expected.sort();
    assert_eq!(all().into_keys().collect::<Vec<_>>(), expected);
}
