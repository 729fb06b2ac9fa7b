//! Phantoms, their files, and datasets of them.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;

use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileDicomObject, InMemDicomObject, open_file};
use hilum_imaging::{
    Channels, DatasetSettings, DatasetWriteError, DecodeLimits, HounsfieldSlice, Lesion,
    PatientInfo, Phantom, PhantomFormat, Pixels, SeriesInfo, WriteError, decode_file,
    write_dataset, write_dicom, write_png,
};

fn phantom(size: usize, patient_seed: u64, slice_index: usize, lesion: Lesion) -> HounsfieldSlice {
    Phantom {
        size,
        patient_seed,
        slice_index,
        lesion,
    }
    .render()
}

/// The share of the slice's pixels within a range of Hounsfield units.
fn share(slice: &HounsfieldSlice, from: i16, to: i16) -> f64 {
    let inside = |value: &&i16| (from..to).contains(*value);
    slice.values().iter().filter(inside).count() as f64 / slice.values().len() as f64
}

/// Pixels that differ, as (index, here, there).
fn differences(a: &HounsfieldSlice, b: &HounsfieldSlice) -> Vec<(usize, i16, i16)> {
    let pairs = a.values().iter().zip(b.values()).enumerate();
    pairs
        .filter(|(_, (a, b))| a != b)
        .map(|(index, (a, b))| (index, *a, *b))
        .collect()
}

#[test]
fn a_chest_has_air_lung_fat_muscle_and_bone_in_plausible_shares() {
    for seed in 0..12 {
        let slice = phantom(192, seed, 0, Lesion::None);
        let lung = share(&slice, -950, -700);
        let soft = share(&slice, -20, 110);
        let bone = share(&slice, 250, 1500);
        assert!(
            (0.10..0.35).contains(&lung),
            "lung {lung} of patient {seed}"
        );
        assert!(
            (0.10..0.40).contains(&soft),
            "soft tissue {soft} of patient {seed}"
        );
        assert!(
            (0.008..0.08).contains(&bone),
            "bone {bone} of patient {seed}"
        );
        // The corners are outside of every patient.
        let corners = [0, 191, 191 * 192, 192 * 192 - 1];
        assert!(corners.iter().all(|at| slice.values()[*at] < -800));
    }
}

#[test]
fn a_lesion_changes_nothing_but_its_own_place() {
    for seed in 0..8 {
        let normal = phantom(160, seed, 1, Lesion::None);
        for lesion in Lesion::ALL {
            let slice = phantom(160, seed, 1, lesion);
            let changed = differences(&slice, &normal);
            if lesion == Lesion::None {
                assert!(changed.is_empty());
                continue;
            }
            let pixel_mm2 = slice.spacing_mm() * slice.spacing_mm();
            let area = changed.len() as f64 * pixel_mm2;
            assert!((150.0..7000.0).contains(&area), "{lesion:?}: {area} mm2");
            let columns: Vec<usize> = changed.iter().map(|(index, ..)| index % 160).collect();
            let rows: Vec<usize> = changed.iter().map(|(index, ..)| index / 160).collect();
            for axis in [columns, rows] {
                let extent = axis.iter().max().unwrap() - axis.iter().min().unwrap();
                let extent_mm = extent as f64 * slice.spacing_mm();
                assert!(extent_mm < 100.0, "{lesion:?} is {extent_mm} mm wide");
            }
        }
    }
}

#[test]
fn a_tumour_is_denser_than_the_lung_it_replaces_and_a_cavity_holds_air() {
    for seed in 0..8 {
        let normal = phantom(256, seed, 0, Lesion::None);
        let solid_mm2 = |lesion: Lesion| {
            let slice = phantom(256, seed, 0, lesion);
            let gained = differences(&slice, &normal)
                .iter()
                .filter(|(_, now, before)| *now > -150 && *before < -600)
                .count();
            gained as f64 * slice.spacing_mm() * slice.spacing_mm()
        };
        let small = solid_mm2(Lesion::SpiculatedPeripheral);
        let large = solid_mm2(Lesion::LobulatedLargePeripheral);
        assert!(small > 100.0, "patient {seed}: {small} mm2");
        assert!(
            large > 2.0 * small,
            "patient {seed}: {large} mm2 and {small} mm2"
        );

        let squamous = phantom(256, seed, 0, Lesion::CentralHilarCavitating);
        let hollow = differences(&squamous, &normal)
            .iter()
            .filter(|(_, now, before)| *now < -850 && *before > -780)
            .count();
        assert!(hollow > 20, "patient {seed}: {hollow} pixels of air");
    }
}

#[test]
fn equal_settings_give_equal_slices_and_other_patients_other_ones() {
    let lesion = Lesion::SpiculatedPeripheral;
    assert_eq!(phantom(96, 5, 2, lesion), phantom(96, 5, 2, lesion));
    assert_ne!(
        phantom(96, 5, 2, lesion).values(),
        phantom(96, 6, 2, lesion).values()
    );
    assert_ne!(
        phantom(96, 5, 2, lesion).values(),
        phantom(96, 5, 3, lesion).values()
    );
}

