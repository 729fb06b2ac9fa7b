//! DICOM as scanners, archives and broken programs leave it (`reference/make_dicom_variants.py`).

#![expect(
    clippy::unwrap_used,
    reason = "reading a reference file is part of the test"
)]
#![expect(clippy::print_stdout, reason = "a skipped test says so")]

use std::fs;
use std::path::{Path, PathBuf};

use hilum_imaging::{
    DecodeLimits, DecodeProblem, DicomInfo, DicomProblem, Format, Slice, SliceFile, Window, decode,
    dicom_patient_id,
};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/reference")
        .join(name)
}

fn json(name: &str) -> serde_json::Map<String, Value> {
    serde_json::from_str(&fs::read_to_string(reference(name)).unwrap()).unwrap()
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(reference("dicom_variants").join(name)).unwrap()
}

fn open(name: &str) -> SliceFile {
    SliceFile::new(bytes(name), &DecodeLimits::default())
        .unwrap_or_else(|problem| panic!("{name}: {problem}"))
}

fn slice(file: &SliceFile, index: usize, window: Window) -> Slice {
    file.decode(index, window).unwrap()
}

fn info(file: &SliceFile, index: usize) -> DicomInfo {
    *slice(file, index, Window::File).info.dicom.unwrap()
}

fn forgiven(info: &DicomInfo) -> Vec<String> {
    info.nonconformities
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn every_variant_has_the_values_of_its_reference() {
    for (name, expected) in json("dicom_variants.json") {
        let file = open(&name);
        let frames = expected["frames"].as_array().unwrap();
        assert_eq!(file.count(), frames.len(), "frames of {name}");
        for (index, frame) in frames.iter().enumerate() {
            let found = file
                .hounsfield(index)
                .unwrap_or_else(|problem| panic!("{name} frame {index}: {problem}"))
                .unwrap();
            assert_eq!(found.width, frame["width"], "of {name}");
            assert_eq!(found.height, frame["height"], "of {name}");
            let values = frame["hounsfield"].as_array().unwrap();
            assert_eq!(found.values_hu.len(), values.len(), "of {name}");
            for (place, (found, value)) in found.values_hu.iter().zip(values).enumerate() {
                let value = value.as_f64().unwrap();
                assert!(
                    (f64::from(*found) - value).abs() < 1e-3,
                    "{name} frame {index}, pixel {place}: {found} is not {value}"
                );
            }
        }
    }
}

#[test]
fn what_is_forgiven_is_said_and_a_sound_file_is_forgiven_nothing() {
    for (name, expected) in json("dicom_variants.json") {
        let said = forgiven(&info(&open(&name), 0));
        match expected.get("forgiven") {
            Some(what) => {
                let what = what.as_str().unwrap();
                let is_said = said.iter().any(|one| one.contains(what));
                assert!(is_said, "{name}: {what} is not in {said:?}");
            }
            None => assert_eq!(said, Vec::<String>::new(), "{name}"),
        }
    }
}

#[test]
fn a_voi_lut_is_applied_where_there_is_no_window() {
    let expected = &json("dicom_variants.json")["voi-lut.dcm"]["grey"];
    let file = open("voi-lut.dcm");
    let by_file = slice(&file, 0, Window::File);
    assert_eq!(serde_json::json!(by_file.pixels.data()), *expected);
    assert_eq!(by_file.info.dicom.unwrap().window_used, None);
    let lung = slice(&file, 0, Window::LUNG);
    assert_ne!(serde_json::json!(lung.pixels.data()), *expected);
}

#[test]
fn a_first_window_that_is_none_is_passed_over() {
    let info = info(&open("impossible-first-window.dcm"), 0);
    assert_eq!(info.window_used.unwrap().center_hu, 40.0);
    assert_eq!(info.windows.len(), 2);
}

#[test]
fn a_modality_lut_stands_in_place_of_a_rescale() {
    let info = info(&open("modality-lut.dcm"), 0);
    assert!(info.has_modality_table && info.rescale.is_none());
    assert_eq!(info.concerns(), Vec::new());
}

#[test]
fn functional_groups_say_of_each_frame_where_it_lies_and_what_it_means() {
    for name in [
        "enhanced.dcm",
        "enhanced-fragments.dcm",
        "enhanced-offset-table.dcm",
    ] {
        let file = open(name);
        for index in 0..3 {
            let info = info(&file, index);
            let z = 30.0 - 2.0 * index as f64;
            assert_eq!(info.position_mm, Some([-10.0, -20.0, z]), "of {name}");
            assert_eq!(info.orientation, Some([1.0, 0.0, 0.0, 0.0, 1.0, 0.0]));
            assert_eq!(info.spacing_mm, Some([0.7, 0.8]));
            assert_eq!(info.slice_thickness_mm, Some(2.5));
            let (slope, intercept) = (1.0 + index as f64, -1000.0 * index as f64);
            assert_eq!(info.rescale, Some([slope, intercept]));
            assert_eq!(info.windows[0].center_hu, 40.0 + index as f64);
            assert_eq!(info.image_type, ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]);
            assert_eq!(info.instance_number, Some(4));
            assert_eq!(info.concerns(), Vec::new(), "of {name}");
        }
    }
}

