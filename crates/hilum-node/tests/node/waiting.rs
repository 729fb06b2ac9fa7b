//! When a series is complete, and how often it is predicted.

use std::time::{Duration, Instant};

use dicom_core::VR;
use dicom_dictionary_std::tags;

use crate::double::{
    Double, TestNode, destination, files_below, fresh, settings, start, start_with,
};
use crate::receiver::Receiver;
use crate::scanner::{Scanner, send_all, series};

#[test]
fn a_series_is_predicted_once_however_often_it_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(settings(folder.path()));
    let sent = series(fresh(), 4);
    for _ in 0..3 {
        send_all(node.address(), &sent);
    }
    node.wait_for("the prediction", |node| node.series("done") == 1);
    send_all(node.address(), &sent);
    send_all(node.address(), &sent[..2]);
    std::thread::sleep(Duration::from_millis(600));
    assert_eq!(node.asked(), [(sent[0].series.clone(), 4)]);
}

#[test]
fn instances_that_come_later_make_another_revision() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(settings(folder.path()));
    let sent = series(fresh(), 4);
    send_all(node.address(), &sent[..3]);
    node.wait_for("the prediction", |node| node.series("done") == 1);
    send_all(node.address(), &sent[3..]);
    node.wait_for("the second", |node| {
        node.asked().len() == 2 && node.series("done") == 1
    });
    let uid = &sent[0].series;
    assert_eq!(node.asked(), [(uid.clone(), 3), (uid.clone(), 4)]);
    assert!(node.said("revision 2"), "{}", node.log());
}

#[test]
fn instances_that_come_while_it_is_predicted_are_not_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let double = Double {
        takes: [Duration::from_millis(700), Duration::ZERO],
        ..Double::default()
    };
    let node = start_with(settings(folder.path()), double);
    let sent = series(fresh(), 4);
    send_all(node.address(), &sent[..3]);
    node.wait_for("the first", |node| node.asked().len() == 1);
    send_all(node.address(), &sent[3..]);
    node.wait_for("the prediction", |node| node.series("done") == 1);
    // The answer that was overtaken is not kept: there are the two results of the second alone.
    assert_eq!(files_below(&folder.path().join("results")).len(), 2);
    assert_eq!(node.asked().last().unwrap().1, 4);
}

#[test]
fn a_series_whose_number_of_instances_is_known_does_not_wait() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    settings.quiet = Duration::from_mins(1);
    let node = start(settings);
    let sent = series(fresh(), 3);
    let known = |one: &crate::scanner::Instance| {
        one.clone()
            .with(tags::NUMBER_OF_SERIES_RELATED_INSTANCES, VR::IS, "3")
    };
    let sent: Vec<_> = sent.iter().map(known).collect();
    send_all(node.address(), &sent[..2]);
    std::thread::sleep(Duration::from_millis(300));
    assert!(node.asked().is_empty());
    let began = Instant::now();
    send_all(node.address(), &sent[2..]);
    node.wait_for("the prediction", |node| node.series("done") == 1);
    assert!(began.elapsed() < Duration::from_secs(10));
    assert_eq!(node.asked(), [(sent[0].series.clone(), 3)]);
}

#[test]
fn a_scanner_that_takes_its_time_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(settings(folder.path()));
    let sent = series(fresh(), 6);
    let mut scanner = Scanner::connect(node.address());
    for one in &sent {
        assert_eq!(scanner.store(one).unwrap(), 0);
        std::thread::sleep(Duration::from_millis(120));
    }
    scanner.release().unwrap();
    node.wait_for("the prediction", |node| node.series("done") == 1);
    assert_eq!(node.asked(), [(sent[0].series.clone(), 6)]);
}

#[test]
fn an_association_that_stays_open_keeps_no_series_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(settings(folder.path()));
    let sent = series(fresh(), 2);
    let mut scanner = Scanner::connect(node.address());
    for one in &sent {
        assert_eq!(scanner.store(one).unwrap(), 0);
    }
    // Orthanc keeps its associations open for five seconds.
    node.wait_for("the prediction", |node| node.series("done") == 1);
    assert_eq!(scanner.echo().unwrap(), 0);
    scanner.release().unwrap();
}

#[test]
fn a_series_with_nothing_to_see_fails_once_and_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(settings(folder.path()));
    let study = format!("1.2.9.{}", fresh());
    let hopeless = crate::scanner::instance(&study, &format!("{study}.13"), 1);
    send_all(node.address(), &[hopeless]);
    send_all(node.address(), &series(fresh(), 1));
    node.wait_for("both", |node| {
        node.series("done") == 1 && node.series("failed") == 1
    });
    assert_eq!(node.asked().len(), 2);
    assert!(node.said("nothing to see"), "{}", node.log());
}

#[test]
fn instances_are_looked_at_while_their_series_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(settings(folder.path()));
    let sent = series(fresh(), 12);
    send_all(node.address(), &sent);
    let looked = |node: &TestNode| {
        let ahead = node.double.ahead.lock().unwrap();
        ahead.iter().map(|(_, count)| count).sum::<usize>()
    };
    node.wait_for("all", |node| looked(node) == 12);
    assert_eq!(node.series("waiting"), 1);
    node.wait_for("the end", |node| node.series("done") == 1);
    assert_eq!(node.asked(), [(sent[0].series.clone(), 12)]);
    // What is there already is not looked at again.
    send_all(node.address(), &sent);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(looked(&node), 12);
}

#[test]
fn what_is_made_first_is_sent_before_the_rest_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start();
    let double = Double {
        takes: [Duration::ZERO, Duration::from_secs(2)],
        ..Double::default()
    };
    let mut settings = settings(folder.path());
    settings.destinations = vec![destination(&receiver.name())];
    let node = start_with(settings, double);
    let sent = series(fresh(), 2);
    send_all(node.address(), &sent);
    node.wait_for("the first", |_| receiver.uids().len() == 1);
    assert_eq!(node.series("complete"), 1);
    node.wait_for("the second", |node| node.series("done") == 1);
    let expected = ["1", "2"].map(|kind| format!("{}.2.{kind}", sent[0].series));
    assert_eq!(receiver.uids(), expected);
}
