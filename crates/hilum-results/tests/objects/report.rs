//! The tree of a report, against the templates of PS3.16.

use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;
use hilum_trust::{Abstain, Policy};

use crate::series::{items, objects, objects_under, read, reports, text, write};

/// A content item: how it belongs to the one above, its type and the code of its name.
fn row(item: &InMemDicomObject) -> String {
    let relation = text(item, tags::RELATIONSHIP_TYPE);
    let kind = text(item, tags::VALUE_TYPE);
    let name = items(item, tags::CONCEPT_NAME_CODE_SEQUENCE)
        .first()
        .map(code);
    format!("{relation} {kind} {}", name.unwrap_or_default())
        .trim_end()
        .to_owned()
}

/// `121071 DCM`.
fn code(item: &InMemDicomObject) -> String {
    let value = text(item, tags::CODE_VALUE);
    format!("{value} {}", text(item, tags::CODING_SCHEME_DESIGNATOR))
}

fn rows(of: &InMemDicomObject) -> Vec<String> {
    let items = items(of, tags::CONTENT_SEQUENCE).iter();
    items.map(row).collect()
}

/// The items of a container that have this row.
fn with<'a>(of: &'a InMemDicomObject, wanted: &str) -> Vec<&'a InMemDicomObject> {
    let items = items(of, tags::CONTENT_SEQUENCE).iter();
    items.filter(|item| row(item) == wanted).collect()
}

/// The meaning of the code that an item is.
fn meaning(item: &InMemDicomObject) -> String {
    let value = &items(item, tags::CONCEPT_CODE_SEQUENCE)[0];
    text(value, tags::CODE_MEANING)
}

const GROUPS: &str = "CONTAINS CONTAINER 126010 DCM";
const GROUP: &str = "CONTAINS CONTAINER 125007 DCM";

fn report(count: usize) -> InMemDicomObject {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "a", count, |_| {});
    let reports = reports(folder.path());
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].sop_class_uid, uids::COMPREHENSIVE_SR_STORAGE);
    read(&reports[0])
}

#[test]
fn the_root_is_a_measurement_report() {
    // TID 1500, with TID 1204, TID 1001 and TID 1600.
    let report = report(3);
    assert_eq!(text(&report, tags::VALUE_TYPE), "CONTAINER");
    let name = &items(&report, tags::CONCEPT_NAME_CODE_SEQUENCE)[0];
    assert_eq!(code(name), "126000 DCM");
    let template = &items(&report, tags::CONTENT_TEMPLATE_SEQUENCE)[0];
    assert_eq!(text(template, tags::TEMPLATE_IDENTIFIER), "1500");
    assert_eq!(text(template, tags::MAPPING_RESOURCE), "DCMR");
    let expected = [
        "HAS CONCEPT MOD CODE 121049 DCM",
        "HAS OBS CONTEXT CODE 121005 DCM",
        "HAS OBS CONTEXT UIDREF 121012 DCM",
        "HAS OBS CONTEXT TEXT 121013 DCM",
        "HAS OBS CONTEXT TEXT 121014 DCM",
        "HAS OBS CONTEXT TEXT 121015 DCM",
        "HAS OBS CONTEXT TEXT 121016 DCM",
        "HAS CONCEPT MOD CODE 121058 DCM",
        "CONTAINS TEXT 121106 DCM",
        "CONTAINS CONTAINER 111028 DCM",
        GROUPS,
    ];
    assert_eq!(rows(&report), expected);
    let comment = with(&report, "CONTAINS TEXT 121106 DCM")[0];
    let said = text(comment, tags::TEXT_VALUE);
    assert!(said.starts_with("research, not for diagnosis"), "{said}");
    let library = with(&report, "CONTAINS CONTAINER 111028 DCM")[0];
    let group = with(library, "CONTAINS CONTAINER 126200 DCM")[0];
    let expected = [
        "HAS ACQ CONTEXT CODE 121139 DCM",
        "HAS ACQ CONTEXT UIDREF 112227 DCM",
        "CONTAINS IMAGE",
        "CONTAINS IMAGE",
        "CONTAINS IMAGE",
    ];
    assert_eq!(rows(group), expected);
}

#[test]
fn the_series_comes_first_and_then_each_slice_in_a_group_of_its_own() {
    // TID 1501, with TID 4019 and TID 300.
    let report = report(3);
    let groups = with(with(&report, GROUPS)[0], GROUP);
    assert_eq!(groups.len(), 4);
    let names = groups.iter().map(|group| {
        let tracking = with(group, "HAS OBS CONTEXT TEXT 112039 DCM")[0];
        text(tracking, tags::TEXT_VALUE)
    });
    // Slices lie from feet to head; the first of a phantom is nearest to the head.
    assert_eq!(
        names.collect::<Vec<_>>(),
        ["series", "slice 3", "slice 2", "slice 1"]
    );
    let head = [
        "HAS OBS CONTEXT TEXT 112039 DCM",
        "HAS OBS CONTEXT UIDREF 112040 DCM",
        "CONTAINS CODE 121071 DCM",
        "HAS CONCEPT MOD CODE 363698007 SCT",
        "HAS CONCEPT MOD TEXT 111001 DCM",
        "HAS CONCEPT MOD TEXT 111003 DCM",
        "HAS CONCEPT MOD TEXT 122405 DCM",
        "HAS CONCEPT MOD TEXT 111002 DCM",
    ];
    for group in &groups {
        assert_eq!(rows(group)[..head.len()], head);
        let template = &items(group, tags::CONTENT_TEMPLATE_SEQUENCE)[0];
        assert_eq!(text(template, tags::TEMPLATE_IDENTIFIER), "1501");
        let numbers = with(group, "CONTAINS NUM 122157 DCM");
        assert_eq!(numbers.len(), 4);
        let calibrated = with(group, "CONTAINS CODE CALIBRATED 99HILUM");
        assert_eq!(calibrated.len(), 1);
        let images = with(group, "CONTAINS IMAGE 121112 DCM");
        assert!(!images.is_empty());
    }
    assert_eq!(with(groups[1], "CONTAINS IMAGE 121112 DCM").len(), 1);
}

