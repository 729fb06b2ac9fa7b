//! What a node still knows when its process ends at any moment.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use crate::double::{Double, copy, destination, files_below, fresh, settings, start, start_with};
use crate::receiver::Receiver;
use crate::scanner::{Scanner, send_all, series};

#[test]
fn every_crash_behind_an_acknowledgment_keeps_what_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut slow = settings(folder.path());
    slow.quiet = Duration::from_mins(1);
    let node = start(slow);
    let sent = series(fresh(), 6);
    let mut scanner = Scanner::connect(node.address());
    let mut crashes = Vec::new();
    for one in &sent {
        assert_eq!(scanner.store(one).unwrap(), 0);
        let crash = tempfile::tempdir().unwrap();
        copy(folder.path(), crash.path());
        crashes.push(crash);
    }
    scanner.release().unwrap();
    node.node.stop();
    for (index, crash) in crashes.iter().enumerate() {
        let mut settings = settings(crash.path());
        settings.quiet_after_break = Duration::from_millis(50);
        let node = start(settings);
        node.wait_for("the prediction", |node| node.series("done") == 1);
        assert_eq!(node.asked(), [(sent[0].series.clone(), index + 1)]);
    }
}

#[test]
fn what_is_sent_is_not_sent_again_by_the_next_process_and_what_is_not_is() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start();
    let mut settings = settings(folder.path());
    settings.destinations = vec![destination(&receiver.name())];
    let node = start(settings.clone());
    send_all(node.address(), &series(fresh(), 2));
    node.wait_for("it", |node| node.series("done") == 1);
    node.node.stop();

    let (address, sent) = (receiver.address, receiver.uids());
    drop(receiver);
    let node = start(settings.clone());
    send_all(node.address(), &series(fresh(), 2));
    node.wait_for("tries", |node| node.said("cannot be reached"));
    node.node.stop();

    let receiver = Receiver::at(address, vec!["1.2.840.10008.1.2.1"]);
    let node = start(settings);
    node.wait_for("the rest", |node| node.series("done") == 2);
    assert!(node.asked().is_empty());
    let rest: BTreeSet<String> = receiver.uids().into_iter().collect();
    assert_eq!((sent.len(), rest.len()), (2, 2));
    assert!(sent.iter().all(|uid| !rest.contains(uid)));
}

#[test]
fn a_process_that_ends_while_it_predicts_predicts_again() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(settings(folder.path()));
    send_all(node.address(), &series(fresh(), 2));
    node.wait_for("the prediction", |node| node.series("done") == 1);
    node.node.stop();
    // As it was when results were written and not yet recorded.
    let crash = tempfile::tempdir().unwrap();
    copy(folder.path(), crash.path());
    let database = rusqlite::Connection::open(crash.path().join("node.db")).unwrap();
    let statements = "PRAGMA foreign_keys = ON; DELETE FROM result;
                      UPDATE series SET state = 'complete', attempts = 1, ended_at = NULL";
    database.execute_batch(statements).unwrap();
    drop(database);
    let node = start(settings(crash.path()));
    node.wait_for("the prediction", |node| node.series("done") == 1);
    assert_eq!(node.asked().len(), 1);
    assert_eq!(files_below(&crash.path().join("results")).len(), 2);
}

