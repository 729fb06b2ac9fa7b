//! The published chest-CT set, whose faults were counted independently.

use std::path::Path;

use hilum_core::{Cancel, Split};
use hilum_dataset::audit::{AuditSettings, Rule, audit};

use crate::phantoms::read;

#[test]
fn the_published_chest_ct_set_has_the_faults_that_were_counted_in_it() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/chest-ct");
    let Ok(root) = Path::new(root).canonicalize() else {
        println!("skipped: no shared data");
        return;
    };
    let dataset = read(&root);
    let audit = audit(
        &dataset,
        &AuditSettings::default(),
        &|_| {},
        &Cancel::default(),
    )
    .unwrap();
    let (train, valid) = (&audit.splits[&Split::Train], &audit.splits[&Split::Valid]);
    assert_eq!((train.files, train.distinct), (613, 516));
    assert_eq!((valid.files, valid.distinct), (72, 70));
    let found = |rule: &str| -> Vec<&str> {
        let findings = audit.of_rule(Rule::named(rule).unwrap());
        findings
            .flat_map(|finding| finding.files.iter().map(String::as_str))
            .collect()
    };
    let across = found("duplicate-across-splits");
    assert_eq!(
        across
            .iter()
            .filter(|file| file.starts_with("valid/normal/"))
            .count(),
        10
    );
    let conflict = found("label-conflict");
    assert_eq!(conflict.len(), 2);
    assert!(conflict[0].ends_with("/l4.png") && conflict[1].ends_with("/sq2.png"));
    let mismatched = found("extension-mismatch");
    assert_eq!(mismatched.len(), 4);
    assert!(
        mismatched
            .iter()
            .all(|file| file.starts_with("train/normal/n7"))
    );

    let mut shortcuts = audit.of_rule(Rule::named("property-predicts-class").unwrap());
    let shortcut = shortcuts
        .find(|one| one.evidence["class"] == "normal")
        .unwrap();
    assert!(
        shortcut.evidence["property"]
            .as_str()
            .unwrap()
            .starts_with("percentile_")
    );
    let median = |class: &str| shortcut.evidence["medians"][class].as_f64().unwrap();
    assert!(median("normal") > median("adenocarcinoma"));
    assert!(shortcut.evidence["accuracy"].as_f64().unwrap() > 0.9);
    assert!(
        shortcut.evidence["other_properties"]["percentile_90"]
            .as_f64()
            .unwrap()
            > 0.9
    );
    let strange = found("odd-name");
    let of_lesions = strange
        .iter()
        .filter(|file| file.starts_with("valid/normal/00"));
    assert_eq!(of_lesions.count(), 3, "{strange:?}");
    assert!(found("unreadable-file").is_empty());
}
