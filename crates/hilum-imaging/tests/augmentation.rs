//! Augmentation against Keras, and what must hold for every image.

use hilum_imaging::{
    Augmentation, AugmentationError, Channels, Erasure, FillMode, Pixels, RandomErasing, Transform,
    ZoomRange,
};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    affine: Vec<AffineCase>,
    tone: Vec<ToneCase>,
}

#[derive(Deserialize)]
struct AffineCase {
    height: usize,
    width: usize,
    channels: usize,
    fill_mode: FillMode,
    cval: f32,
    theta: f64,
    tx: f64,
    ty: f64,
    shear: f64,
    zx: f64,
    zy: f64,
    horizontal_flip: bool,
    vertical_flip: bool,
    output: Vec<f32>,
}

#[derive(Deserialize)]
struct ToneCase {
    kind: String,
    amount: f32,
    channels: usize,
    input: Vec<u8>,
    output: Vec<f32>,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("reference/keras_augmentation.json"))
        .expect("the reference file is JSON")
}

fn kind(channels: usize) -> Channels {
    match channels {
        1 => Channels::Grey,
        _ => Channels::Rgb,
    }
}

/// The same formula as in `make_keras_augmentation.py`.
fn formula(height: usize, width: usize, channels: usize) -> Pixels {
    let mut data = Vec::with_capacity(height * width * channels);
    for row in 0..height {
        for column in 0..width {
            for channel in 0..channels {
                let value = row * 37 + column * 91 + channel * 53 + (row * column) % 7 * 11;
                data.push((value % 256) as u8);
            }
        }
    }
    Pixels::new(width, height, kind(channels), data)
}

fn apply(transform: &Transform, pixels: &Pixels) -> Vec<f32> {
    let mut out = vec![f32::NAN; pixels.data().len()];
    transform.apply(pixels, &mut out);
    out
}

fn as_floats(pixels: &Pixels) -> Vec<f32> {
    pixels.data().iter().map(|byte| f32::from(*byte)).collect()
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max)
}

#[test]
fn the_affine_equals_keras_for_every_fill_mode() {
    let cases = reference().affine;
    assert!(cases.len() > 30);
    for case in cases {
        let transform = Transform {
            rotation_degrees: case.theta,
            shift_x_pixels: case.tx,
            shift_y_pixels: case.ty,
            shear_degrees: case.shear,
            zoom_x: case.zx,
            zoom_y: case.zy,
            horizontal_flip: case.horizontal_flip,
            vertical_flip: case.vertical_flip,
            fill_mode: case.fill_mode,
            cval: case.cval,
            ..Transform::identity()
        };
        let out = apply(&transform, &formula(case.height, case.width, case.channels));
        let difference = largest_difference(&out, &case.output);
        assert!(
            difference < 0.01,
            "{difference} grey levels apart: {transform:?}"
        );
    }
}

#[test]
fn tones_equal_keras_and_torchvision() {
    for case in reference().tone {
        let mut transform = Transform::identity();
        // Keras goes through bytes and so rounds brightness down.
        let tolerance = match case.kind.as_str() {
            "brightness" => {
                transform.brightness = Some(case.amount);
                1.0
            }
            "channel_shift" => {
                transform.channel_shift = Some(case.amount);
                0.001
            }
            "contrast" => {
                transform.contrast = Some(case.amount);
                0.01
            }
            other => panic!("unknown kind {other}"),
        };
        let pixels = Pixels::new(6, 6, kind(case.channels), case.input);
        let difference = largest_difference(&apply(&transform, &pixels), &case.output);
        assert!(difference <= tolerance, "{}: {difference}", case.kind);
    }
}

#[test]
fn no_augmentation_changes_nothing_at_all() {
    for channels in [1, 3] {
        let pixels = formula(17, 23, channels);
        let transform = Augmentation::none().draw(32, 5, 7, 17, 23);
        assert_eq!(apply(&transform, &pixels), as_floats(&pixels));
    }
    assert!(Augmentation::none().is_none());
    assert!(!Augmentation::reference().is_none());
}

