//! What is taken, and what is refused.

use std::collections::BTreeSet;
use std::time::Duration;

use dicom_core::VR;
use dicom_dictionary_std::{tags, uids};
use dicom_object::open_file;
use dicom_ul::association::{ClientAssociationOptions, Error};
use dicom_ul::pdu::PDataValueType;
use hilum_imaging::{CT_STORAGE_CLASSES, READ_TRANSFER_SYNTAXES};
use hilum_node::{AeTitle, Callers, Node, NodeError, PatientNames};

use crate::double::{Double, files_below, fresh, settings, start};
use crate::scanner::{Scanner, instance, send_all, series};

#[test]
fn an_echo_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(settings(folder.path()));
    let mut scanner = Scanner::connect(node.address());
    assert_eq!(scanner.echo().unwrap(), 0);
    assert_eq!(scanner.echo().unwrap(), 0);
    scanner.release().unwrap();
    node.wait_for("the end", |node| node.said("released"));
}

#[test]
fn every_class_is_taken_in_every_syntax_that_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(settings(folder.path()));
    for class in CT_STORAGE_CLASSES {
        for syntax in READ_TRANSFER_SYNTAXES {
            let options = ClientAssociationOptions::new()
                .called_ae_title("HILUM")
                .with_presentation_context(class, vec![syntax]);
            let association = options.establish(node.address()).unwrap();
            let context = &association.presentation_contexts()[0];
            assert_eq!(context.transfer_syntax, syntax);
            association.release().unwrap();
        }
    }
    let other = ClientAssociationOptions::new()
        .called_ae_title("HILUM")
        .with_abstract_syntax(uids::MR_IMAGE_STORAGE);
    let refused = other.establish(node.address()).unwrap_err();
    let is_refused = matches!(refused, Error::NoAcceptedPresentationContexts { .. });
    assert!(is_refused, "{refused}");
}

#[test]
fn an_instance_lies_on_the_disk_as_it_was_sent_and_no_name_is_in_the_queue() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(settings(folder.path()));
    let sent = series(fresh(), 1);
    send_all(node.address(), &sent);

    let files = files_below(&folder.path().join("instances"));
    assert_eq!(files.len(), 1);
    let file = open_file(&files[0]).unwrap();
    assert_eq!(
        file.meta().transfer_syntax(),
        uids::EXPLICIT_VR_LITTLE_ENDIAN
    );
    assert_eq!(file.meta().media_storage_sop_instance_uid(), sent[0].uid);
    assert_eq!(
        file.meta().source_application_entity_title(),
        Some("SCANNER")
    );
    let bytes = std::fs::read(&files[0]).unwrap();
    assert!(bytes.ends_with(&sent[0].data_set()));
    assert!(files_below(&folder.path().join("incoming")).is_empty());

    node.wait_for("the prediction", |node| node.series("done") == 1);
    let log = node.log();
    node.node.stop();
    assert!(!log.contains("SECRET"), "{log}");
    for name in ["node.db", "node.db-wal"] {
        let bytes = std::fs::read(folder.path().join(name)).unwrap_or_default();
        let found = bytes.windows(6).any(|window| window == b"SECRET");
        assert!(!found, "{name}");
    }
}

#[test]
fn names_are_kept_where_somebody_asks_for_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    settings.names = PatientNames::Keep;
    let node = start(settings);
    send_all(node.address(), &series(fresh(), 1));
    node.node.stop();
    let all = ["node.db", "node.db-wal"].map(|name| {
        let bytes = std::fs::read(folder.path().join(name)).unwrap_or_default();
        bytes.windows(6).any(|window| window == b"SECRET")
    });
    assert!(all.contains(&true));
}

#[test]
fn who_calls_another_or_is_not_allowed_is_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    settings.callers = Callers::Only(["SCANNER".parse::<AeTitle>().unwrap()].into());
    let node = start(settings);
    let said = |called, calling| {
        let refused = Scanner::try_connect(node.address(), called, calling).err();
        refused.map(|error| error.to_string())
    };
    assert_eq!(said("HILUM", "SCANNER"), None);
    // PS3.8 table 9-21: 7 and 3 of the service user, permanent.
    let called = said("OTHER", "SCANNER").unwrap();
    assert!(
        called.contains("called AE title not recognized"),
        "{called}"
    );
    let calling = said("HILUM", "STRANGER").unwrap();
    assert!(
        calling.contains("calling AE title not recognized"),
        "{calling}"
    );
    node.wait_for("both", |node| {
        node.said("it calls `OTHER`") && node.said("nobody allowed it")
    });
}

#[test]
fn nobody_opens_a_node_to_a_network_without_saying_to_whom() {
    let folder = tempfile::tempdir().unwrap();
    let mut open = settings(folder.path());
    open.address = "0.0.0.0:0".parse().unwrap();
    let start = |settings| {
        let double = Box::new(Double::default());
        Node::start(
            settings,
            double,
            hilum_core::Cancel::default(),
            Box::new(|_| {}),
        )
    };
    let refused = start(open.clone()).unwrap_err();
    assert!(matches!(refused, NodeError::OpenToAll { .. }), "{refused}");
    assert!(refused.to_string().contains("--calling-ae"), "{refused}");
    open.callers = Callers::Anyone;
    start(open).unwrap().stop();
}

#[test]
fn two_nodes_do_not_share_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let first = start(settings(folder.path()));
    let second = Node::start(
        settings(folder.path()),
        Box::new(Double::default()),
        hilum_core::Cancel::default(),
        Box::new(|_| {}),
    );
    assert!(matches!(second, Err(NodeError::FolderTaken { .. })));
    first.node.stop();
    start(settings(folder.path())).node.stop();
}