#[test]
fn every_size_and_every_slice_of_a_patient_can_be_made() {
    for size in [64, 65, 100, 333] {
        let slice = phantom(size, 1, 0, Lesion::LobulatedLargePeripheral);
        assert_eq!(slice.values().len(), size * size);
        assert!(
            slice
                .values()
                .iter()
                .all(|value| (-1024..=3071).contains(value))
        );
    }
    for slice_index in 0..60 {
        let slice = phantom(64, 2, slice_index, Lesion::CentralHilarCavitating);
        assert!(share(&slice, -950, -600) > 0.08);
    }
}

#[test]
#[should_panic(expected = "64 to 1024")]
fn a_size_that_no_phantom_has_is_our_own_bug() {
    phantom(63, 1, 0, Lesion::None);
}

#[test]
fn a_window_is_linear_between_black_and_white() {
    let slice = phantom(64, 3, 0, Lesion::None);
    let grey = slice.windowed(-600.0, 1500.0);
    assert_eq!((grey.width(), grey.height()), (64, 64));
    assert_eq!(grey.channels(), Channels::Grey);
    for (value, byte) in slice.values().iter().zip(grey.data()) {
        // DICOM PS3.3 C.11.2.1.2.1: ((x - (c - 0.5)) / (w - 1) + 0.5) * (ymax - ymin)
        let expected = ((f64::from(*value) + 600.5) / 1499.0 + 0.5) * 255.0;
        assert!((f64::from(*byte) - expected.clamp(0.0, 255.0)).abs() <= 0.5);
    }
}

#[test]
fn a_png_is_read_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let grey = phantom(64, 4, 0, Lesion::None).windowed(-600.0, 1500.0);
    let color = Pixels::new(2, 1, Channels::Rgb, vec![1, 2, 3, 250, 128, 0]);
    for (name, pixels) in [("grey.png", grey), ("color.png", color)] {
        let path = folder.path().join(name);
        write_png(&path, &pixels).unwrap();
        let read = image::open(&path).unwrap();
        assert_eq!(read.as_bytes(), pixels.data());
        assert_eq!(read.color().has_color(), pixels.channels() == Channels::Rgb);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn a_folder_that_is_missing_is_named_and_nothing_is_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing").join("a.png");
    let pixels = Pixels::new(1, 1, Channels::Grey, vec![7]);
    let error = write_png(&path, &pixels).unwrap_err();
    let WriteError::Io(cause) = &error else {
        panic!("{error}");
    };
    assert!(cause.to_string().contains("missing"), "{cause}");

    // A folder stands where the file should go: it stays, and no partial file beside it.
    let taken = folder.path().join("taken.png");
    std::fs::create_dir(&taken).unwrap();
    assert!(write_png(&taken, &pixels).is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

fn text(object: &FileDicomObject<InMemDicomObject>, tag: dicom_core::Tag) -> String {
    let element = object.element(tag).expect("the attribute is there");
    element.to_str().expect("its value is text").into_owned()
}

fn dicom_of(
    folder: &Path,
    slice: &HounsfieldSlice,
    number: usize,
) -> FileDicomObject<InMemDicomObject> {
    let path = folder.join(format!("{number}.dcm"));
    let series = SeriesInfo::phantom(7, Lesion::None);
    write_dicom(&path, slice, &series, number).expect("the slice is written");
    open_file(&path).expect("the file is DICOM")
}

#[test]
fn a_dicom_file_holds_the_same_hounsfield_units() {
    let folder = tempfile::tempdir().unwrap();
    let slice = phantom(80, 7, 0, Lesion::LobulatedLargePeripheral);
    let object = dicom_of(folder.path(), &slice, 1);
    assert_eq!(text(&object, tags::SOP_CLASS_UID), uids::CT_IMAGE_STORAGE);
    assert_eq!(
        object.meta().transfer_syntax(),
        uids::EXPLICIT_VR_LITTLE_ENDIAN
    );
    assert_eq!(text(&object, tags::RESCALE_INTERCEPT), "-1024");
    assert_eq!(text(&object, tags::WINDOW_CENTER), "-600\\40");
    // PS3.3 C.7.1.1 asks for the method where the identity is said to be removed.
    assert_eq!(text(&object, tags::PATIENT_IDENTITY_REMOVED), "YES");
    assert_eq!(
        text(&object, tags::DEIDENTIFICATION_METHOD),
        "Computed phantom"
    );
    let stored = object.element(tags::PIXEL_DATA).unwrap();
    let hounsfield: Vec<i16> = stored
        .to_multi_int::<u16>()
        .unwrap()
        .iter()
        .map(|value| *value as i16 - 1024)
        .collect();
    assert_eq!(hounsfield, slice.values());
}

#[test]
fn our_own_reader_sees_the_lung_window() {
    let folder = tempfile::tempdir().unwrap();
    let slice = phantom(80, 7, 0, Lesion::None);
    dicom_of(folder.path(), &slice, 1);
    let window = hilum_imaging::Window::Hounsfield {
        center_hu: -600.0,
        width_hu: 1500.0,
    };
    let path = folder.path().join("1.dcm");
    let read = decode_file(&path, window, &DecodeLimits::default()).unwrap();
    let expected = slice.windowed(-600.0, 1500.0);
    for (read, expected) in read.pixels.data().iter().zip(expected.data()) {
        assert!(read.abs_diff(*expected) <= 1);
    }
}

#[test]
fn slices_of_a_series_share_what_they_should_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let objects: Vec<_> = (0..2)
        .map(|index| {
            let slice = phantom(64, 7, index, Lesion::None);
            dicom_of(folder.path(), &slice, index + 1)
        })
        .collect();
    let same = |tag| text(&objects[0], tag) == text(&objects[1], tag);
    for tag in [
        tags::PATIENT_ID,
        tags::STUDY_INSTANCE_UID,
        tags::SERIES_INSTANCE_UID,
        tags::FRAME_OF_REFERENCE_UID,
        tags::PIXEL_SPACING,
    ] {
        assert!(same(tag), "{tag}");
    }
    assert!(!same(tags::SOP_INSTANCE_UID));
    assert!(!same(tags::IMAGE_POSITION_PATIENT));
    let every_uid: BTreeSet<String> = [
        tags::STUDY_INSTANCE_UID,
        tags::SERIES_INSTANCE_UID,
        tags::FRAME_OF_REFERENCE_UID,
        tags::SOP_INSTANCE_UID,
    ]
    .map(|tag| text(&objects[0], tag))
    .into();
    assert_eq!(every_uid.len(), 4);
    assert!(
        every_uid
            .iter()
            .all(|uid| uid.starts_with("2.25.") && uid.len() <= 64)
    );
}

#[test]
fn a_text_that_dicom_cannot_hold_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.dcm");
    let series = SeriesInfo {
        patient: PatientInfo {
            name: "A\\B".to_owned(),
            id: "1".to_owned(),
        },
        description: String::new(),
        key: "a".to_owned(),
    };
    let slice = phantom(64, 1, 0, Lesion::None);
    let error = write_dicom(&path, &slice, &series, 1).unwrap_err();
    assert!(error.to_string().contains("patient name"), "{error}");
    assert!(!path.exists());
}

