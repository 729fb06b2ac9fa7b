//! Faults of DICOM headers, one at a time.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::tags;

use crate::folder::Folder;
use crate::phantoms::{DICOM, Plant, audited, copy_of, files, rules_of};

fn set(path: &Path, tag: Tag, vr: VR, value: &str) {
    let mut object = dicom_object::open_file(path).unwrap();
    object.put(DataElement::new(tag, vr, PrimitiveValue::from(value)));
    object.write_to_file(path).unwrap();
}

fn first(data: &Folder) -> PathBuf {
    files(data.path(), "train/normal").remove(0)
}

/// Each rule with what it must find.
pub(crate) const DICOM_FAULTS: &[(&str, Plant)] = &[
    ("localizer", |data| {
        set(
            &first(data),
            tags::IMAGE_TYPE,
            VR::CS,
            "ORIGINAL\\PRIMARY\\LOCALIZER",
        );
    }),
    ("missing-rescale", |data| {
        let path = first(data);
        let mut object = dicom_object::open_file(&path).unwrap();
        object.remove_element(tags::RESCALE_SLOPE);
        object.remove_element(tags::RESCALE_INTERCEPT);
        object.write_to_file(&path).unwrap();
    }),
    ("mixed-series", |data| {
        let [a, b] = [0, 1].map(|index| files(data.path(), "train/normal")[index].clone());
        let object = dicom_object::open_file(&a).unwrap();
        let patient = object.element(tags::PATIENT_ID).unwrap().to_str().unwrap();
        set(&b, tags::PATIENT_ID, VR::LO, &patient);
    }),
    ("burned-in-annotation", |data| {
        set(&first(data), tags::BURNED_IN_ANNOTATION, VR::CS, "YES");
    }),
    ("identity-present", |data| {
        set(&first(data), tags::PATIENT_BIRTH_DATE, VR::DA, "19700101");
    }),
    ("group-in-two-splits", |data| {
        let (a, b) = (first(data), files(data.path(), "valid/normal").remove(0));
        let object = dicom_object::open_file(&a).unwrap();
        let patient = object.element(tags::PATIENT_ID).unwrap().to_str().unwrap();
        set(&b, tags::PATIENT_ID, VR::LO, &patient);
    }),
    ("not-axial-chest", |data| {
        set(&first(data), tags::BODY_PART_EXAMINED, VR::CS, "HEAD");
    }),
    ("nonconforming-dicom", |data| {
        let path = first(data);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.extend([0; 16]);
        std::fs::write(&path, bytes).unwrap();
    }),
    ("not-ct", |data| {
        set(&first(data), tags::MODALITY, VR::CS, "MR");
    }),
];

/// What another rule cannot help finding beside it.
fn found_beside(rule: &str) -> Option<&'static str> {
    match rule {
        "not-ct" => Some("unreadable-file"),
        _ => None,
    }
}

#[test]
fn faults_of_dicom_headers_are_found_and_clean_ones_are_silent() {
    let clean = audited(&DICOM);
    assert!(clean.findings.is_empty(), "{}", clean.to_text());
    for (rule, plant) in DICOM_FAULTS {
        let data = copy_of(&DICOM);
        plant(&data);
        let audit = audited(data.path());
        let expected = [*rule].into_iter().chain(found_beside(rule));
        let mut found = rules_of(&audit);
        if *rule == "missing-rescale" {
            // Without the intercept, the slice may be white all over in the lung window.
            found.remove("constant-image");
        }
        assert_eq!(
            found,
            expected.collect::<BTreeSet<_>>(),
            "{}",
            audit.to_text()
        );
    }
}

#[test]
fn a_name_is_a_pseudonym_only_where_the_header_says_so() {
    let data = copy_of(&DICOM);
    set(&first(&data), tags::PATIENT_IDENTITY_REMOVED, VR::CS, "NO");
    let audit = audited(data.path());
    assert_eq!(rules_of(&audit), BTreeSet::from(["identity-present"]));
    let finding = &audit.findings[0];
    assert_eq!(finding.files.len(), 1);
    assert_eq!(
        finding.evidence["attributes"],
        serde_json::json!(["PatientName"])
    );
}
