//! Streams of PDUs with bytes changed: no panic, bounded memory, and others go on.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dicom_dictionary_std::uids;
use dicom_ul::pdu::{
    AssociationRQ, PDataValue, PDataValueType, Pdu, PresentationContextProposed, UserVariableItem,
    write_pdu,
};
use hilum_core::Cancel;
use hilum_node::Node;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::double::{Double, settings};
use crate::scanner::{Scanner, fixed_command, series};

/// PDUs that `cargo test` tries.
const FEW: &str = "20000";
/// How many the ignored test tries, if not a million.
const COUNT: &str = "HILUM_MUTATED_PDUS";
/// The ignored test, by the name that the test program knows it by.
const VERY_MANY: &str = "mutated::very_many_mutated_streams_of_pdus_are_survived";

const EXTREMES: [u32; 8] = [0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, u32::MAX];

/// An association that stores two instances and echoes, PDU by PDU.
fn session() -> Vec<Vec<u8>> {
    let context = |id, class: &str| PresentationContextProposed {
        id,
        abstract_syntax: class.to_owned(),
        transfer_syntaxes: vec![
            uids::EXPLICIT_VR_LITTLE_ENDIAN.to_owned(),
            uids::IMPLICIT_VR_LITTLE_ENDIAN.to_owned(),
        ],
    };
    let request = Pdu::AssociationRQ(AssociationRQ {
        protocol_version: 1,
        calling_ae_title: "SCANNER".to_owned(),
        called_ae_title: "HILUM".to_owned(),
        application_context_name: "1.2.840.10008.3.1.1.1".to_owned(),
        presentation_contexts: vec![
            context(1, uids::CT_IMAGE_STORAGE),
            context(3, uids::VERIFICATION),
        ],
        user_variables: vec![
            UserVariableItem::MaxLength(16_384),
            UserVariableItem::ImplementationClassUID("1.2.3".to_owned()),
            UserVariableItem::ImplementationVersionName("TEST".to_owned()),
        ],
    });
    let value = |id, value_type, data: Vec<u8>| Pdu::PData {
        data: vec![PDataValue {
            presentation_context_id: id,
            value_type,
            is_last: true,
            data,
        }],
    };
    let mut pdus = vec![request];
    for one in series(77, 2) {
        let command = fixed_command(1, 1, uids::CT_IMAGE_STORAGE, Some(&one.uid));
        pdus.push(value(1, PDataValueType::Command, command));
        pdus.push(value(1, PDataValueType::Data, one.data_set()));
    }
    let echo = fixed_command(0x30, 2, uids::VERIFICATION, None);
    pdus.push(value(3, PDataValueType::Command, echo));
    pdus.push(Pdu::ReleaseRQ);
    let written = |pdu: &Pdu| {
        let mut bytes = Vec::new();
        write_pdu(&mut bytes, pdu).unwrap();
        bytes
    };
    pdus.iter().map(written).collect()
}

/// Changes one to four things, half of the time behind the request, so that it is accepted. Says how
/// many PDUs there are.
fn mutate(pdus: &[Vec<u8>], random: &mut ChaCha8Rng) -> (Vec<u8>, usize) {
    let mut pdus = pdus.to_vec();
    for _ in 0..random.random_range(1..=4) {
        let first = usize::from(random.random::<bool>());
        let index = random.random_range(first..pdus.len());
        match random.random_range(0..10) {
            0 => {
                let other = pdus[random.random_range(0..pdus.len())].clone();
                pdus.insert(index, other);
            }
            1 if pdus.len() > 2 => {
                pdus.remove(index);
            }
            2 => {
                let pdu = &mut pdus[index];
                let length = random.random_range(0..=pdu.len());
                pdu.truncate(length);
            }
            3 => {
                let pdu = &mut pdus[index];
                let noise = (0..random.random_range(1..64)).map(|_| random.random::<u8>());
                let noise: Vec<u8> = noise.collect();
                pdu.extend(noise);
            }
            4..=6 => extreme(&mut pdus[index], random),
            _ => {
                let pdu = &mut pdus[index];
                if !pdu.is_empty() {
                    let at = random.random_range(0..pdu.len());
                    pdu[at] = random.random();
                }
            }
        }
    }
    (pdus.concat(), pdus.len())
}

/// A number of two or four bytes, in either order.
fn extreme(pdu: &mut [u8], random: &mut ChaCha8Rng) {
    let value = EXTREMES[random.random_range(0..EXTREMES.len())];
    let bytes = if random.random() {
        value.to_be_bytes()
    } else {
        value.to_le_bytes()
    };
    let length = if random.random() { 2 } else { 4 };
    if pdu.len() > length {
        let at = random.random_range(0..pdu.len() - length);
        pdu[at..at + length].copy_from_slice(&bytes[..length]);
    }
}

fn send(address: SocketAddr, bytes: &[u8]) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    // The node may end the connection at any byte.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.read_to_end(&mut Vec::new());
}

/// The most memory that this process had, in kilobytes.
#[cfg(target_os = "linux")]
fn peak_kilobytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[cfg(not(target_os = "linux"))]
fn peak_kilobytes() -> u64 {
    0
}

fn try_many(count: usize, seed: u64) {
    static PANICS: AtomicUsize = AtomicUsize::new(0);
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().name() == Some("association") {
            PANICS.fetch_add(1, Ordering::SeqCst);
        }
        hook(info);
    }));
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    settings.quiet = Duration::from_hours(1);
    let double = Box::new(Double::default());
    // What is said is not kept: it would be all that grows.
    let node = Node::start(settings, double, Cancel::default(), Box::new(|_| {})).unwrap();
    let address = node.address();
    let pdus = session();
    let peak = peak_kilobytes();
    std::thread::scope(|scope| {
        for part in 0..4 {
            let pdus = &pdus;
            scope.spawn(move || {
                let mut random = ChaCha8Rng::seed_from_u64(seed + part);
                let mut sent = 0;
                while sent < count / 4 {
                    let (stream, count) = mutate(pdus, &mut random);
                    send(address, &stream);
                    sent += count;
                }
            });
        }
    });
    assert_eq!(PANICS.load(Ordering::SeqCst), 0);
    let grown = peak_kilobytes() - peak;
    assert!(grown < 128 << 10, "{grown} kB more");
    let mut scanner = Scanner::connect(address);
    assert_eq!(scanner.echo().unwrap(), 0);
    scanner.release().unwrap();
    // Some of them were good enough.
    assert!(node.census().unwrap().instances > 0);
}

/// Memory is counted for a whole process: one of its own, without the tests beside this one.
#[test]
fn mutated_streams_of_pdus_are_survived() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", VERY_MANY, "--ignored", "--nocapture"])
        .env(COUNT, FEW)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let of_errors = String::from_utf8_lossy(&output.stderr);
    let is_tried = said.contains("1 passed");
    assert!(output.status.success() && is_tried, "{said}{of_errors}");
}

#[test]
#[ignore = "a million PDUs take minutes; `HILUM_MUTATED_PDUS` says how many"]
fn very_many_mutated_streams_of_pdus_are_survived() {
    let count = std::env::var(COUNT).ok();
    let count = count.map_or(1_000_000, |count| count.parse().unwrap());
    try_many(count, 1_000);
}
