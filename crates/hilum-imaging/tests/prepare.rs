//! Preparing against Pillow (`reference/make_pillow.py`) and OpenCV (`reference/make_clahe.py`).

#![expect(
    clippy::unwrap_used,
    reason = "reading a reference file is part of the test"
)]

use std::fs;
use std::path::Path;

use hilum_imaging::{
    Channels, Clahe, DecodeLimits, Fit, Frame, Interpolation, Normalisation, Pixels, Recipe,
    RecipeError, Transform, Views, Window, decode,
};
use proptest::prelude::*;
use serde_json::Value;

fn reference(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/reference")
        .join(name);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn from_hex(text: &Value) -> Vec<u8> {
    let text = text.as_str().unwrap();
    let digits = (0..text.len()).step_by(2);
    digits
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

fn size(value: &Value) -> (usize, usize) {
    let side = |index: usize| usize::try_from(value[index].as_u64().unwrap()).unwrap();
    (side(0), side(1))
}

/// The formula of `make_pillow.py`.
fn formula((width, height): (usize, usize), channels: Channels) -> Pixels {
    let mut data = Vec::new();
    for y in 0..height {
        for x in 0..width {
            for c in 0..channels.count() {
                data.push(((3 * x * x + 7 * x * y + 5 * y * y + 40 * c) % 256) as u8);
            }
        }
    }
    Pixels::new(width, height, channels, data)
}

fn channels(case: &Value) -> Channels {
    match case["channels"].as_u64() {
        Some(1) => Channels::Grey,
        _ => Channels::Rgb,
    }
}

fn interpolation(case: &Value) -> Interpolation {
    match case["filter"].as_str().unwrap() {
        "nearest" => Interpolation::Nearest,
        "bilinear" => Interpolation::Bilinear,
        _ => Interpolation::Bicubic,
    }
}

fn largest_difference(found: &[u8], expected: &[u8]) -> u8 {
    assert_eq!(found.len(), expected.len());
    let pairs = found.iter().zip(expected);
    pairs.map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

#[test]
fn resampling_agrees_with_pillow_within_one_grey_level() {
    for case in reference("pillow.json")["resize"].as_array().unwrap() {
        let (width, height) = size(&case["target"]);
        let source = formula(size(&case["source"]), channels(case));
        let found = source.resize(width, height, interpolation(case));
        let tolerance = u8::from(interpolation(case) != Interpolation::Nearest);
        let difference = largest_difference(found.data(), &from_hex(&case["hex"]));
        assert!(
            difference <= tolerance,
            "{} to {} by {}: {difference} grey levels",
            case["source"],
            case["target"],
            case["filter"]
        );
    }
}

#[test]
fn a_letterbox_lies_where_pillows_pad_puts_it() {
    for case in reference("pillow.json")["letterbox"].as_array().unwrap() {
        let (width, height) = size(&case["target"]);
        let recipe = Recipe {
            width,
            height,
            channels: channels(case),
            fit: Fit::Letterbox,
            ..Recipe::reference()
        };
        let found = recipe.prepare(&formula(size(&case["source"]), channels(case)));
        let difference = largest_difference(found.data(), &from_hex(&case["hex"]));
        assert!(
            difference <= 1,
            "{}: {difference} grey levels",
            case["source"]
        );
    }
}

#[test]
fn grey_is_pillows_to_the_bit() {
    let case = &reference("pillow.json")["grey"][0];
    let grey = formula(size(&case["source"]), Channels::Rgb).to_grey();
    assert_eq!(grey.data(), from_hex(&case["hex"]));
    assert_eq!(grey.to_rgb().to_grey(), grey);
}

#[test]
fn clahe_is_opencvs_within_one_grey_level() {
    for case in reference("clahe.json").as_array().unwrap() {
        let side = |name: &str| usize::try_from(case[name].as_u64().unwrap()).unwrap();
        let (width, height) = (side("width"), side("height"));
        let value = |x: usize, y: usize| ((x * x + 2 * x * y + 3 * y) % 97 + 60) as u8;
        let data = (0..width * height).map(|at| value(at % width, at / width));
        let clahe = Clahe {
            clip_limit: case["clip_limit"].as_f64().unwrap(),
            tile_count: side("tile_count"),
        };
        let found = clahe.apply(&Pixels::new(width, height, Channels::Grey, data.collect()));
        let difference = largest_difference(found.data(), &from_hex(&case["hex"]));
        assert!(
            difference <= 1,
            "{width}x{height}: {difference} grey levels"
        );
    }
}

#[test]
fn clahe_leaves_the_letterbox_black() {
    let recipe = Recipe {
        fit: Fit::Letterbox,
        width: 32,
        height: 32,
        clahe: Some(Clahe {
            clip_limit: 2.0,
            tile_count: 4,
        }),
        ..Recipe::reference()
    };
    let bright = Pixels::new(16, 8, Channels::Grey, vec![200; 128]);
    let prepared = recipe.prepare(&bright);
    assert!(prepared.data()[..8 * 32].iter().all(|byte| *byte == 0));
    assert!(
        prepared.data()[8 * 32..24 * 32]
            .iter()
            .all(|byte| *byte > 0)
    );
}

#[test]
fn a_slice_without_colour_feeds_three_channels_by_repetition() {
    let recipe = Recipe::imagenet(24);
    let grey = formula((40, 30), Channels::Grey);
    let prepared = recipe.prepare(&grey);
    assert_eq!(prepared.channels(), Channels::Grey);
    // A colour file whose three values are equal is no other slice.
    assert_eq!(recipe.prepare(&grey.to_rgb()), prepared);

    let normalised = |pixels: &Pixels| {
        let mut out = vec![f32::NAN; recipe.value_count()];
        recipe.normalise(pixels, &mut out);
        out
    };
    assert_eq!(normalised(&prepared), normalised(&prepared.to_rgb()));
}

#[test]
fn the_second_view_is_the_slice_mirrored_left_to_right() {
    let mirrored = Recipe {
        views: Views::Mirrored,
        ..Recipe::imagenet(24)
    };
    for channels in [Channels::Grey, Channels::Rgb] {
        let pixels = mirrored.prepare(&formula((40, 30), channels));
        let width = pixels.channels().count();
        let mut bytes = pixels.data().to_vec();
        for row in bytes.chunks_exact_mut(24 * width) {
            let turned: Vec<u8> = row.chunks(width).rev().flatten().copied().collect();
            row.copy_from_slice(&turned);
        }
        let other = Pixels::new(24, 24, pixels.channels(), bytes);
        let [mut found, mut expected] = [(); 2].map(|()| vec![f32::NAN; mirrored.value_count()]);
        mirrored.normalise_view(&pixels, 1, &mut found);
        mirrored.normalise(&other, &mut expected);
        assert_eq!(found, expected);
        mirrored.normalise_view(&pixels, 0, &mut found);
        mirrored.normalise(&pixels, &mut expected);
        assert_eq!(found, expected);
    }
}

#[test]
fn one_coloured_pixel_keeps_three_channels() {
    let mut data = formula((40, 30), Channels::Grey).to_rgb().into_data();
    let last = data.len() - 1;
    data[last] ^= 128;
    let pixels = Pixels::new(40, 30, Channels::Rgb, data);
    let prepared = Recipe::imagenet(24).prepare(&pixels);
    assert_eq!(prepared.channels(), Channels::Rgb);
}

#[test]
fn bytes_become_what_torchvisions_normalize_gives() {
    // torchvision.transforms.functional.normalize(to_tensor(pixel), mean, std) of one pixel of
    // (0, 128, 255), printed with ten digits; torchvision 0.29.2.
    let expected = [-2.1179039478_f32, 0.2051821947, 2.6400001049];
    let recipe = Recipe::imagenet(1);
    let mut out = [0.0; 3];
    recipe.normalise(
        &Pixels::new(1, 1, Channels::Rgb, vec![0, 128, 255]),
        &mut out,
    );
    for (found, expected) in out.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
    }
}

fn variation() -> Transform {
    Transform {
        rotation_degrees: 33.0,
        zoom_x: 1.2,
        horizontal_flip: true,
        contrast: Some(1.1),
        ..Transform::identity()
    }
}

#[test]
fn varied_slices_are_normalised_as_others_are() {
    let grey = formula((150, 130), Channels::Grey);
    let colour = formula((150, 130), Channels::Rgb);
    for (recipe, pixels) in [
        (Recipe::reference(), &grey),
        (Recipe::imagenet(70), &grey),
        (Recipe::imagenet(70), &colour),
    ] {
        let prepared = recipe.prepare(pixels);
        let mut found = vec![f32::NAN; recipe.value_count()];
        recipe.normalise_varied(&prepared, &variation(), &mut found);

        let mut varied = vec![f32::NAN; prepared.data().len()];
        variation().apply(&prepared, &mut varied);
        let count = recipe.channels.count();
        for (index, found) in found.iter().enumerate() {
            let value = varied[index * prepared.channels().count() / count];
            let (mean, std) = match &recipe.normalisation {
                Normalisation::Scale => (0.0, 1.0),
                Normalisation::MeanStd { mean, std } => (mean[index % count], std[index % count]),
            };
            let expected = (value / 255.0 - mean) / std;
            assert!((found - expected).abs() < 2e-6, "{found}, not {expected}");
        }

        let mut plain = vec![f32::NAN; recipe.value_count()];
        recipe.normalise(&prepared, &mut plain);
        recipe.normalise_varied(&prepared, &Transform::identity(), &mut found);
        let pairs = found.iter().zip(&plain);
        assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 2e-6));
    }
}

