//! Groups that are known and groups that are inferred.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use hilum_core::{Cancel, GroupId, Split};
use hilum_dataset::audit::{AuditSettings, audit, is_inferred};
use hilum_dataset::{Dataset, Overwrite, SplitFractions, resplit, write_manifest};
use hilum_imaging::{DatasetSettings, PhantomFormat, write_dataset};

use crate::folder::Folder;
use crate::phantoms::{PNG, audited, copy_of, read, rules_of};

#[test]
fn a_group_on_both_sides_is_found() {
    let data = copy_of(&PNG);
    let dataset = read(data.path());
    let mut groups = vec![None; dataset.samples().len()];
    groups[0] = Some(GroupId("p1".to_owned()));
    let last = groups.len() - 1;
    groups[last] = groups[0].clone();
    let manifest = data.path().join("m.csv");
    let grouped = dataset.with_groups(groups);
    write_manifest(&manifest, &grouped, Overwrite::Never).unwrap();
    let audit = audited(&manifest);
    assert_eq!(rules_of(&audit), BTreeSet::from(["group-in-two-splits"]));
    assert_eq!(audit.findings[0].files.len(), 2);
}

/// 16 patients, three slices each.
fn scans() -> (Folder, Dataset) {
    let folder = Folder::new();
    let settings = DatasetSettings {
        train_per_class: 12,
        valid_per_class: 0,
        test_per_class: 0,
        slices_per_patient: 3,
        size: 128,
        seed: 9,
        format: PhantomFormat::Png,
    };
    write_dataset(folder.path(), &settings, |_, _| {}).unwrap();
    let dataset = read(folder.path());
    (folder, dataset)
}

#[test]
fn most_inferred_groups_are_slices_of_one_patient() {
    let (_folder, dataset) = scans();
    let audit = audit(
        &dataset,
        &AuditSettings::default(),
        &|_| {},
        &Cancel::default(),
    )
    .unwrap();
    let groups = audit.similarity_groups(&dataset);
    // `patient-ID-slice-NN`
    let patient = |path: &Path| path.file_stem().unwrap().to_string_lossy()[..24].to_owned();
    let mut patients: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (sample, group) in dataset.samples().iter().zip(&groups) {
        let Some(group) = group else { continue };
        assert!(is_inferred(group) && group.0.starts_with("inferred-"));
        patients
            .entry(&group.0)
            .or_default()
            .insert(patient(&sample.path));
    }
    let mixed = patients
        .values()
        .filter(|patients| patients.len() > 1)
        .count();
    // A guess: most of the 16 patients are found, and few groups hold two of them.
    assert!(patients.len() >= 8, "{patients:?}");
    assert!(mixed * 5 <= patients.len(), "{patients:?}");
}

#[test]
fn inferred_groups_are_divided_whole_and_known_ones_keep_their_names() {
    let (_folder, dataset) = scans();
    let audit = audit(
        &dataset,
        &AuditSettings::default(),
        &|_| {},
        &Cancel::default(),
    )
    .unwrap();
    let mut known = vec![None; dataset.samples().len()];
    known[0] = Some(GroupId("inferred-0001".to_owned()));
    known[1] = Some(GroupId("patient 7".to_owned()));
    let dataset = dataset.with_groups(known.clone());
    let groups = audit.similarity_groups(&dataset);
    assert_eq!(groups[..2], known[..2]);
    assert!(!groups[2..].contains(&known[0]), "a name that is taken");
    assert!(!is_inferred(known[1].as_ref().unwrap()));

    let grouped = dataset.with_groups(groups);
    let divided = resplit(&grouped, SplitFractions::default(), 32).unwrap();
    let mut splits: BTreeMap<&GroupId, BTreeSet<Split>> = BTreeMap::new();
    for sample in divided.samples() {
        if let Some(group) = &sample.group {
            splits.entry(group).or_default().insert(sample.split);
        }
    }
    assert!(splits.len() >= 8 && splits.values().all(|splits| splits.len() == 1));
}

#[test]
fn an_inferred_group_in_two_splits_is_called_inferred() {
    let data = copy_of(&PNG);
    let dataset = read(data.path());
    let mut groups = vec![None; dataset.samples().len()];
    let last = groups.len() - 1;
    groups[0] = Some(GroupId("inferred-0001".to_owned()));
    groups[last] = groups[0].clone();
    let audit = audit(
        &dataset.with_groups(groups),
        &AuditSettings::default(),
        &|_| {},
        &Cancel::default(),
    )
    .unwrap();
    let message = &audit.findings[0].message;
    assert!(
        message.starts_with("inferred group `inferred-0001`"),
        "{message}"
    );
}