#[test]
fn a_process_that_ends_between_two_results_makes_the_second_and_not_the_first_again() {
    for (model, kinds) in [(0, vec!["1", "2"]), (1, vec!["1"])] {
        let folder = tempfile::tempdir().unwrap();
        let receiver = Receiver::start();
        let mut settings = settings(folder.path());
        settings.destinations = vec![destination(&receiver.name())];
        let slow = Double {
            takes: [Duration::ZERO, Duration::from_secs(3)],
            ..Double::default()
        };
        let node = start_with(settings, slow);
        let sent = series(fresh(), 2);
        send_all(node.address(), &sent);
        node.wait_for("the first", |node| {
            node.results(&receiver.name(), "sent") == 1
        });
        let crash = tempfile::tempdir().unwrap();
        copy(folder.path(), crash.path());
        drop(node);
        drop(receiver);

        let receiver = Receiver::start();
        let mut settings = crate::double::settings(crash.path());
        settings.destinations = vec![destination(&receiver.name())];
        let double = Double {
            model,
            ..Double::default()
        };
        let node = start_with(settings, double);
        node.wait_for("the rest", |node| node.series("done") == 1);
        // What one model began no other ends: there is one report of a series.
        let database = rusqlite::Connection::open(crash.path().join("node.db")).unwrap();
        let mut statement = database.prepare("SELECT sop_uid FROM result").unwrap();
        let uids = statement
            .query_map([], |row| row.get::<_, String>(0))
            .unwrap();
        let expected = kinds
            .iter()
            .map(|kind| format!("{}.2.{kind}", sent[0].series));
        assert_eq!(
            uids.collect::<Result<Vec<_>, _>>().unwrap(),
            expected.collect::<Vec<_>>()
        );
    }
}

#[test]
fn a_series_that_ended_the_process_often_keeps_no_other_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let mut slow = settings(folder.path());
    slow.quiet = Duration::from_mins(1);
    let node = start(slow);
    send_all(node.address(), &series(fresh(), 1));
    node.node.stop();
    let database = rusqlite::Connection::open(folder.path().join("node.db")).unwrap();
    let statement = "UPDATE series SET state = 'complete', attempts = 100, next_try_at = 0";
    database.execute_batch(statement).unwrap();
    drop(database);
    let node = start(settings(folder.path()));
    // Others go first, and for a minute it is not even looked at.
    send_all(node.address(), &series(fresh(), 1));
    node.wait_for("another", |node| node.series("done") == 1);
    assert_eq!((node.asked().len(), node.series("complete")), (1, 1));
}

#[test]
fn what_is_old_goes_and_what_takes_too_much_room_goes_first() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(settings(folder.path()));
    let sent = series(fresh(), 2);
    send_all(node.address(), &sent);
    node.wait_for("the prediction", |node| node.series("done") == 1);
    let instances = |folder: &Path| files_below(&folder.join("instances")).len();
    assert_eq!(instances(folder.path()), 2);
    node.node.stop();

    let mut small = settings(folder.path());
    small.retention.bytes = 10;
    let node = start(small);
    node.wait_for("removal", |node| node.said("1 series removed"));
    assert_eq!(instances(folder.path()), 0);
    assert_eq!(files_below(&folder.path().join("results")).len(), 2);
    assert_eq!(
        (node.series("done"), node.node.census().unwrap().bytes),
        (1, 0)
    );
    node.node.stop();
    // It is known all the same.
    let node = start(settings(folder.path()));
    send_all(node.address(), &sent);
    std::thread::sleep(Duration::from_millis(500));
    assert!(node.asked().is_empty());
    node.node.stop();

    let mut short = settings(folder.path());
    short.retention.age = Duration::ZERO;
    let node = start(short);
    node.wait_for("removal", |node| node.series("done") == 0);
    assert!(files_below(&folder.path().join("results")).is_empty());
    assert_eq!(node.node.census().unwrap().instances, 0);
}

#[test]
fn what_was_being_received_is_removed_by_the_next_process() {
    let folder = tempfile::tempdir().unwrap();
    start(settings(folder.path())).node.stop();
    std::fs::write(folder.path().join("incoming/7.partial"), "half").unwrap();
    start(settings(folder.path())).node.stop();
    assert!(files_below(&folder.path().join("incoming")).is_empty());
}

#[test]
fn a_database_of_a_later_hilum_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    start(settings(folder.path())).node.stop();
    let database = rusqlite::Connection::open(folder.path().join("node.db")).unwrap();
    database.pragma_update(None, "user_version", 1000).unwrap();
    drop(database);
    let refused = hilum_node::Node::start(
        settings(folder.path()),
        Box::new(crate::double::Double::default()),
        hilum_core::Cancel::default(),
        Box::new(|_| {}),
    );
    let refused = refused.err().unwrap();
    let why = std::error::Error::source(&refused).unwrap().to_string();
    assert!(why.contains("version 1000"), "{why}");
}
