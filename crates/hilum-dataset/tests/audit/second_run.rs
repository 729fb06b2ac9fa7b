//! What a second run need not look at again.

use hilum_core::{Cancel, Cancelled};
use hilum_dataset::audit::{AuditSettings, audit};

use crate::phantoms::{PNG, change, copy_of, read};

#[test]
fn a_second_run_decodes_nothing_and_says_the_same() {
    let data = copy_of(&PNG);
    let cache = data.path().join("facts");
    let settings = AuditSettings {
        cache: Some(cache.clone()),
        ..AuditSettings::default()
    };
    let dataset = read(data.path());
    let first = audit(&dataset, &settings, &|_| {}, &Cancel::default()).unwrap();
    let written = std::fs::read(&cache).unwrap();
    let again = audit(&dataset, &settings, &|_| {}, &Cancel::default()).unwrap();
    assert_eq!(again.facts(), first.facts());
    assert_eq!(again.findings, first.findings);
    assert_eq!(again.pairs(), first.pairs());
    assert_eq!(std::fs::read(&cache).unwrap(), written);

    let changed = &dataset.samples()[0].path;
    change(changed, |level| level / 2);
    let third = audit(&dataset, &settings, &|_| {}, &Cancel::default()).unwrap();
    assert_ne!(third.facts()[0], first.facts()[0]);
    assert_eq!(third.facts()[1..], first.facts()[1..]);
    assert_ne!(std::fs::read(&cache).unwrap(), written);

    std::fs::write(&cache, b"no cache").unwrap();
    assert_eq!(
        audit(&dataset, &settings, &|_| {}, &Cancel::default())
            .unwrap()
            .findings,
        third.findings
    );
}

#[test]
fn a_run_that_is_cancelled_leaves_the_cache_as_it_was() {
    let data = copy_of(&PNG);
    let settings = AuditSettings {
        cache: Some(data.path().join("facts")),
        ..AuditSettings::default()
    };
    let dataset = read(data.path());
    let cancel = Cancel::default();
    let outcome = audit(&dataset, &settings, &|_| cancel.cancel(), &cancel);
    assert_eq!(outcome.err(), Some(Cancelled));
    assert!(!data.path().join("facts").exists());
}
