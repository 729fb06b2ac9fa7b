//! Changes of a slice against Pillow, SciPy and pydicom (`reference/make_stress.py`).

#![expect(
    clippy::unwrap_used,
    reason = "reading a reference file is part of the test"
)]

use std::fs;
use std::path::{Path, PathBuf};

use hilum_imaging::{
    Change, Channels, DecodeLimits, Pixels, Recipe, StressedSlice, Window, write_png,
};
use serde_json::Value;

fn reference(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    folder.join(name)
}

/// The formula of `make_stress.py`.
fn formula((width, height): (usize, usize), channels: Channels) -> Pixels {
    let mut data = Vec::new();
    for y in 0..height {
        for x in 0..width {
            for c in 0..channels.count() {
                let wave = (4 * x + 3 * y + x * y / 8 + 40 * c) % 510;
                data.push((255 - wave.abs_diff(255)) as u8);
            }
        }
    }
    Pixels::new(width, height, channels, data)
}

fn size(value: &Value) -> (usize, usize) {
    let side = |index: usize| usize::try_from(value[index].as_u64().unwrap()).unwrap();
    (side(0), side(1))
}

fn from_hex(text: &Value) -> Vec<u8> {
    let text = text.as_str().unwrap();
    let digits = (0..text.len()).step_by(2);
    digits
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

fn change(name: &str, amount: f64) -> Change {
    match name {
        "brightness" => Change::Brightness(amount),
        "offset" => Change::Offset(amount),
        "contrast" => Change::Contrast(amount),
        "window_centre" => Change::WindowCentre(amount),
        "window_width" => Change::WindowWidth(amount),
        "jpeg" => Change::Jpeg(amount as u8),
        "size" => Change::Size(amount),
        "rotation" => Change::Rotation(amount),
        "sharpness" => Change::Sharpness(amount),
        _ => panic!("no change is called {name}"),
    }
}

#[test]
fn changes_are_those_of_pillow_scipy_and_pydicom() {
    let text = fs::read_to_string(reference("stress.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(cases.len() > 45, "{} cases", cases.len());
    for case in cases {
        let channels = match case["channels"].as_u64() {
            Some(1) => Channels::Grey,
            _ => Channels::Rgb,
        };
        let source = formula(size(&case["source"]), channels);
        let (name, amount) = (
            case["change"].as_str().unwrap(),
            case["amount"].as_f64().unwrap(),
        );
        let change = change(name, amount);
        let changed = change.apply(&source, 0).unwrap();
        let said = format!("{change} of {}", case["source"]);
        assert_eq!(
            (changed.width(), changed.height()),
            size(&case["target"]),
            "{said}"
        );
        let expected = from_hex(&case["hex"]);
        assert_eq!(changed.data().len(), expected.len(), "{said}");
        let pairs = changed.data().iter().zip(&expected);
        let differences: Vec<u8> = pairs.map(|(one, other)| one.abs_diff(*other)).collect();
        let largest = differences.iter().copied().max().unwrap();
        let sum: f64 = differences.iter().copied().map(f64::from).sum();
        let mean = sum / differences.len() as f64;
        assert!(
            u64::from(largest) <= case["tolerance"].as_u64().unwrap(),
            "{said}: {largest} levels off"
        );
        assert!(
            mean <= case["mean"].as_f64().unwrap(),
            "{said}: {mean} levels off in the mean"
        );
    }
}

#[test]
fn noise_is_normal_and_the_same_for_the_same_slice() {
    let grey = Pixels::new(256, 256, Channels::Grey, vec![128; 256 * 256]);
    let noisy = Change::Noise(10.0).apply(&grey, 7).unwrap();
    let count = noisy.data().len() as f64;
    let off = |value: &u8| f64::from(*value) - 128.0;
    let mean = noisy.data().iter().map(off).sum::<f64>() / count;
    let variance = noisy
        .data()
        .iter()
        .map(|value| off(value).powi(2))
        .sum::<f64>()
        / count;
    // Rounding adds 1/12 to the variance of 100; four standard errors of 65536 draws.
    assert!(mean.abs() < 4.0 * 10.0 / 256.0, "{mean}");
    assert!(
        (variance - 100.0 - 1.0 / 12.0).abs() < 4.0 * 100.0 * (2.0 / count).sqrt(),
        "{variance}"
    );
    // Shares below these levels: scipy.stats.norm.cdf([-15.5, -5.5, 5.5, 15.5], scale=10).
    for (level, expected) in [
        (-15.5, 0.060_57),
        (-5.5, 0.291_16),
        (5.5, 0.708_84),
        (15.5, 0.939_43),
    ] {
        let below = noisy
            .data()
            .iter()
            .filter(|value| off(value) < level)
            .count() as f64
            / count;
        assert!(
            (below - expected).abs() < 4.0 * (0.25 / count).sqrt(),
            "{level}: {below}"
        );
    }
    assert_eq!(noisy, Change::Noise(10.0).apply(&grey, 7).unwrap());
    assert_ne!(noisy, Change::Noise(10.0).apply(&grey, 8).unwrap());
    let coloured = Change::Noise(10.0).apply(&grey.to_rgb(), 7).unwrap();
    assert_eq!(coloured, noisy.to_rgb(), "one draw a pixel");
}

#[test]
fn what_changes_nothing_gives_the_slice_back() {
    for channels in [Channels::Grey, Channels::Rgb] {
        let slice = formula((61, 47), channels);
        for change in [
            Change::Brightness(1.0),
            Change::Offset(0.0),
            Change::Contrast(1.0),
            Change::WindowCentre(0.0),
            Change::WindowWidth(1.0),
            Change::Noise(0.0),
            Change::Size(1.0),
            Change::Rotation(0.0),
            Change::Sharpness(1.0),
        ] {
            assert_eq!(change.apply(&slice, 3).unwrap(), slice, "{change}");
        }
    }
}

#[test]
fn one_pixel_is_changed_like_any_other_image() {
    let dot = Pixels::new(1, 1, Channels::Grey, vec![100]);
    for change in [
        Change::Contrast(1.25),
        Change::Jpeg(20),
        Change::Size(0.25),
        Change::Rotation(20.0),
        Change::Sharpness(2.0),
        Change::Noise(3.0),
    ] {
        let changed = change.apply(&dot, 0).unwrap();
        assert_eq!((changed.width(), changed.height()), (1, 1), "{change}");
    }
}

fn recipe() -> Recipe {
    Recipe {
        height: 64,
        width: 64,
        ..Recipe::reference()
    }
}

#[test]
fn a_slice_of_hounsfield_units_is_shown_through_another_window() {
    let limits = DecodeLimits::default();
    let path = reference("dicom/unsigned-12-bit.dcm");
    let slice = StressedSlice::open(&path, &recipe(), &limits).unwrap();
    assert!(slice.holds_hounsfield(&recipe()));
    // The lung window is -600/1500: its centre moves by 150 HU, its width becomes 1200 HU.
    for (change, window) in [
        (Change::WindowCentre(0.1), "-450/1500"),
        (Change::WindowCentre(-0.1), "-750/1500"),
        (Change::WindowWidth(0.8), "-600/1200"),
    ] {
        let through = Recipe {
            window: window.parse::<Window>().unwrap(),
            ..recipe()
        };
        let expected = through.read_file(&path, &limits).unwrap().pixels;
        let changed = slice.changed(change, &recipe(), 0).unwrap();
        assert_eq!(changed, expected, "{change}");
        let ramp = change.apply(
            &Recipe::reference()
                .read_file(&path, &limits)
                .unwrap()
                .pixels,
            0,
        );
        assert_ne!(recipe().prepare(&ramp.unwrap()), expected, "{change}");
    }
}

#[test]
fn a_picture_has_its_grey_ramp_changed_and_is_prepared_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("slice.png");
    let pixels = formula((80, 70), Channels::Grey);
    write_png(&path, &pixels).unwrap();
    let limits = DecodeLimits::default();
    let slice = StressedSlice::open(&path, &recipe(), &limits).unwrap();
    assert!(!slice.holds_hounsfield(&recipe()));
    for change in [
        Change::WindowCentre(0.1),
        Change::Size(0.5),
        Change::Jpeg(50),
    ] {
        let expected = recipe().prepare(&change.apply(&pixels, 0).unwrap());
        assert_eq!(
            slice.changed(change, &recipe(), 0).unwrap(),
            expected,
            "{change}"
        );
    }
}