fn settings(format: PhantomFormat) -> DatasetSettings {
    DatasetSettings {
        train_per_class: 5,
        valid_per_class: 2,
        test_per_class: 0,
        slices_per_patient: 2,
        size: 64,
        seed: 32,
        format,
    }
}

#[test]
fn a_dataset_keeps_every_patient_in_one_split_and_class() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("slices");
    let calls = Mutex::new(Vec::new());
    let files = write_dataset(&root, &settings(PhantomFormat::Png), |done, total| {
        calls.lock().unwrap().push((done, total));
    })
    .unwrap();
    assert_eq!(files.len(), 4 * 7);
    let mut calls = calls.into_inner().unwrap();
    calls.sort_unstable();
    assert_eq!(calls, (1..=28).map(|done| (done, 28)).collect::<Vec<_>>());

    let mut owners = BTreeSet::new();
    for file in &files {
        assert!(file.is_file());
        let name = file.file_stem().unwrap().to_str().unwrap();
        let patient = name.split("-slice-").next().unwrap().to_owned();
        owners.insert((patient, file.parent().unwrap().to_owned()));
    }
    let patients: BTreeSet<&String> = owners.iter().map(|(patient, _)| patient).collect();
    // Three patients for five slices and one for two, in each of four classes.
    assert_eq!(owners.len(), 16);
    assert_eq!(patients.len(), 16);
    assert!(
        !root.join("test").exists(),
        "a split without slices has no folder"
    );
}

#[test]
fn the_same_seed_writes_the_same_dataset_and_another_seed_another() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, seed: u64| {
        let settings = DatasetSettings {
            seed,
            train_per_class: 1,
            valid_per_class: 0,
            ..settings(PhantomFormat::Dicom)
        };
        let files = write_dataset(&folder.path().join(name), &settings, |_, _| {}).unwrap();
        let contents = files.iter().map(|file| std::fs::read(file).unwrap());
        contents.collect::<Vec<_>>()
    };
    let first = write("a", 1);
    assert!(first == write("b", 1));
    assert!(first != write("c", 2));
}

#[test]
fn a_dataset_never_mixes_with_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("precious.txt"), "data").unwrap();
    let error = write_dataset(folder.path(), &settings(PhantomFormat::Png), |_, _| {}).unwrap_err();
    assert!(
        matches!(error, DatasetWriteError::Occupied { .. }),
        "{error}"
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);

    let wrong = DatasetSettings {
        size: 32,
        ..settings(PhantomFormat::Png)
    };
    let root = folder.path().join("new");
    let error = write_dataset(&root, &wrong, |_, _| {}).unwrap_err();
    assert!(matches!(error, DatasetWriteError::Size { size: 32 }));
    assert!(!root.exists());
}
