//! DICOM against pydicom (`reference/make_dicom.py`).

#![expect(
    clippy::unwrap_used,
    reason = "reading a reference file is part of the test"
)]

use std::fs;
use std::path::{Path, PathBuf};

use hilum_imaging::{
    Concern, DecodeLimits, DecodeProblem, DicomInfo, DicomProblem, Nonconformity, Slice, SliceFile,
    SourceInfo, VoiFunction, Window, decode, decode_hounsfield,
};
use serde_json::Value;

fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/reference")
        .join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(reference("dicom").join(name)).unwrap()
}

fn expected() -> serde_json::Map<String, Value> {
    let text = fs::read_to_string(reference("dicom.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn from_hex(text: &Value) -> Vec<u8> {
    let text = text.as_str().unwrap();
    let digits = (0..text.len()).step_by(2);
    digits
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

fn decoded(bytes: &[u8], window: Window) -> Result<Slice, DecodeProblem> {
    decode(bytes, window, &DecodeLimits::default())
}

fn info(name: &str) -> DicomInfo {
    let SourceInfo { dicom, .. } = decoded(&bytes(name), Window::File).unwrap().info;
    *dicom.unwrap()
}

#[test]
fn hounsfield_units_are_pydicoms() {
    for (name, expected) in expected() {
        let slice = decode_hounsfield(&bytes(&name), &DecodeLimits::default()).unwrap();
        assert_eq!(slice.width, expected["width"], "of {name}");
        assert_eq!(slice.height, expected["height"], "of {name}");
        let values = expected["hounsfield"].as_array().unwrap();
        assert_eq!(slice.values_hu.len(), values.len(), "of {name}");
        // Two inverse cosine transforms may differ by one stored value.
        let tolerance = if name.contains("baseline") { 1.0 } else { 0.0 };
        for (found, value) in slice.values_hu.iter().zip(values) {
            let difference = (f64::from(*found) - value.as_f64().unwrap()).abs();
            assert!(difference <= tolerance, "{name}: {found} is not {value}");
        }
    }
}

#[test]
fn a_measured_slice_has_the_same_units_and_its_place() {
    for (name, _) in expected() {
        let file = SliceFile::new(bytes(&name), &DecodeLimits::default()).unwrap();
        let slice = file.measured(0).unwrap().unwrap();
        let expected = decode_hounsfield(&bytes(&name), &DecodeLimits::default()).unwrap();
        assert_eq!(slice.hounsfield, expected, "of {name}");
        let said = slice.dicom.unwrap();
        assert_eq!(slice.spacing_mm, said.spacing_mm, "of {name}");
        let decoded = info(&name);
        assert_eq!(said.position_mm, decoded.position_mm, "of {name}");
        assert_eq!(said.windows, decoded.windows, "of {name}");
    }
}

#[test]
fn every_window_gives_pydicoms_grey() {
    for (name, expected) in expected() {
        for (window, grey) in expected["grey"].as_object().unwrap() {
            let slice = decoded(&bytes(&name), window.parse().unwrap()).unwrap();
            let tolerance = u8::from(name.contains("baseline"));
            for (index, (found, expected)) in
                slice.pixels.data().iter().zip(from_hex(grey)).enumerate()
            {
                assert!(
                    found.abs_diff(expected) <= tolerance,
                    "{name}, {window}, pixel {index}: {found} is not {expected}"
                );
            }
        }
    }
}

#[test]
fn the_first_of_several_zero_padded_windows_is_used() {
    let info = info("signed.dcm");
    let windows: Vec<_> = info
        .windows
        .iter()
        .map(|window| (window.center_hu, window.width_hu))
        .collect();
    assert_eq!(windows, [(-600.0, 1500.0), (40.0, 400.0)]);
    assert_eq!(info.window_used, Some(info.windows[0]));
    assert_eq!(info.padding_count, 15);
}

#[test]
fn a_file_that_names_no_window_gets_the_lung_window() {
    let by_file = decoded(&bytes("unsigned-12-bit.dcm"), Window::File).unwrap();
    let by_name = decoded(&bytes("unsigned-12-bit.dcm"), Window::LUNG).unwrap();
    assert_eq!(by_file, by_name);
}

#[test]
fn the_files_function_applies_to_its_own_window_only() {
    assert_eq!(
        info("sigmoid.dcm").window_used.unwrap().function,
        VoiFunction::Sigmoid
    );
    let named = decoded(&bytes("sigmoid.dcm"), Window::LUNG).unwrap();
    let plain = decoded(&bytes("deflated.dcm"), Window::LUNG).unwrap();
    assert_eq!(named.pixels, plain.pixels);
}

#[test]
fn bits_above_the_high_bit_are_no_part_of_a_value() {
    let clean = bytes("unsigned-12-bit.dcm");
    let mut with_overlay = clean.clone();
    let start = clean.len() - 16 * 12 * 2;
    for high_byte in with_overlay[start..].iter_mut().skip(1).step_by(2) {
        *high_byte |= 0xa0;
    }
    assert_ne!(clean, with_overlay);
    let limits = DecodeLimits::default();
    assert_eq!(
        decode_hounsfield(&clean, &limits).unwrap(),
        decode_hounsfield(&with_overlay, &limits).unwrap()
    );
}

#[test]
fn preamble_and_magic_may_be_missing() {
    let whole = bytes("signed.dcm");
    let expected = decoded(&whole, Window::File).unwrap();
    for start in [128, 132] {
        let read = decoded(&whole[start..], Window::File).unwrap();
        assert_eq!(read.pixels, expected.pixels);
        let said = read.info.dicom.unwrap().nonconformities;
        assert_eq!(said, [Nonconformity::NoPreamble]);
    }
}

#[test]
fn the_header_is_kept_for_the_audit() {
    let info = info("localizer.dcm");
    assert!(info.is_localizer());
    assert_eq!(info.patient_id.as_deref(), Some("P1"));
    assert_eq!(info.instance_number, Some(7));
    assert_eq!(info.position_mm, Some([-200.5, -180.0, 42.0]));
    assert_eq!(info.orientation, Some([1.0, 0.0, 0.0, 0.0, 1.0, 0.0]));
    assert_eq!(info.spacing_mm, Some([0.7, 0.8]));
    assert_eq!(info.rescale, Some([1.0, 0.0]));
    assert_eq!(info.burned_in_annotation, Some(true));
    assert_eq!(info.identity_removed, Some(false));
    assert_eq!(info.identifying_attributes, ["PatientName"]);
    assert_eq!(info.transfer_syntax, "1.2.840.10008.1.2.1");
    assert_eq!(info.modality.as_deref(), Some("CT"));
}

fn refusal(name: &str) -> (DicomProblem, String) {
    match decoded(&bytes(name), Window::LUNG).unwrap_err() {
        DecodeProblem::Dicom(problem) => {
            let text = problem.to_string();
            (problem, text)
        }
        other => panic!("{name}: {other}"),
    }
}

#[test]
fn what_is_not_ct_is_refused_by_its_modality() {
    let (_, text) = refusal("magnetic-resonance.dcm");
    assert!(
        text.contains("modality `MR`, SOP class `MR Image Storage"),
        "{text}"
    );
}

#[test]
fn a_secondary_capture_of_ct_is_read_and_warned_of() {
    let concerns = info("screenshot.dcm").concerns();
    assert_eq!(concerns, [Concern::SecondaryCapture]);
}

#[test]
fn a_header_without_pixels_is_refused() {
    let (problem, _) = refusal("no-pixels.dcm");
    assert!(matches!(problem, DicomProblem::NoPixelData));
}

#[test]
fn several_frames_are_refused_where_one_slice_is_wanted() {
    let (problem, text) = refusal("multi-frame.dcm");
    assert!(matches!(problem, DicomProblem::MultiFrame { count: 2 }));
    assert!(text.contains("\nhint: "), "{text}");
}

#[test]
fn an_unsupported_transfer_syntax_is_named() {
    let mut unknown = bytes("jpeg-ls.dcm");
    for (from, to) in [
        (
            &b"1.2.840.10008.1.2.4.80"[..],
            &b"1.2.840.10008.1.2.4.110"[..22],
        ),
        // A stream that is none of those which are read.
        (&[0xff, 0xd8, 0xff, 0xf7], &[0xff, 0x0a, 0, 0]),
    ] {
        let at = unknown
            .windows(from.len())
            .position(|window| window == from);
        unknown[at.unwrap()..][..to.len()].copy_from_slice(to);
    }
    let problem = decoded(&unknown, Window::LUNG).unwrap_err().to_string();
    assert!(
        problem.contains("`unknown (1.2.840.10008.1.2.4.11)`"),
        "{problem}"
    );
    assert!(problem.contains("\nhint: decompress"), "{problem}");
}

#[test]
fn a_file_that_ends_early_is_an_error_and_never_half_a_slice() {
    for (name, _) in expected() {
        let whole = bytes(&name);
        for length in [whole.len() / 2, whole.len() - 200, whole.len() - 20] {
            let problem = decoded(&whole[..length], Window::LUNG).expect_err(&name);
            let is_named = matches!(
                problem,
                DecodeProblem::Truncated { .. }
                    | DecodeProblem::Damaged { .. }
                    | DecodeProblem::Dicom(DicomProblem::NoPixelData)
            );
            assert!(is_named, "{name} cut to {length}: {problem}");
        }
    }
    let whole = bytes("signed.dcm");
    let problem = decoded(&whole[..whole.len() - 20], Window::LUNG).unwrap_err();
    assert!(
        matches!(problem, DecodeProblem::Truncated { .. }),
        "{problem}"
    );
}

#[test]
fn a_length_of_four_gigabytes_is_never_allocated_and_the_pixels_are_read() {
    for name in ["signed.dcm", "unsigned-12-bit.dcm", "rle.dcm"] {
        let mut damaged = bytes(name);
        let sound = decoded(&damaged, Window::LUNG).unwrap();
        // Pixel Data's tag; its length follows at once, or after OW or OB and two bytes.
        let tag = [0xe0, 0x7f, 0x10, 0x00];
        let at = damaged
            .windows(4)
            .rposition(|window| window == tag)
            .unwrap();
        let is_explicit = damaged[at + 4..].starts_with(b"O");
        let length = at + if is_explicit { 8 } else { 4 };
        damaged[length..length + 4].copy_from_slice(&0xffff_fff0_u32.to_le_bytes());
        let read = decoded(&damaged, Window::LUNG).unwrap();
        assert_eq!(read.pixels, sound.pixels, "of {name}");
        assert!(!read.info.dicom.unwrap().nonconformities.is_empty());
    }
}

#[test]
fn a_slice_over_the_limit_is_refused() {
    let limits = DecodeLimits { max_pixels: 100 };
    let problem = decode(&bytes("signed.dcm"), Window::LUNG, &limits).unwrap_err();
    assert!(
        problem
            .to_string()
            .contains("16 x 12 pixels exceed the limit of 100")
    );
}
