//! Peers that break rules, break off, or do nothing: others go on.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use dicom_dictionary_std::uids;
use dicom_ul::association::Error;
use dicom_ul::pdu::{PDataValueType, Pdu};

use crate::double::{files_below, fresh, settings, start};
use crate::scanner::{Scanner, options, send_all, series};

/// Reads until the other side ends the connection.
fn rest(stream: &mut TcpStream) -> Vec<u8> {
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let mut bytes = Vec::new();
    // A connection that is reset has ended, too.
    let _ = stream.read_to_end(&mut bytes);
    bytes
}

#[test]
fn half_open_connections_are_ended_and_do_not_keep_others_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    settings.limits.associations = 3;
    settings.limits.request = Duration::from_millis(300);
    let node = start(settings);
    let mut silent: Vec<_> = (0..3)
        .map(|_| TcpStream::connect(node.address()).unwrap())
        .collect();
    // One byte now and then does not help.
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(600) {
        let _ = silent[0].write_all(&[1]);
        std::thread::sleep(Duration::from_millis(50));
    }
    for stream in &mut silent {
        rest(stream);
    }
    send_all(node.address(), &series(fresh(), 1));
    assert!(node.said("it took too long"), "{}", node.log());
}

#[test]
fn more_associations_than_allowed_are_rejected_for_now() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    settings.limits.associations = 2;
    let node = start(settings);
    let mut first = Scanner::connect(node.address());
    let second = Scanner::connect(node.address());
    let refused = Scanner::try_connect(node.address(), "HILUM", "SCANNER")
        .err()
        .unwrap();
    // PS3.8 table 9-21: transient, presentation related, 2.
    assert!(
        refused.to_string().contains("local limit exceeded"),
        "{refused}"
    );
    assert_eq!(first.echo().unwrap(), 0);
    second.release().unwrap();
    node.wait_for("a seat", |node| {
        Scanner::try_connect(node.address(), "HILUM", "SCANNER").is_ok()
    });
}

#[test]
fn a_sender_that_falls_silent_within_an_instance_is_ended_and_nothing_of_it_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    settings.limits.pdu = Duration::from_millis(300);
    let node = start(settings);
    let sent = series(fresh(), 1).remove(0);
    let mut scanner = Scanner::connect(node.address());
    let command = scanner.command(1, uids::CT_IMAGE_STORAGE, Some(&sent.uid));
    let context = scanner.association.presentation_contexts()[0].id;
    scanner
        .send(context, PDataValueType::Command, true, command)
        .unwrap();
    scanner
        .send(context, PDataValueType::Data, false, sent.data_set())
        .unwrap();
    let ended = scanner.status();
    assert!(ended.is_err(), "{ended:?}");
    node.wait_for("the end", |node| node.said("it took too long"));
    assert!(files_below(&folder.path().join("incoming")).is_empty());
    assert!(files_below(&folder.path().join("instances")).is_empty());
    send_all(node.address(), &[sent]);
}

#[test]
fn an_idle_association_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    settings.limits.idle = Duration::from_millis(300);
    let node = start(settings);
    let mut scanner = Scanner::connect(node.address());
    assert_eq!(scanner.echo().unwrap(), 0);
    let ended = scanner.association.receive();
    assert!(!matches!(ended, Ok(Pdu::PData { .. })), "{ended:?}");
    node.wait_for("the end", |node| node.said("it took too long"));
}

#[test]
fn a_pdu_beyond_the_bound_is_refused_by_its_header() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(settings(folder.path()));
    let mut stream = TcpStream::connect(node.address()).unwrap();
    // An association request of 4 GB, of which nothing comes.
    stream.write_all(&[1, 0, 0xff, 0xff, 0xff, 0xff]).unwrap();
    let began = Instant::now();
    rest(&mut stream);
    assert!(began.elapsed() < Duration::from_secs(5));
    node.wait_for("the end", |node| node.said("a PDU is too large"));
}

#[test]
fn what_has_no_place_ends_the_association() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(settings(folder.path()));
    let end = |act: &dyn Fn(&mut Scanner)| {
        let mut scanner = Scanner::connect(node.address());
        act(&mut scanner);
        match scanner.association.receive() {
            Ok(Pdu::AbortRQ { .. }) | Err(_) => {}
            Ok(other) => panic!("no abort but {}", other.short_description()),
        }
    };
    let context = |scanner: &Scanner| scanner.association.presentation_contexts()[0].id;
    // A data set without a command, a command within a data set, a context that nobody agreed upon,
    // a command that is none, one without end, and a release within a message.
    end(&|scanner| {
        let id = context(scanner);
        scanner
            .send(id, PDataValueType::Data, true, vec![0; 8])
            .unwrap();
    });
    end(&|scanner| {
        let id = context(scanner);
        let command = scanner.command(1, uids::CT_IMAGE_STORAGE, Some("1.2"));
        scanner
            .send(id, PDataValueType::Command, true, command.clone())
            .unwrap();
        scanner
            .send(id, PDataValueType::Command, true, command)
            .unwrap();
    });
    end(&|scanner| {
        let command = scanner.command(1, uids::CT_IMAGE_STORAGE, Some("1.2"));
        scanner
            .send(99, PDataValueType::Command, true, command)
            .unwrap();
    });
    end(&|scanner| {
        let id = context(scanner);
        scanner
            .send(id, PDataValueType::Command, true, vec![0xff; 40])
            .unwrap();
    });
    end(&|scanner| {
        let id = context(scanner);
        for _ in 0..10 {
            if scanner
                .send(id, PDataValueType::Command, false, vec![0; 10_000])
                .is_err()
            {
                return;
            }
        }
    });
    end(&|scanner| {
        let id = context(scanner);
        let command = scanner.command(1, uids::CT_IMAGE_STORAGE, Some("1.2"));
        scanner
            .send(id, PDataValueType::Command, true, command)
            .unwrap();
        scanner.association.send(&Pdu::ReleaseRQ).unwrap();
    });
    send_all(node.address(), &series(fresh(), 1));
}

#[test]
fn a_request_of_http_is_no_association() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(settings(folder.path()));
    let mut stream = TcpStream::connect(node.address()).unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: pacs\r\n\r\n")
        .unwrap();
    let answer = rest(&mut stream);
    assert!(answer.len() < 32, "{answer:?}");
    assert_eq!(Scanner::connect(node.address()).echo().unwrap(), 0);
}

#[test]
fn a_sender_that_breaks_off_loses_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(settings(folder.path()));
    let sent = series(fresh(), 3);
    let mut scanner = Scanner::connect(node.address());
    assert_eq!(scanner.store(&sent[0]).unwrap(), 0);
    scanner.association.abort().unwrap();
    node.wait_for("the end", |node| node.said("aborted by the peer"));
    // It begins again, and is waited for.
    std::thread::sleep(Duration::from_millis(600));
    assert_eq!(node.series("waiting"), 1);
    send_all(node.address(), &sent);
    node.wait_for("the prediction", |node| node.series("done") == 1);
    assert_eq!(node.asked(), [(sent[0].series.clone(), 3)]);
}

#[test]
fn an_association_for_what_is_not_offered_can_still_echo() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(settings(folder.path()));
    let association = options("HILUM", "SCANNER")
        .with_abstract_syntax(uids::MR_IMAGE_STORAGE)
        .establish(node.address())
        .unwrap();
    assert_eq!(association.presentation_contexts().len(), 2);
    let _: Result<(), Error> = association.release();
}
