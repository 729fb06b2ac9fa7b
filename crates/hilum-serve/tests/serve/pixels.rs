//! Slices for a viewer, against what pydicom reads.

use std::path::Path;

use hilum_imaging::{Channels, Pixels, encode_png};
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

use crate::served::{Served, Told};

/// Files of `hilum-imaging`, and what pydicom says of them (`make_dicom.py`).
fn reference(name: &str) -> Vec<u8> {
    let folder = "../hilum-imaging/tests/reference";
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(folder)
        .join(name);
    fs_err::read(path).expect("a file of the reference")
}

/// What stands in the header beside the tensor.
fn said(answer: &Told) -> Value {
    let (_, header) = SafeTensors::read_metadata(&answer.body).expect("a header");
    let metadata = header.metadata().as_ref().expect("metadata");
    serde_json::from_str(&metadata["slice"]).expect("JSON")
}

fn words(bytes: &[u8]) -> Vec<f64> {
    let words = bytes.chunks_exact(2);
    words
        .map(|word| f64::from(i16::from_le_bytes([word[0], word[1]])))
        .collect()
}

#[test]
fn hounsfield_units_are_pydicoms_in_every_transfer_syntax() {
    let served = Served::new();
    let expected: Value = serde_json::from_slice(&reference("dicom.json")).expect("JSON");
    for (name, expected) in expected.as_object().expect("files by their names") {
        let file = reference(&format!("dicom/{name}"));
        let answer = served.send("/api/pixels", &[(name, &file)]).succeeds();
        let tensors = SafeTensors::deserialize(&answer.body).expect("a safetensors file");
        let pixels = tensors.tensor("pixels").expect("pixels");
        assert_eq!(pixels.dtype(), Dtype::I16, "of {name}");
        let [rows, columns] = ["height", "width"].map(|side| expected[side].as_u64());
        let shape: Vec<_> = pixels
            .shape()
            .iter()
            .map(|side| Some(*side as u64))
            .collect();
        assert_eq!(shape, [rows, columns], "of {name}");
        // Two inverse cosine transforms may differ by one stored value; a fraction is rounded.
        let tolerance = if name.contains("baseline") { 1.5 } else { 0.5 };
        let values = expected["hounsfield"].as_array().expect("values");
        for (found, value) in words(pixels.data()).iter().zip(values) {
            let value = value.as_f64().expect("a number");
            assert!(
                (found - value).abs() <= tolerance,
                "{name}: {found} is not {value}"
            );
        }
        assert_eq!(said(&answer)["unit"], "HU", "of {name}");
    }
}

/// pydicom leaves padding (PS3.3 C.7.5.1.1.2) as it is stored; it stands for no tissue, and whoever
/// took it for Hounsfield units would see values that no scanner measures.
#[test]
fn padding_is_the_lowest_value_that_was_measured() {
    // pydicom 3.0: 15 pixels hold the padding value, -2000; the lowest of the others is -1500 HU.
    let file = reference("dicom/padding-as-unsigned.dcm");
    let answer = Served::new().send("/api/pixels", &[("a.dcm", &file)]);
    let answer = answer.succeeds();
    let tensors = SafeTensors::deserialize(&answer.body).expect("a safetensors file");
    let values = words(tensors.tensor("pixels").expect("pixels").data());
    let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(lowest, -1500.0);
    let at_lowest = values.iter().filter(|value| **value == lowest);
    assert!(at_lowest.count() > 15);
}

#[test]
fn a_header_tells_of_the_slice_and_of_no_person() {
    let file = reference("dicom/localizer.dcm");
    let answer = Served::new().post("/api/pixels", "application/dicom", &file);
    let answer = answer.succeeds();
    let said = said(&answer);
    assert_eq!(said["frame"], 1);
    assert_eq!(said["frames"], 1);
    assert_eq!(said["spacing_mm"], serde_json::json!([0.7, 0.8]));
    let text = String::from_utf8_lossy(&answer.body).to_lowercase();
    assert!(!text.contains("patient"), "a patient in the header");
    assert_eq!(
        answer.header("content-type"),
        Some("application/octet-stream")
    );
}

#[test]
fn pictures_are_eight_bits_as_they_are() {
    let served = Served::new();
    let data: Vec<u8> = (0..4 * 3 * 3).collect();
    let picture = Pixels::new(4, 3, Channels::Rgb, data.clone());
    let answer = served.send("/api/pixels", &[("a.png", &encode_png(&picture))]);
    let answer = answer.succeeds();
    let tensors = SafeTensors::deserialize(&answer.body).expect("a safetensors file");
    let pixels = tensors.tensor("pixels").expect("pixels");
    assert_eq!(
        (pixels.dtype(), pixels.shape()),
        (Dtype::U8, &[3, 4, 3][..])
    );
    assert_eq!(pixels.data(), data);
    assert_eq!(said(&answer)["unit"], "grey");
    assert_eq!(said(&answer)["spacing_mm"], Value::Null);
}

#[test]
fn a_plane_of_a_volume_is_asked_for_by_its_number() {
    let served = Served::new();
    let volume = reference("files/lps.nii.gz");
    let first = served.send("/api/pixels?frame=1", &[("a.nii.gz", &volume)]);
    let second = served.send("/api/pixels?frame=2", &[("a.nii.gz", &volume)]);
    let (first, second) = (first.succeeds(), second.succeeds());
    assert_ne!(first.body, second.body);
    assert_eq!(said(&second)["frame"], 2);
    assert_eq!(said(&second)["unit"], "HU");
    let frames = said(&second)["frames"].as_u64().expect("a number");
    let beyond = format!("/api/pixels?frame={}", frames + 1);
    served
        .send(&beyond, &[("a.nii.gz", &volume)])
        .refuses(422, &["hint", "counted from 1"]);
}

#[test]
fn what_is_no_slice_is_refused_with_a_hint() {
    let served = Served::new();
    let text = served.send("/api/pixels", &[("notes.txt", b"These are notes.")]);
    text.refuses(422, &["not an image", "\"hint\""]);
    served
        .send("/api/pixels", &[("a.png", b"")])
        .refuses(422, &["empty"]);
    served
        .send("/api/pixels", &[("a.png", b"1"), ("b.png", b"2")])
        .refuses(400, &["several files"]);
    for query in ["frame=0", "frame=-1", "frame=x", "frames=1"] {
        let address = format!("/api/pixels?{query}");
        served
            .send(&address, &[("a.png", b"1")])
            .refuses(400, &["error"]);
    }
}

#[test]
fn frames_are_chosen_by_their_numbers() {
    let served = Served::new();
    let volume = reference("files/lps.nii.gz");
    let answer = served.send("/api/predict?frames=2", &[("a.nii.gz", &volume)]);
    let answer = answer.succeeds().json();
    let answers = answer["answers"].as_array().expect("answers");
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0]["frame"], 2);
    let none = served.send("/api/predict?frames=none", &[("a.nii.gz", &volume)]);
    none.refuses(400, &["names no frames"]);
}

#[test]
fn a_file_of_several_megabytes_is_taken() {
    let side = 2000;
    let noise = (0_u32..side * side).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8);
    let picture = Pixels::new(2000, 2000, Channels::Grey, noise.collect());
    let file = encode_png(&picture);
    assert!(file.len() > 2 << 20, "{} bytes", file.len());
    Served::new()
        .send("/api/pixels", &[("a.png", &file)])
        .succeeds();
}