#[test]
fn the_reference_recipe_divides_by_255() {
    let recipe = Recipe {
        width: 3,
        height: 1,
        ..Recipe::reference()
    };
    let mut out = [0.0; 3];
    recipe.normalise(
        &Pixels::new(3, 1, Channels::Grey, vec![0, 51, 255]),
        &mut out,
    );
    assert_eq!(out, [0.0, 0.2, 1.0]);
}

#[test]
fn a_recipe_that_cannot_be_followed_is_refused() {
    let good = Recipe::reference;
    let mean_std = |mean: &[f32], std: &[f32]| Normalisation::MeanStd {
        mean: mean.to_vec(),
        std: std.to_vec(),
    };
    let clahe = |clip_limit, tile_count| {
        Some(Clahe {
            clip_limit,
            tile_count,
        })
    };
    let window = Window::Hounsfield {
        center_hu: 0.0,
        width_hu: 0.0,
    };
    let bad = [
        Recipe { width: 0, ..good() },
        Recipe {
            height: 4097,
            ..good()
        },
        Recipe { window, ..good() },
        Recipe {
            clahe: clahe(0.5, 8),
            ..good()
        },
        Recipe {
            clahe: clahe(f64::NAN, 8),
            ..good()
        },
        Recipe {
            clahe: clahe(2.0, 0),
            ..good()
        },
        Recipe {
            clahe: clahe(2.0, 201),
            ..good()
        },
        Recipe {
            normalisation: mean_std(&[0.5; 3], &[0.5; 3]),
            ..good()
        },
        Recipe {
            normalisation: mean_std(&[0.5], &[0.0]),
            ..good()
        },
        Recipe {
            normalisation: mean_std(&[f32::NAN], &[0.5]),
            ..good()
        },
    ];
    for recipe in bad {
        let error: RecipeError = recipe.validate().unwrap_err();
        assert!(error.to_string().contains("\nhint: "), "{error}");
    }
    assert_eq!(good().validate(), Ok(()));
    assert_eq!(Recipe::imagenet(224).validate(), Ok(()));
}

