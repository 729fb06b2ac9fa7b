//! `hilum serve --dicom`: what it refuses before it listens.

use crate::workplace::Workplace;

#[test]
fn a_node_that_other_machines_reach_wants_to_know_who_may_send() {
    let place = Workplace::new();
    let refused = place.hilum(&["serve", "--address", "127.0.0.1:0", "--dicom", "0.0.0.0:0"]);
    assert_eq!(refused.code, 1, "{}", refused.stderr);
    assert!(
        refused
            .stderr
            .contains("hint: name them with `--calling-ae TITLE`"),
        "{}",
        refused.stderr
    );
    assert!(!place.path("hilum-node").exists());
}

#[test]
fn titles_and_destinations_that_are_none_are_refused() {
    let place = Workplace::new();
    for (flag, value, said) in [
        ("--ae-title", "seventeen letters", "is no AE title"),
        ("--send-to", "PACS", "is no destination"),
        (
            "--send-to",
            "ftp://user:secret@host",
            "neither `http` nor `https`",
        ),
    ] {
        let refused = place.hilum(&["serve", "--dicom", "127.0.0.1:0", flag, value]);
        assert_ne!(refused.code, 0);
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
    let refused = place.hilum(&[
        "serve",
        "--dicom",
        "127.0.0.1:0",
        "--calling-ae",
        "seventeen letters",
    ]);
    assert_eq!(refused.code, 1, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("is no AE title"),
        "{}",
        refused.stderr
    );
}