#[test]
fn what_lies_far_beyond_the_edge_is_what_the_fill_mode_says() {
    let pixels = formula(20, 30, 1);
    let far = |fill_mode, shift_x_pixels, zoom_x| {
        let transform = Transform {
            shift_x_pixels,
            zoom_x,
            fill_mode,
            cval: 7.0,
            ..Transform::identity()
        };
        apply(&transform, &pixels)
    };
    let last_column = |row: usize| f32::from(pixels.data()[row * 30 + 29]);
    for shift in [30.0, 500.0, 1e9, 1e300] {
        let nearest = far(FillMode::Nearest, shift, 1.0);
        let rows = nearest.chunks_exact(30).enumerate();
        rows.for_each(|(row, line)| assert_eq!(line, [last_column(row); 30]));
        let constant = far(FillMode::Constant, shift, 1.0);
        assert_eq!(constant, [7.0; 600]);
    }
    // Two of the 2 * 30 columns apart that reflection repeats after.
    assert_eq!(far(FillMode::Reflect, 600.0, 1.0), as_floats(&pixels));
    // Columns further apart than the image is wide.
    for fill_mode in [FillMode::Nearest, FillMode::Reflect, FillMode::Wrap] {
        let shrunk = far(fill_mode, 0.0, 1000.0);
        assert!(shrunk.iter().all(|value| (0.0..=255.0).contains(value)));
    }
    let shrunk = far(FillMode::Constant, 0.0, 1000.0);
    assert!(shrunk.iter().all(|value| *value == 7.0));
}

#[test]
fn a_flip_mirrors_and_two_flips_are_none() {
    let pixels = Pixels::new(3, 2, Channels::Grey, vec![1, 2, 3, 4, 5, 6]);
    let flip = |horizontal_flip, vertical_flip| Transform {
        horizontal_flip,
        vertical_flip,
        ..Transform::identity()
    };
    assert_eq!(
        apply(&flip(true, false), &pixels),
        [3.0, 2.0, 1.0, 6.0, 5.0, 4.0]
    );
    assert_eq!(
        apply(&flip(false, true), &pixels),
        [4.0, 5.0, 6.0, 1.0, 2.0, 3.0]
    );
    let both = apply(&flip(true, true), &pixels);
    let bytes = both.iter().map(|value| *value as u8).collect();
    let again = Pixels::new(3, 2, Channels::Grey, bytes);
    assert_eq!(apply(&flip(true, true), &again), as_floats(&pixels));
}

#[test]
fn a_shift_moves_along_the_axis_of_its_name() {
    let augmentation = Augmentation {
        width_shift_range: 0.5,
        ..Augmentation::none()
    };
    let transform = augmentation.draw(1, 0, 0, 10, 40);
    assert!(transform.shift_x_pixels != 0.0 && transform.shift_x_pixels.abs() <= 20.0);
    assert_eq!(transform.shift_y_pixels, 0.0);

    let pixels = Pixels::new(3, 1, Channels::Grey, vec![10, 20, 30]);
    let right = Transform {
        shift_x_pixels: 1.0,
        ..Transform::identity()
    };
    assert_eq!(apply(&right, &pixels), [20.0, 30.0, 30.0]);
}

#[test]
fn the_same_key_draws_the_same_and_another_key_another() {
    let everything = everything();
    let first = everything.draw(32, 1, 2, 64, 64);
    assert_eq!(first, everything.draw(32, 1, 2, 64, 64));
    assert_ne!(first, everything.draw(33, 1, 2, 64, 64));
    assert_ne!(first, everything.draw(32, 2, 2, 64, 64));
    assert_ne!(first, everything.draw(32, 1, 3, 64, 64));
    // Epoch and sample must not be added up.
    assert_ne!(first, everything.draw(32, 2, 1, 64, 64));

    let pixels = formula(64, 64, 3);
    assert_eq!(apply(&first, &pixels), apply(&first, &pixels));
}

#[test]
fn one_setting_does_not_disturb_what_another_draws() {
    let mut fewer = everything();
    fewer.rotation_range = 0.0;
    fewer.brightness_range = None;
    let (all, some) = (
        everything().draw(9, 0, 0, 64, 64),
        fewer.draw(9, 0, 0, 64, 64),
    );
    assert_eq!(all.zoom_x, some.zoom_x);
    assert_eq!(all.contrast, some.contrast);
    assert_eq!(all.erasure, some.erasure);
}

