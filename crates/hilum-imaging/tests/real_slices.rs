//! Real DICOM slices, against pydicom and against what their scanner was set to.

#![expect(
    clippy::unwrap_used,
    reason = "reading a reference file is part of the test"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

use hilum_imaging::{
    ChestMasks, DecodeLimits, DecodeProblem, SeriesOrder, Slice, Window, decode, decode_hounsfield,
    series_order,
};
use hilum_real_data::{Absent, shared};
use serde_json::Value;

hilum_real_data::tests![
    real_slices_agree_with_pydicom,
    a_real_series_lies_five_millimetres_apart_in_its_order,
    lungs_of_a_real_series_hold_its_aerated_tissue,
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

/// Where lungs are is read off Hounsfield units: aerated tissue is -950 to -600, gas and air outside
/// below, fat, blood and muscle above.
fn lungs_of_a_real_series_hold_its_aerated_tissue() -> Result<(), Absent> {
    let folder = shared("data/dicom/lung-pet-ct-dx-A0001")?;
    for number in 1..=64 {
        let bytes = fs::read(folder.join(format!("1-{number:02}.dcm"))).unwrap();
        let masks = ChestMasks::of(&decoded(&bytes, Window::LUNG).unwrap().pixels);
        // Neck and shoulders come first, the belly last.
        if number <= 8 || number >= 60 {
            assert!(masks.lungs().is_err(), "{number}");
        }
        if !(16..=52).contains(&number) {
            continue;
        }
        let (body, lungs) = (masks.body().unwrap(), masks.lungs().unwrap());
        let values = decode_hounsfield(&bytes, &DecodeLimits::default())
            .unwrap()
            .values_hu;
        let share_of = |is_counted: &dyn Fn(usize) -> bool, is_hit: &dyn Fn(usize) -> bool| {
            let counted = (0..values.len()).filter(|at| is_counted(*at));
            let (hit, all) = counted.fold((0_usize, 0_usize), |(hit, all), at| {
                (hit + usize::from(is_hit(at)), all + 1)
            });
            hit as f64 / all as f64
        };
        let is_aerated = |at: usize| body.is_set()[at] && (-950.0..-600.0).contains(&values[at]);
        let inside = share_of(&is_aerated, &|at| lungs.is_set()[at]);
        assert!(inside > 0.93, "{number}: {inside} of aerated tissue inside");
        let airy = share_of(&|at| lungs.is_set()[at], &|at| values[at] < -400.0);
        assert!(airy > 0.6, "{number}: {airy} of the lungs holds air");
    }
    Ok(())
}