#[test]
fn a_file_of_several_frames_is_no_slice_of_a_dataset_and_says_what_to_do() {
    let limits = DecodeLimits::default();
    let problem = decode(&bytes("enhanced.dcm"), Window::LUNG, &limits).unwrap_err();
    let DecodeProblem::Dicom(DicomProblem::MultiFrame { count: 3 }) = problem else {
        panic!("{problem}");
    };
    assert!(problem.to_string().contains("hint: give each frame a file"));
}

#[test]
fn frames_that_are_missing_are_an_error_and_the_others_are_read() {
    let whole = bytes("multi-frame.dcm");
    let file = SliceFile::new(whole[..whole.len() - 4].to_vec(), &DecodeLimits::default()).unwrap();
    assert_eq!(file.count(), 2);
    assert!(file.decode(0, Window::LUNG).is_ok());
    let problem = file.decode(1, Window::LUNG).unwrap_err();
    assert!(
        matches!(problem, DecodeProblem::Truncated { .. }),
        "{problem}"
    );
}

#[test]
fn a_number_of_frames_beyond_the_file_costs_nothing() {
    let mut bomb = bytes("multi-frame.dcm");
    // Number of Frames (0028,0008) IS, one character and a space.
    let at = bomb
        .windows(6)
        .position(|window| window == b"\x28\0\x08\0IS")
        .unwrap();
    bomb.splice(at + 6..at + 10, [10, 0]);
    bomb.splice(at + 8..at + 8, *b"2147483647");
    let file = SliceFile::new(bomb, &DecodeLimits::default()).unwrap();
    assert_eq!(file.count(), 3, "two, and one that tells of the rest");
    assert!(file.decode(2, Window::LUNG).is_err());
}

#[test]
fn a_directory_is_told_from_an_image_by_its_content() {
    let problem = SliceFile::new(bytes("directory.dcm"), &DecodeLimits::default()).unwrap_err();
    assert!(
        matches!(problem, DecodeProblem::Dicom(DicomProblem::Directory)),
        "{problem}"
    );
}

#[test]
fn a_bare_data_set_is_known_by_its_elements() {
    for name in [
        "bare-implicit.dcm",
        "bare-explicit.dcm",
        "bare-big-endian.dcm",
    ] {
        assert_eq!(Format::sniff(&bytes(name)), Some(Format::Dicom), "{name}");
    }
    for other in [
        &b"\x08\0\x05\0hello world, this is text"[..],
        &[8; 64],
        &[0; 64],
        &[8, 0],
    ] {
        assert_eq!(Format::sniff(other), None);
    }
}

#[test]
fn the_patient_is_read_from_every_variant() {
    for (name, _) in json("dicom_variants.json") {
        let id = dicom_patient_id(&reference("dicom_variants").join(&name));
        assert_eq!(id.as_deref(), Some("P1"), "of {name}");
    }
    assert_eq!(dicom_patient_id(&reference("dicom_variants.json")), None);
}

