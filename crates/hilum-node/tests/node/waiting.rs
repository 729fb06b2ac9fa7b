//! When a series is complete, and how often it is predicted.

use std::time::{Duration, Instant};

use dicom_core::VR;
use dicom_dictionary_std::tags;

use crate::double::{Double, files_below, fresh, settings, start, start_with};
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
        takes: Duration::from_millis(700),
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
fn a_series_that_seems_complete_is_predicted_ahead_and_kept_when_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    settings.quiet = Duration::from_millis(900);
    settings.head_start = Some(Duration::from_millis(100));
    let node = start(settings);
    let sent = series(fresh(), 4);
    send_all(node.address(), &sent);
    node.wait_for("the prediction", |node| node.asked().len() == 1);
    assert_eq!(node.series("waiting"), 1);
    node.wait_for("the end", |node| node.series("done") == 1);
    assert_eq!(node.asked(), [(sent[0].series.clone(), 4)]);
}

#[test]
fn what_was_predicted_ahead_of_instances_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    settings.quiet = Duration::from_millis(900);
    settings.head_start = Some(Duration::from_millis(100));
    let node = start(settings);
    let sent = series(fresh(), 4);
    send_all(node.address(), &sent[..2]);
    node.wait_for("the first", |node| node.asked().len() == 1);
    send_all(node.address(), &sent[2..3]);
    std::thread::sleep(Duration::from_millis(300));
    send_all(node.address(), &sent[3..]);
    node.wait_for("the end", |node| node.series("done") == 1);
    let uid = &sent[0].series;
    // Ahead once, and when it was complete; not each time that it went on.
    assert_eq!(node.asked(), [(uid.clone(), 2), (uid.clone(), 4)]);
    assert_eq!(files_below(&folder.path().join("results")).len(), 2);
}