#[test]
fn probabilities_are_those_of_the_prediction_with_the_class_as_a_modifier() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a", 1, |_| {});
    let (objects, results) = objects(folder.path(), 0);
    let report = read(&objects[0]);
    let answer = &results.series[0].answer;
    let group = with(with(&report, GROUPS)[0], GROUP)[0];
    let numbers = with(group, "CONTAINS NUM 122157 DCM");
    let codes = [
        "254626006 SCT",
        "22687000 SCT",
        "17621005 SCT",
        "254634000 SCT",
    ];
    let expected = answer.probabilities.values().zip(codes);
    for (number, (probability, class)) in numbers.iter().zip(expected) {
        let measured = &items(number, tags::MEASURED_VALUE_SEQUENCE)[0];
        let exact = measured.get(tags::FLOATING_POINT_VALUE).unwrap();
        assert_eq!(exact.to_float64().unwrap(), *probability);
        let shown: f64 = text(measured, tags::NUMERIC_VALUE).parse().unwrap();
        assert!((shown - probability).abs() < 1e-9);
        let units = &items(measured, tags::MEASUREMENT_UNITS_CODE_SEQUENCE)[0];
        assert_eq!(code(units), "1 UCUM");
        let modifier = with(number, "HAS CONCEPT MOD CODE 121071 DCM")[0];
        let of = &items(modifier, tags::CONCEPT_CODE_SEQUENCE)[0];
        assert_eq!(code(of), class);
    }
    let finding = with(group, "CONTAINS CODE 121071 DCM")[0];
    let most = answer.class.as_ref().unwrap();
    assert_eq!(
        items(finding, tags::CONCEPT_CODE_SEQUENCE)[0],
        items(
            with(
                numbers[answer
                    .probabilities
                    .keys()
                    .position(|name| name == most)
                    .unwrap()],
                "HAS CONCEPT MOD CODE 121071 DCM"
            )[0],
            tags::CONCEPT_CODE_SEQUENCE
        )[0]
    );
}

#[test]
fn i_dont_know_is_coded_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a", 2, |_| {});
    let unlike = Policy {
        abstain: Abstain::Ood,
        // Nearly every slice of the model's own kind is flagged.
        ood_share: Some(0.999),
        ..Policy::default()
    };
    let threshold = Policy {
        abstain: Abstain::Ood,
        threshold: Some(1.0),
        ood_share: Some(0.001),
        ..Policy::default()
    };
    let below = "the most likely class is below the threshold";
    let expected = [
        (
            unlike,
            "most slices are not like the training data",
            "not like the training data",
        ),
        (threshold, below, below),
    ];
    for (policy, of_series, of_slice) in expected {
        let (objects, results) = objects_under(folder.path(), 0, policy);
        assert!(results.series[0].answer.abstained);
        let report = read(&objects[0]);
        let groups = with(with(&report, GROUPS)[0], GROUP);
        let said = |group: &InMemDicomObject, row: &str| meaning(with(group, row)[0]);
        for (group, reason) in groups.iter().zip([of_series, of_slice, of_slice]) {
            assert_eq!(said(group, "CONTAINS CODE DONT-KNOW 99HILUM"), "Yes");
            assert_eq!(said(group, "CONTAINS CODE REASON 99HILUM"), reason);
            assert_eq!(said(group, "CONTAINS CODE 121071 DCM"), "Indeterminate");
        }
        let scheme = &items(&report, tags::CODING_SCHEME_IDENTIFICATION_SEQUENCE)[0];
        assert_eq!(text(scheme, tags::CODING_SCHEME_DESIGNATOR), "99HILUM");
    }
}

#[test]
fn evidence_names_every_image_once_in_its_series_and_study() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a", 3, |_| {});
    // The same instance again, under another name.
    std::fs::copy(
        folder.path().join("a-1.dcm"),
        folder.path().join("again.dcm"),
    )
    .unwrap();
    let object = &reports(folder.path())[0];
    let report = read(object);
    let tag = tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE;
    let study = &items(&report, tag)[0];
    assert_eq!(text(study, tags::STUDY_INSTANCE_UID), object.study_uid);
    let series = &items(study, tags::REFERENCED_SERIES_SEQUENCE)[0];
    let uid = text(series, tags::SERIES_INSTANCE_UID);
    assert_eq!(uid, object.source_series_uid);
    let instances = items(series, tags::REFERENCED_SOP_SEQUENCE);
    let uids = instances
        .iter()
        .map(|one| text(one, tags::REFERENCED_SOP_INSTANCE_UID));
    let mut uids: Vec<String> = uids.collect();
    assert_eq!(uids.len(), 3);
    uids.sort();
    uids.dedup();
    assert_eq!(uids.len(), 3);
    let groups = with(with(&report, GROUPS)[0], GROUP);
    assert_eq!(groups.len(), 4);
}
