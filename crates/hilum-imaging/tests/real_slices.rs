//! Real DICOM slices, against pydicom and against what their scanner was set to.

#![expect(
    clippy::unwrap_used,
    reason = "reading a reference file is part of the test"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

use hilum_imaging::{
    DecodeLimits, DecodeProblem, SeriesOrder, Slice, Window, decode, series_order,
};
use hilum_real_data::{Absent, shared};
use serde_json::Value;

hilum_real_data::tests![
    real_slices_agree_with_pydicom,
    a_real_series_lies_five_millimetres_apart_in_its_order,
];

fn decoded(bytes: &[u8], window: Window) -> Result<Slice, DecodeProblem> {
    decode(bytes, window, &DecodeLimits::default())
}

fn from_hex(text: &Value) -> Vec<u8> {
    let text = text.as_str().unwrap();
    let digits = (0..text.len()).step_by(2);
    digits
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// What the script of `decode_dicom.rs` makes of a folder, where a Python with pydicom is at hand.
fn expected_of(folder: &Path) -> Result<serde_json::Map<String, Value>, Absent> {
    let python = std::env::var_os("HILUM_REFERENCE_PYTHON");
    let python =
        python.ok_or_else(|| Absent::new("HILUM_REFERENCE_PYTHON names no Python with pydicom"))?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/make_dicom.py");
    let output = Command::new(python).arg(script).arg(folder).output();
    let output = output.unwrap();
    assert!(output.status.success());
    Ok(serde_json::from_slice(&output.stdout).unwrap())
}

fn real_slices_agree_with_pydicom() -> Result<(), Absent> {
    for folder in ["lung-pet-ct-dx-A0001", "other"] {
        let folder = shared(&format!("data/dicom/{folder}"))?;
        let expected = expected_of(&folder)?;
        for (name, expected) in expected {
            let bytes = fs::read(folder.join(&name)).unwrap();
            for (window, grey) in expected["grey"].as_object().unwrap() {
                let slice = decoded(&bytes, window.parse().unwrap()).unwrap();
                assert!(slice.pixels.data() == from_hex(grey), "{name}, {window}");
            }
        }
    }
    Ok(())
}

fn a_real_series_lies_five_millimetres_apart_in_its_order() -> Result<(), Absent> {
    let folder = shared("data/dicom/lung-pet-ct-dx-A0001")?;
    let mut infos = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension() == Some("dcm".as_ref()) {
            let slice = decoded(&fs::read(path).unwrap(), Window::LUNG).unwrap();
            infos.push(*slice.info.dicom.unwrap());
        }
    }
    assert_eq!(infos.len(), 64);
    let (indices, order) = series_order(&infos.iter().collect::<Vec<_>>());
    assert_eq!(order, SeriesOrder::Position);
    for pair in indices.windows(2) {
        let [below, above] = [pair[0], pair[1]].map(|index| infos[index].position_mm.unwrap()[2]);
        assert!((above - below - 5.0).abs() < 1e-6);
    }
    Ok(())
}