fn any_recipe() -> impl Strategy<Value = Recipe> {
    let fit = prop_oneof![Just(Fit::Stretch), Just(Fit::Letterbox)];
    let interpolation = prop_oneof![
        Just(Interpolation::Nearest),
        Just(Interpolation::Bilinear),
        Just(Interpolation::Bicubic)
    ];
    let channels = prop_oneof![Just(Channels::Grey), Just(Channels::Rgb)];
    let clahe = prop::option::of((1.0..50.0, 1_usize..8));
    (
        1_usize..40,
        1_usize..40,
        channels,
        fit,
        interpolation,
        clahe,
    )
        .prop_map(
            |(width, height, channels, fit, interpolation, clahe)| Recipe {
                width,
                height,
                channels,
                fit,
                interpolation,
                clahe: clahe.map(|(clip_limit, tile_count)| Clahe {
                    clip_limit,
                    tile_count: tile_count.min(width).min(height),
                }),
                ..Recipe::reference()
            },
        )
}

proptest! {
    #[test]
    fn prepared_pixels_have_exactly_the_size_asked_for(
        recipe in any_recipe(),
        width in 1_usize..60,
        height in 1_usize..60,
        is_grey in any::<bool>(),
    ) {
        prop_assert_eq!(recipe.validate(), Ok(()));
        let channels = if is_grey { Channels::Grey } else { Channels::Rgb };
        let prepared = recipe.prepare(&formula((width, height), channels));
        prop_assert_eq!(prepared.width(), recipe.width);
        prop_assert_eq!(prepared.height(), recipe.height);
        prop_assert_eq!(prepared.channels(), match channels {
            Channels::Grey => Channels::Grey,
            Channels::Rgb => recipe.channels,
        });
        prop_assert!(recipe.fits(&prepared));
        let mut out = vec![f32::NAN; recipe.value_count()];
        recipe.normalise(&prepared, &mut out);
        prop_assert!(out.iter().all(|value| (0.0..=1.0).contains(value)));
    }

    #[test]
    fn no_bytes_make_the_decoder_panic(
        start in prop::sample::select(vec![
            &b""[..], b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"DICM", b"\x02\0\0\0UL\x04\0",
        ]),
        bytes in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let _ = decode(&[start, &bytes].concat(), Window::File, &DecodeLimits::default());
    }

    #[test]
    fn no_damage_to_a_file_makes_the_decoder_panic(
        file in prop::sample::select(files()),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = fs::read(file).unwrap();
        for (place, value) in damage {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        let limits = DecodeLimits { max_pixels: 1_000_000 };
        let _ = decode(&bytes, Window::File, &limits);
    }
}

/// Every reference file, PNG, JPEG and DICOM.
fn files() -> Vec<std::path::PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    ["raster", "dicom"]
        .iter()
        .flat_map(|kind| fs::read_dir(folder.join(kind)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect()
}

/// What is equal in all channels is the same picture as in one, in every frame.
#[test]
fn a_colourless_picture_is_prepared_as_its_grey_one() {
    let phantom = hilum_imaging::Phantom {
        size: 300,
        patient_seed: 5,
        slice_index: 0,
        lesion: hilum_imaging::Lesion::None,
    };
    let grey = phantom.render().windowed(-600.0, 1500.0);
    for frame in [Frame::None, Frame::Cut, Frame::Tones, Frame::Both] {
        let recipe = Recipe {
            frame,
            ..Recipe::imagenet(224)
        };
        let prepared = recipe.prepare(&grey);
        assert_eq!(prepared.channels(), Channels::Grey);
        assert_eq!(recipe.prepare(&grey.to_rgb()), prepared);
    }
    let fingerprint = hilum_imaging::SliceFingerprint::of(&grey);
    let of_rgb = hilum_imaging::SliceFingerprint::of(&grey.to_rgb());
    assert_eq!(of_rgb, fingerprint);
}