#[test]
fn cut_anywhere_a_variant_is_an_error_or_whole_and_never_panics() {
    let limits = DecodeLimits::default();
    for (name, _) in json("dicom_variants.json") {
        let whole = bytes(&name);
        for length in (0..whole.len()).step_by(7) {
            if let Ok(file) = SliceFile::new(whole[..length].to_vec(), &limits) {
                for index in 0..file.count() {
                    let _ = file.decode(index, Window::File);
                }
            }
        }
    }
}

/// Bytes flipped here and there, as transfers and disks do; `HILUM_MUTATIONS` of each file.
#[test]
fn mutated_a_variant_is_an_error_or_read_and_never_panics() {
    let count = std::env::var("HILUM_MUTATIONS").ok();
    let count: u64 = count.map_or(60, |count| count.parse().unwrap());
    let limits = DecodeLimits {
        max_pixels: 1_000_000,
    };
    let (mut read, mut refused) = (0, 0);
    for (name, _) in json("dicom_variants.json") {
        let whole = bytes(&name);
        let mut random = ChaCha8Rng::seed_from_u64(whole.len() as u64);
        for _ in 0..count {
            let mut mutated = whole.clone();
            for _ in 0..random.random_range(1..5) {
                let place = random.random_range(0..mutated.len());
                mutated[place] = random.random();
            }
            let Ok(file) = SliceFile::new(mutated, &limits) else {
                refused += 1;
                continue;
            };
            for index in 0..file.count().min(4) {
                match file.decode(index, Window::File) {
                    Ok(_) => read += 1,
                    Err(_) => refused += 1,
                }
            }
        }
    }
    assert!(
        read > 0 && refused > 0,
        "{read} slices read, {refused} refused"
    );
}

fn shared() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/dicom-variants");
    if !path.is_dir() {
        println!("skipped: no shared data");
    }
    path.is_dir().then_some(path)
}

#[test]
fn shared_variants_have_gdcms_values() {
    let Some(folder) = shared() else { return };
    for (name, expected) in json("shared_variants.json") {
        let file = SliceFile::open(&folder.join(&name), &DecodeLimits::default());
        let Some(frames) = expected["frames"].as_array() else {
            assert!(file.is_err(), "GDCM cannot read {name}");
            continue;
        };
        let file = file.unwrap();
        assert_eq!(file.count(), frames.len(), "frames of {name}");
        let of_file = |key: &str| expected[key].as_f64().unwrap();
        for (index, frame) in frames.iter().enumerate() {
            let found = file.hounsfield(index).unwrap().unwrap();
            assert_eq!(found.width, expected["width"]);
            let stored = |value: &f32| {
                ((f64::from(*value) - of_file("intercept")) / of_file("slope")).round() as i64
            };
            let stored: Vec<i64> = found.values_hu.iter().map(stored).collect();
            let weighted = stored.iter().enumerate();
            let weighted: i64 = weighted
                .map(|(place, value)| value * (place % 65521) as i64)
                .sum();
            assert_eq!(
                stored.iter().sum::<i64>(),
                frame["sum"],
                "{name} frame {index}"
            );
            assert_eq!(weighted, frame["weighted"], "{name} frame {index}");
        }
    }
}

#[test]
fn shared_variants_that_are_no_axial_chest_slices_are_warned_of() {
    let Some(folder) = shared() else { return };
    for (name, word) in [
        ("gantry-tilt-head.dcm", "tilted by 18.5 degrees"),
        ("gantry-tilt-head.dcm", "head, not chest"),
        ("localizer-256x512.dcm", "localizer"),
        ("localizer-256x512.dcm", "sagittal"),
        ("known-tags-as-un.dcm", "`UN`"),
        (
            "implicit.dcm",
            "`SourceApplicationEntityTitle` is 18 bytes long",
        ),
        ("no-meta.dcm", "no file meta information"),
        ("enhanced-2-frames.dcm", "Brain"),
    ] {
        let file = SliceFile::open(&folder.join(name), &DecodeLimits::default()).unwrap();
        let concerns = info(&file, 0).concerns();
        let said: Vec<String> = concerns.iter().map(ToString::to_string).collect();
        assert!(
            said.iter().any(|one| one.contains(word)),
            "{name}: {said:?}"
        );
    }
}