#[test]
fn what_names_nothing_or_something_else_is_refused_and_the_next_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(settings(folder.path()));
    let number = fresh();
    let whole = series(number, 1).remove(0);
    let mut scanner = Scanner::connect(node.address());
    let mut status = |uid: &str, data_set: &[u8]| scanner.store_as(uid, data_set).unwrap();
    // PS3.4 table B.2-1: A9xx and Cxxx.
    assert_eq!(status("1.2.3.4", &whole.data_set()), 0xA900);
    assert_eq!(status("../../etc/passwd", &whole.data_set()), 0xC000);
    assert_eq!(status(&whole.uid, b"no DICOM at all"), 0xC000);
    let nowhere = whole.clone().with(tags::SERIES_INSTANCE_UID, VR::UI, "");
    assert_eq!(status(&nowhere.uid, &nowhere.data_set()), 0xC000);
    let escaping = whole
        .clone()
        .with(tags::STUDY_INSTANCE_UID, VR::UI, "../..");
    assert_eq!(status(&escaping.uid, &escaping.data_set()), 0xC000);
    let other = whole
        .clone()
        .with(tags::SOP_CLASS_UID, VR::UI, uids::MR_IMAGE_STORAGE);
    assert_eq!(status(&other.uid, &other.data_set()), 0xA900);
    assert_eq!(status(&whole.uid, &whole.data_set()), 0);
    scanner.release().unwrap();
    assert_eq!(files_below(&folder.path().join("instances")).len(), 1);
    assert!(files_below(&folder.path().join("incoming")).is_empty());
}

#[test]
fn an_instance_that_is_too_long_is_refused_and_the_next_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    settings.limits.instance_bytes = 100_000;
    let node = start(settings);
    let sent = series(fresh(), 2);
    let mut scanner = Scanner::connect(node.address());
    let mut long = sent[0].data_set();
    long.resize(150_000, 0);
    assert_eq!(scanner.store_as(&sent[0].uid, &long).unwrap(), 0xA700);
    assert_eq!(scanner.store(&sent[1]).unwrap(), 0);
    scanner.release().unwrap();
}

#[test]
fn what_would_need_more_room_than_there_is_waits_with_its_sender() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    settings.retention.bytes = 500;
    settings.quiet = Duration::from_mins(1);
    let node = start(settings);
    let sent = series(fresh(), 3);
    let mut scanner = Scanner::connect(node.address());
    assert_eq!(scanner.store(&sent[0]).unwrap(), 0);
    assert_eq!(scanner.store(&sent[1]).unwrap(), 0xA700);
    scanner.release().unwrap();
    assert!(node.said("A700"));
}

#[test]
fn an_operation_that_is_not_known_is_answered_so() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(settings(folder.path()));
    let mut scanner = Scanner::connect(node.address());
    // C-FIND, with an identifier.
    let command = scanner.command(0x0020, uids::CT_IMAGE_STORAGE, Some("1.2.3"));
    let context = scanner.association.presentation_contexts()[0].id;
    scanner
        .send(context, PDataValueType::Command, true, command)
        .unwrap();
    scanner.data(context, &[0; 40]).unwrap();
    // PS3.7 C.5.23: unrecognised operation.
    assert_eq!(scanner.status().unwrap(), 0x0211);
    assert_eq!(scanner.echo().unwrap(), 0);
    scanner.release().unwrap();
}

#[test]
fn many_scanners_send_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(settings(folder.path()));
    let address = node.address();
    let numbers: Vec<usize> = (0..8).map(|_| fresh()).collect();
    std::thread::scope(|scope| {
        for number in &numbers {
            scope.spawn(move || send_all(address, &series(*number, 5)));
        }
    });
    node.wait_for("all", |node| node.series("done") == 8);
    let asked = node.asked();
    let distinct: BTreeSet<&(String, usize)> = asked.iter().collect();
    assert_eq!((asked.len(), distinct.len()), (8, 8));
    assert!(asked.iter().all(|(_, count)| *count == 5));
}

#[test]
fn one_instance_from_two_sides_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(settings(folder.path()));
    let address = node.address();
    let sent = series(fresh(), 20);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| send_all(address, &sent));
        }
    });
    node.wait_for("the prediction", |node| node.series("done") == 1);
    assert_eq!(node.asked(), [(sent[0].series.clone(), 20)]);
    assert_eq!(node.node.census().unwrap().instances, 20);
}

#[test]
fn uids_of_two_studies_are_kept_apart() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(settings(folder.path()));
    // A series UID that two studies share is a mistake; nothing of it is lost.
    let shared = format!("1.2.4.{}", fresh());
    let sent: Vec<_> = ["1.2.4.1", "1.2.4.2"]
        .map(|study| instance(study, &shared, 1))
        .into();
    send_all(node.address(), &sent);
    node.wait_for("both", |node| node.series("done") == 2);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_refuses_an_instance_for_now_and_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(settings(folder.path()));
    let sent = series(fresh(), 2);
    let mut scanner = Scanner::connect(node.address());
    // The first instance is written where no byte fits.
    let first = folder.path().join("incoming/0.partial");
    std::os::unix::fs::symlink("/dev/full", first).unwrap();
    // PS3.4 table B.2-1.
    assert_eq!(scanner.store(&sent[0]).unwrap(), 0xA700);
    assert!(node.said("the disk is full"), "{}", node.log());
    assert_eq!(scanner.store(&sent[1]).unwrap(), 0);
    assert_eq!(scanner.store(&sent[0]).unwrap(), 0);
    scanner.release().unwrap();
    node.wait_for("the prediction", |node| node.series("done") == 1);
    assert_eq!(node.asked(), [(sent[0].series.clone(), 2)]);
}