#[test]
fn the_reference_recipe_draws_within_its_ranges() {
    let draws: Vec<Transform> = (0..2000)
        .map(|sample| Augmentation::reference().draw(32, 0, sample, 200, 200))
        .collect();
    let within = |value: &dyn Fn(&Transform) -> f64, low: f64, high: f64| {
        let values: Vec<f64> = draws.iter().map(value).collect();
        let smallest = values.iter().copied().fold(f64::INFINITY, f64::min);
        let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let margin = 0.01 * (high - low);
        assert!(smallest >= low && smallest < low + margin, "{smallest}");
        assert!(largest <= high && largest > high - margin, "{largest}");
    };
    within(&|draw| draw.rotation_degrees, -60.0, 60.0);
    within(&|draw| draw.shear_degrees, -0.1, 0.1);
    within(&|draw| draw.zoom_x, 0.9, 1.1);
    within(&|draw| draw.zoom_y, 0.9, 1.1);
    assert!(draws.iter().any(|draw| draw.zoom_x != draw.zoom_y));
    let flipped = draws.iter().filter(|draw| draw.horizontal_flip).count();
    // Four standard deviations about a half.
    assert!((910..=1090).contains(&flipped), "{flipped}");
}

#[test]
fn noise_has_the_deviation_that_was_asked_for() {
    let pixels = Pixels::new(200, 200, Channels::Rgb, vec![128; 120_000]);
    let transform = Transform {
        noise_std: 8.0,
        noise_seed: 5,
        ..Transform::identity()
    };
    let out = apply(&transform, &pixels);
    let count = out.len() as f32;
    let mean = out.iter().sum::<f32>() / count;
    let variance = out.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / count;
    assert!((mean - 128.0).abs() < 0.2, "{mean}");
    assert!((variance.sqrt() - 8.0).abs() < 0.15, "{}", variance.sqrt());
    assert!(
        out.as_chunks::<3>()
            .0
            .iter()
            .all(|[r, g, b]| r == g && g == b)
    );
}

#[test]
fn erasing_paints_its_rectangle_and_nothing_else() {
    let pixels = formula(8, 10, 3);
    let transform = Transform {
        erasure: Some(Erasure {
            top: 2,
            left: 7,
            height: 3,
            width: 5,
            fill: 99.5,
        }),
        ..Transform::identity()
    };
    let out = apply(&transform, &pixels);
    for (index, (value, before)) in out.iter().zip(as_floats(&pixels)).enumerate() {
        let (row, column) = (index / 30, index / 3 % 10);
        let inside = (2..5).contains(&row) && column >= 7;
        assert_eq!(*value, if inside { 99.5 } else { before });
    }
}

#[test]
fn erasing_happens_as_often_and_as_large_as_asked() {
    let augmentation = everything();
    let areas: Vec<f64> = (0..2000)
        .filter_map(|sample| augmentation.draw(3, 0, sample, 100, 150).erasure)
        .map(|erasure| {
            assert!(erasure.top + erasure.height <= 100);
            assert!(erasure.left + erasure.width <= 150);
            (erasure.height * erasure.width) as f64 / 15_000.0
        })
        .collect();
    assert!((910..=1090).contains(&areas.len()), "{}", areas.len());
    // Sides are rounded down to whole pixels.
    assert!(areas.iter().all(|area| (0.015..=0.4).contains(area)));
    assert_eq!(RandomErasing::black(0.0), None);
}

