//! TIFF, BMP, WebP and NIfTI against tifffile, Pillow and nibabel (`reference/make_files.py`).

#![expect(
    clippy::unwrap_used,
    reason = "reading a reference file is part of the test"
)]

use std::fs;
use std::path::{Path, PathBuf};

use hilum_imaging::{
    DecodeLimits, DecodeProblem, Depth, FileWindow, Format, Recipe, SliceFile, SourceDepth,
    SourceNote, VoiFunction, Window, decode,
};
use serde_json::Value;

fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/reference")
        .join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(reference("files").join(name)).unwrap()
}

fn open(name: &str) -> SliceFile {
    SliceFile::new(bytes(name), &DecodeLimits::default()).unwrap()
}

fn expected() -> serde_json::Map<String, Value> {
    let text = fs::read_to_string(reference("files.json")).unwrap();
    match serde_json::from_str(&text).unwrap() {
        Value::Object(map) => map,
        _ => unreachable!("an object of files"),
    }
}

fn from_hex(text: &Value) -> Vec<u8> {
    let text = text.as_str().unwrap();
    let digits = (0..text.len()).step_by(2);
    digits
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// The affines of `make_files.py`: the lengths of their columns.
#[test]
fn a_measured_plane_holds_hounsfield_units_and_the_distance_of_its_pixels() {
    let window = FileWindow {
        center_hu: -600.0,
        width_hu: 1500.0,
        function: VoiFunction::Linear,
    };
    let expected = expected();
    for (name, spacing_mm) in [
        ("lps.nii.gz", [0.8, 0.7]),
        ("u16-scaled.nii", [0.8, 0.7]),
        ("sagittal.nii", [0.690290, 2.402082]),
    ] {
        let file = open(name);
        for index in 0..file.count() {
            let slice = file.measured(index).unwrap().unwrap();
            let values = slice.hounsfield.values_hu.iter();
            let grey = values.map(|value| window.grey(f64::from(*value)).round() as u8);
            let hex = &expected[name][index]["hex"];
            assert_eq!(grey.collect::<Vec<_>>(), from_hex(hex), "of {name}");
            let found = slice.spacing_mm.unwrap();
            for (found, expected) in found.iter().zip(spacing_mm) {
                assert!((found - expected).abs() < 1e-5, "{name}: {found}");
            }
        }
    }
    assert_eq!(open("pages.tif").measured(0).unwrap(), None);
}

#[test]
fn every_slice_of_every_kind_of_file_is_what_its_reference_reads() {
    for (name, slices) in expected() {
        let file = open(&name);
        let slices = slices.as_array().unwrap();
        assert_eq!(file.count(), slices.len(), "slices of {name}");
        for (index, expected) in slices.iter().enumerate() {
            let slice = file.decode(index, Window::LUNG).unwrap();
            let size = (slice.pixels.width(), slice.pixels.height());
            assert_eq!(size.0, expected["width"], "of {name}");
            assert_eq!(size.1, expected["height"], "of {name}");
            let channels = slice.pixels.channels().count();
            assert_eq!(channels, expected["channels"], "of {name}");
            let pairs = slice.pixels.data().iter().zip(from_hex(&expected["hex"]));
            let difference = pairs
                .map(|(found, expected)| found.abs_diff(expected))
                .max();
            // Lossy WebP is not exact between decoders.
            let tolerance = if name == "rgb-lossy.webp" { 4 } else { 0 };
            assert!(
                difference.unwrap() <= tolerance,
                "{name}, slice {index}, differs by {difference:?} grey levels"
            );
            assert_eq!(
                Some(slice.info.format),
                Format::of_extension(Path::new(&name))
            );
        }
    }
}

#[test]
fn a_dataset_wants_one_slice_a_file() {
    for name in ["pages.tif", "lps.nii", "lps.nii.gz"] {
        let problem = decode(&bytes(name), Window::LUNG, &DecodeLimits::default()).unwrap_err();
        assert!(
            matches!(problem, DecodeProblem::SeveralSlices { count: 3, .. }),
            "{name}: {problem}"
        );
        let text = problem.to_string();
        assert!(text.contains("holds 3 slices"), "{text}");
        assert!(text.contains("\nhint: write each slice"), "{text}");
    }
    let archive = b"PK\x03\x04\x14\0\0\0";
    let problem = decode(archive, Window::LUNG, &DecodeLimits::default()).unwrap_err();
    assert!(matches!(problem, DecodeProblem::Archive), "{problem}");
}

#[test]
fn a_file_that_ends_early_is_an_error_and_never_a_panic() {
    for (name, _) in expected() {
        let whole = bytes(&name);
        for length in 0..whole.len() {
            let cut = whole[..length].to_vec();
            let Ok(file) = SliceFile::new(cut, &DecodeLimits::default()) else {
                continue;
            };
            for index in 0..file.count() {
                let _ = file.decode(index, Window::LUNG);
            }
        }
        // Half of the pixels are not enough of any of them.
        let half = whole[..whole.len() / 2].to_vec();
        let file = SliceFile::new(half, &DecodeLimits::default());
        let last = file.and_then(|file| file.decode(file.count() - 1, Window::LUNG));
        assert!(
            last.is_err() || name == "grey-bigtiff.tif" || name == "pages.tif",
            "{name}"
        );
    }
}

#[test]
fn a_volume_that_its_bytes_cannot_hold_is_refused_before_allocation() {
    let limits = DecodeLimits::default();
    let mut nifti = bytes("lps.nii");
    for axis in [42, 44, 46] {
        nifti[axis..axis + 2].copy_from_slice(&i16::MAX.to_le_bytes());
    }
    assert!(SliceFile::new(nifti, &limits).is_err());

    let small = DecodeLimits { max_pixels: 34 };
    let problem = SliceFile::new(bytes("lps.nii.gz"), &small).unwrap_err();
    assert!(
        matches!(problem, DecodeProblem::TooManyPixels { .. }),
        "{problem}"
    );
}

#[test]
fn several_volumes_and_colours_are_refused_by_name() {
    let mut four = bytes("lps.nii");
    four[40] = 4;
    four[48] = 2;
    let text = SliceFile::new(four, &DecodeLimits::default())
        .unwrap_err()
        .to_string();
    assert!(text.contains("more than three axes"), "{text}");
    let mut colour = bytes("lps.nii");
    colour[70] = 128;
    let text = SliceFile::new(colour, &DecodeLimits::default())
        .unwrap_err()
        .to_string();
    assert!(text.contains("with colours is not supported"), "{text}");
}

#[test]
fn what_was_guessed_is_noted_and_what_was_said_is_not() {
    let notes = |name: &str| open(name).decode(0, Window::LUNG).unwrap().info.notes;
    assert_eq!(notes("grey.tif"), []);
    let guessed = SourceDepth::Grey { bits: 12 };
    assert_eq!(
        notes("grey-12-in-16.tif"),
        [SourceNote::DepthGuessed(guessed)]
    );
    let hounsfield = SourceDepth::Hounsfield { offset: 0.0 };
    assert_eq!(
        notes("hounsfield-i16.tif"),
        [SourceNote::DepthGuessed(hounsfield)]
    );
    assert_eq!(notes("lps.nii"), []);

    let recipe = Recipe {
        depth: Depth::Bits12,
        ..Recipe::reference()
    };
    let said = recipe.read(&open("grey-12-in-16.tif"), 0).unwrap().info;
    assert_eq!((said.depth, said.notes), (Some(guessed), vec![]));
}

#[test]
fn a_volume_that_does_not_say_how_it_lies_is_noted() {
    let mut silent = bytes("lps.nii");
    silent[252..256].fill(0);
    let file = SliceFile::new(silent, &DecodeLimits::default()).unwrap();
    let slice = file.decode(0, Window::LUNG).unwrap();
    assert_eq!(slice.info.notes, [SourceNote::NoOrientation]);
    // nibabel takes the first axis to run to the left then, as that of `lps.nii` does; its second
    // one runs to the front, and that of `lps.nii` to the back.
    let rows: Vec<u8> = slice
        .pixels
        .data()
        .chunks(7)
        .rev()
        .flatten()
        .copied()
        .collect();
    assert_eq!(
        rows,
        open("lps.nii")
            .decode(0, Window::LUNG)
            .unwrap()
            .pixels
            .data()
    );
}
