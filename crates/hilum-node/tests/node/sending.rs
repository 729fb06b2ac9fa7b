//! Results on their way to DICOM peers.

use std::net::TcpListener;
use std::time::Duration;

use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;
use dicom_transfer_syntax_registry::entries::IMPLICIT_VR_LITTLE_ENDIAN;

use crate::double::{TestNode, destination, files_below, fresh, settings, start};
use crate::receiver::{Manner, Receiver};
use crate::scanner::{send_all, series};

fn node_for(folder: &std::path::Path, destinations: &[&str]) -> TestNode {
    let mut settings = settings(folder);
    settings.destinations = destinations.iter().map(|text| destination(text)).collect();
    start(settings)
}

#[test]
fn results_are_sent_to_every_destination_once() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (Receiver::start(), Receiver::start());
    let node = node_for(folder.path(), &[&first.name(), &second.name()]);
    let sent = series(fresh(), 3);
    send_all(node.address(), &sent);
    node.wait_for("both", |node| node.series("done") == 1);
    let expected = ["1", "2"].map(|kind| format!("{}.3.{kind}", sent[0].series));
    assert_eq!(first.uids(), expected);
    assert_eq!(second.uids(), expected);
    assert_eq!(node.results(&first.name(), "sent"), 2);
}

#[test]
fn a_peer_that_takes_only_implicit_vr_gets_that() {
    let folder = tempfile::tempdir().unwrap();
    let address = "127.0.0.1:0".parse().unwrap();
    let receiver = Receiver::at(address, vec![uids::IMPLICIT_VR_LITTLE_ENDIAN]);
    let node = node_for(folder.path(), &[&receiver.name()]);
    send_all(node.address(), &series(fresh(), 1));
    node.wait_for("it", |node| node.series("done") == 1);
    let (uid, data_set) = receiver.received().remove(0);
    let syntax = IMPLICIT_VR_LITTLE_ENDIAN.erased();
    let object = InMemDicomObject::read_dataset_with_ts(&data_set[..], &syntax).unwrap();
    assert_eq!(
        object
            .element(tags::SOP_INSTANCE_UID)
            .unwrap()
            .to_str()
            .unwrap(),
        uid
    );
}

#[test]
fn a_peer_that_is_down_gets_them_later_and_keeps_no_other_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let up = Receiver::start();
    // A port where nobody listens.
    let down = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let node = node_for(folder.path(), &[&format!("PACS@{down}"), &up.name()]);
    send_all(node.address(), &series(fresh(), 1));
    node.wait_for("one", |node| node.results(&up.name(), "sent") == 2);
    node.wait_for("tries", |node| node.said("cannot be reached"));
    assert_eq!(node.series("predicted"), 1);

    let back = Receiver::at(down, vec![uids::EXPLICIT_VR_LITTLE_ENDIAN]);
    node.wait_for("the other", |node| node.series("done") == 1);
    assert_eq!(back.uids().len(), 2);
    assert_eq!(up.uids().len(), 2);
}

#[test]
fn what_a_peer_has_no_room_for_now_is_sent_later() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start();
    receiver.behave(Manner::Answers(0xA700));
    let node = node_for(folder.path(), &[&receiver.name()]);
    send_all(node.address(), &series(fresh(), 1));
    node.wait_for("tries", |node| node.said("status A700"));
    assert_eq!(node.results(&receiver.name(), "pending"), 2);
    receiver.behave(Manner::Answers(0));
    node.wait_for("it", |node| node.series("done") == 1);
    assert_eq!(receiver.uids().len(), 2);
}

#[test]
fn what_a_peer_refuses_for_good_is_kept_and_not_sent_again() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start();
    receiver.behave(Manner::Answers(0xA900));
    let node = node_for(folder.path(), &[&receiver.name()]);
    send_all(node.address(), &series(fresh(), 1));
    node.wait_for("it", |node| node.series("done") == 1);
    assert_eq!(node.results(&receiver.name(), "refused"), 2);
    assert!(node.said("status A900"), "{}", node.log());
    assert_eq!(files_below(&folder.path().join("results")).len(), 2);
    receiver.behave(Manner::Answers(0));
    std::thread::sleep(Duration::from_millis(500));
    assert!(receiver.uids().is_empty());
}

#[test]
fn an_answer_that_is_lost_makes_the_same_instance_come_again() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start();
    receiver.behave(Manner::HangsUp);
    let node = node_for(folder.path(), &[&receiver.name()]);
    send_all(node.address(), &series(fresh(), 1));
    node.wait_for("a try", |_| !receiver.uids().is_empty());
    receiver.behave(Manner::Answers(0));
    node.wait_for("it", |node| node.series("done") == 1);
    let mut uids = receiver.uids();
    uids.sort();
    uids.dedup();
    // The peer knows them by their UIDs.
    assert_eq!(uids.len(), 2);
}

#[test]
fn what_cannot_be_sent_for_too_long_is_given_up_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let down = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let name = format!("PACS@{down}");
    let mut settings = settings(folder.path());
    settings.destinations = vec![destination(&name)];
    let node = start(settings.clone());
    send_all(node.address(), &series(fresh(), 1));
    node.wait_for("tries", |node| node.said("cannot be reached"));
    node.node.stop();

    settings.retries.give_up_after = Duration::from_millis(1);
    let node = start(settings);
    node.wait_for("the end", |node| node.series("done") == 1);
    assert_eq!(node.results(&name, "given_up"), 2);
    node.wait_for("a word", |node| node.said("tried for too long"));
    assert_eq!(files_below(&folder.path().join("results")).len(), 2);
}

#[test]
fn a_destination_that_is_gone_is_spoken_of() {
    let folder = tempfile::tempdir().unwrap();
    let down = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let node = node_for(folder.path(), &[&format!("PACS@{down}")]);
    send_all(node.address(), &series(fresh(), 1));
    node.wait_for("results", |node| node.series("predicted") == 1);
    node.node.stop();
    let node = start(settings(folder.path()));
    assert!(node.said("2 results wait for `PACS@"), "{}", node.log());
}