#[test]
fn values_that_make_no_sense_are_refused_by_name() {
    let refused = |change: &dyn Fn(&mut Augmentation)| {
        let mut augmentation = everything();
        change(&mut augmentation);
        augmentation.validate().unwrap_err()
    };
    assert_eq!(everything().validate(), Ok(()));
    assert_eq!(Augmentation::reference().validate(), Ok(()));
    assert_eq!(Augmentation::transfer().validate(), Ok(()));
    let message = refused(&|it| it.rotation_range = -5.0).to_string();
    assert_eq!(
        message,
        "augmentation setting `rotation_range` is `-5`\n\
         hint: it must be at least 0 and at most 360 degrees"
    );
    assert_eq!(
        refused(&|it| it.brightness_range = Some([1.5, 0.5])),
        AugmentationError::Reversed {
            setting: "brightness_range",
            low: 1.5,
            high: 0.5
        }
    );
    for change in [
        (|it| it.zoom_range = ZoomRange::Around(1.0)) as fn(&mut Augmentation),
        |it| it.zoom_range = ZoomRange::Between([0.5, f64::INFINITY]),
        |it| it.width_shift_range = 1.5,
        |it| it.shear_range = 90.0,
        |it| it.noise_std = f64::NAN,
        |it| it.cval = 256.0,
    ] {
        assert!(matches!(
            refused(&change),
            AugmentationError::OutOfRange { .. }
        ));
    }
}

#[test]
fn settings_survive_json_and_unknown_ones_are_refused() {
    let text = serde_json::to_string(&everything()).unwrap();
    assert_eq!(
        serde_json::from_str::<Augmentation>(&text).unwrap(),
        everything()
    );
    let short: Augmentation =
        serde_json::from_str(r#"{"rotation_range": 60, "zoom_range": 0.1}"#).unwrap();
    assert_eq!(short.zoom_range.factors(), [0.9, 1.1]);
    assert!(serde_json::from_str::<Augmentation>(r#"{"rotaton_range": 60}"#).is_err());
}

fn everything() -> Augmentation {
    Augmentation {
        rotation_range: 60.0,
        width_shift_range: 0.2,
        height_shift_range: 0.1,
        shear_range: 10.0,
        zoom_range: ZoomRange::Between([0.7, 1.4]),
        horizontal_flip: true,
        vertical_flip: true,
        fill_mode: FillMode::Reflect,
        cval: 0.0,
        brightness_range: Some([0.7, 1.3]),
        contrast_range: Some([0.7, 1.3]),
        channel_shift_range: 30.0,
        noise_std: 5.0,
        random_erasing: Some(RandomErasing {
            probability: 0.5,
            area_range: [0.02, 0.4],
            aspect_range: [0.3, 3.3],
            fill: 0.0,
        }),
        tone_change: 0.5,
        background_change: 0.5,
        planted_lesions: 0.5,
        sharpness_range: 1.0,
    }
}

#[test]
fn the_strength_of_noise_is_drawn_for_each_slice_and_some_are_nearly_clean() {
    let noisy = Augmentation {
        noise_std: 8.0,
        ..Augmentation::none()
    };
    let strengths: Vec<f32> = (0..400)
        .map(|slice| noisy.draw(1, 0, slice, 8, 8).noise_std)
        .collect();
    assert!(strengths.iter().all(|std| (0.0..8.0).contains(std)));
    // Uniform in 0 to 8: mean 4, standard error 0.12 over 400 slices.
    let mean = strengths.iter().sum::<f32>() / 400.0;
    assert!((3.4..4.6).contains(&mean), "{mean}");
    assert!(strengths.iter().any(|std| *std < 0.2));

    let noise_alone = Augmentation {
        noise_std: 0.0,
        ..everything()
    };
    for slice in 0..20 {
        let with = everything().draw(1, 0, slice, 30, 30);
        let without = noise_alone.draw(1, 0, slice, 30, 30);
        let with = Transform {
            noise_std: 0.0,
            ..with
        };
        assert_eq!(with, without, "noise changes nothing else");
    }
}

proptest! {
    #[test]
    fn every_drawn_variation_stays_between_black_and_white(
        seed in any::<u64>(),
        height in 1_usize..40,
        width in 1_usize..40,
        channels in prop::sample::select(vec![1_usize, 3]),
        fill_mode in prop::sample::select(vec![
            FillMode::Nearest, FillMode::Constant, FillMode::Reflect, FillMode::Wrap,
        ]),
    ) {
        let augmentation = Augmentation { fill_mode, ..everything() };
        let transform = augmentation.draw(seed, 0, 0, height, width);
        let out = apply(&transform, &formula(height, width, channels));
        prop_assert!(out.iter().all(|value| (0.0..=255.0).contains(value)));
    }
}
