//! Whose objects are, and that equal input gives equal bytes.

use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::tags;
use hilum_imaging::{Channels, Pixels, write_png};
use hilum_results::{IMPLEMENTATION_VERSION_NAME, NoResult, ResultKind};
use hilum_trust::Policy;

use crate::series::{objects, objects_under, put, read, reports, text, write};

#[test]
fn names_and_character_sets_are_repeated_byte_for_byte() {
    // PS3.5 H.3.1 and H.3.2; ISO 8859-1; UTF-8; ASCII, of which nothing is said.
    let japanese: &[u8] =
        b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B";
    let sets: [(&[u8], &[u8]); 4] = [
        (b"\\ISO 2022 IR 87", japanese),
        (b"ISO_IR 100", b"M\xfcller^J\xfcrgen"),
        (b"ISO_IR 192", "Müller^Jürgen=山田".as_bytes()),
        (b"", b"Doe^Jane"),
    ];
    for (set, name) in sets {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "a", 1, |object| {
            if set.is_empty() {
                object.remove_element(tags::SPECIFIC_CHARACTER_SET);
            } else {
                let set = [set, b" "].concat();
                let even = set.len() / 2 * 2;
                put(object, tags::SPECIFIC_CHARACTER_SET, VR::CS, &set[..even]);
            }
            let name = [name, b" "].concat();
            let even = name.len() / 2 * 2;
            put(object, tags::PATIENT_NAME, VR::PN, &name[..even]);
        });
        let bytes = &reports(folder.path())[0].bytes;
        let holds = |what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
        assert!(holds(name), "{set:?}");
        // Without a set, our own words may be Unicode, as the names need none.
        let expected = if set.is_empty() { b"ISO_IR 192" } else { set };
        assert!(holds(expected), "{set:?}");
    }
}

#[test]
fn what_the_source_does_not_say_is_empty_and_what_is_wrong_is_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a", 1, |object| {
        let missing = [
            tags::PATIENT_NAME,
            tags::PATIENT_ID,
            tags::PATIENT_BIRTH_DATE,
            tags::REFERRING_PHYSICIAN_NAME,
            tags::STUDY_ID,
            tags::SERIES_NUMBER,
        ];
        for tag in missing {
            object.remove_element(tag);
        }
        put(object, tags::STUDY_DATE, VR::DA, b"2024-05-06");
        put(object, tags::PATIENT_SEX, VR::CS, b"female");
        put(object, tags::PATIENT_AGE, VR::AS, b"063Y");
        let weight = PrimitiveValue::from("71.5");
        object.put(DataElement::new(tags::PATIENT_WEIGHT, VR::DS, weight));
    });
    for object in &objects(folder.path(), 1).0 {
        let read = read(object);
        let empty = [
            tags::PATIENT_NAME,
            tags::PATIENT_ID,
            tags::PATIENT_BIRTH_DATE,
            tags::REFERRING_PHYSICIAN_NAME,
            tags::STUDY_ID,
            tags::STUDY_DATE,
            tags::PATIENT_SEX,
        ];
        for tag in empty {
            assert_eq!(text(&read, tag), "", "{tag}");
        }
        assert_eq!(text(&read, tags::PATIENT_AGE), "063Y");
        assert_eq!(text(&read, tags::PATIENT_WEIGHT), "71.5");
    }
}

#[test]
fn equal_input_gives_equal_bytes_under_any_names_and_in_any_order() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(one.path(), "a", 3, |_| {});
    for number in 1..=3 {
        let from = one.path().join(format!("a-{number}.dcm"));
        std::fs::copy(from, other.path().join(format!("{}.ima", 9 - number))).unwrap();
    }
    let first = objects(one.path(), 2).0;
    assert_eq!(first.len(), 3);
    assert_eq!(first, objects(other.path(), 2).0);
    // What is said otherwise is another object in the same series.
    let (abstaining, _) = objects_under(one.path(), 2, Policy::default());
    let series = |object| text(&read(object), tags::SERIES_INSTANCE_UID);
    for (object, said) in first.iter().zip(&abstaining) {
        assert_ne!(object.sop_instance_uid, said.sop_instance_uid);
        assert_eq!(series(object), series(said));
    }
    // A slice less is another report.
    std::fs::remove_file(one.path().join("a-2.dcm")).unwrap();
    let fewer = reports(one.path());
    assert_ne!(fewer[0].sop_instance_uid, first[0].sop_instance_uid);
    assert_eq!(series(&fewer[0]), series(&first[0]));
}

#[test]
fn each_of_several_studies_has_its_own_report_and_pictures_have_none() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a", 2, |_| {});
    write(folder.path(), "b", 1, |_| {});
    write(folder.path(), "nameless", 1, |object| {
        object.remove_element(tags::SOP_INSTANCE_UID);
    });
    let picture = Pixels::new(64, 64, Channels::Grey, vec![90; 64 * 64]);
    write_png(&folder.path().join("picture.png"), &picture).unwrap();
    let (objects, results) = objects(folder.path(), 1);
    let of = |kind| objects.iter().filter(move |object| object.kind == kind);
    let mut studies: Vec<&str> = of(ResultKind::Report)
        .map(|report| report.study_uid.as_str())
        .collect();
    studies.dedup();
    assert_eq!(studies.len(), 2);
    assert_eq!(of(ResultKind::Capture).count(), 2);
    assert_eq!(results.series.len(), 2);
    let without: Vec<_> = results
        .unreferenced
        .iter()
        .map(|one| {
            (
                one.path.file_name().unwrap().to_str().unwrap(),
                one.reason == NoResult::NotDicom,
            )
        })
        .collect();
    assert_eq!(without, [("nameless-1.dcm", false), ("picture.png", true)]);
}

#[test]
fn the_data_set_is_what_follows_the_file_meta_information() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a", 1, |_| {});
    let object = &reports(folder.path())[0];
    let data_set = object.data_set();
    assert!(object.bytes.ends_with(data_set));
    // (0008,0005) is its first attribute, and group 2 ends with the version's name before it.
    assert_eq!(data_set[..4], [0x08, 0, 0x05, 0]);
    let before = &object.bytes[..object.bytes.len() - data_set.len()];
    assert!(
        before
            .trim_ascii_end()
            .ends_with(IMPLEMENTATION_VERSION_NAME.as_bytes())
    );
}
