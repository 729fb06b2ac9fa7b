//! PNG and JPEG against Pillow (`reference/make_raster.py`), and what is no image at all.

#![expect(
    clippy::unwrap_used,
    reason = "reading a reference file is part of the test"
)]

use std::fs;
use std::path::{Path, PathBuf};

use hilum_imaging::{
    Channels, DecodeLimits, DecodeProblem, Format, Recipe, Slice, SliceFile, SourceColor,
    SourceNote, Window, decode,
};
use serde_json::Value;

fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/reference")
        .join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(reference("raster").join(name)).unwrap()
}

fn expected() -> serde_json::Map<String, Value> {
    let text = fs::read_to_string(reference("raster.json")).unwrap();
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

fn decoded(bytes: &[u8]) -> Result<Slice, DecodeProblem> {
    decode(bytes, Window::LUNG, &DecodeLimits::default())
}

/// PNG is exact. Of JPEG, decoders differ in the last bits of the inverse cosine transform and
/// in how halved colour is spread again.
fn tolerance(name: &str) -> u8 {
    match name {
        name if Path::new(name).extension() == Some("png".as_ref()) => 0,
        "rgb-444.jpg" | "grey.jpg" => 2,
        _ => 4,
    }
}

#[test]
fn every_kind_of_file_decodes_as_pillow_decodes_it() {
    for (name, expected) in expected() {
        let slice = decoded(&bytes(&name)).unwrap();
        assert_eq!(slice.pixels.width(), expected["width"], "of {name}");
        assert_eq!(slice.pixels.height(), expected["height"], "of {name}");
        assert_eq!(
            slice.pixels.channels().count(),
            expected["channels"],
            "of {name}"
        );
        let difference = slice
            .pixels
            .data()
            .iter()
            .zip(from_hex(&expected["hex"]))
            .map(|(found, expected)| found.abs_diff(expected))
            .max()
            .unwrap();
        assert!(
            difference <= tolerance(&name),
            "{name} differs by {difference} grey levels"
        );
    }
}

#[test]
fn the_fewest_channels_are_those_of_the_whole_picture() {
    for name in expected().keys() {
        let file = SliceFile::open(&reference("raster").join(name), &DecodeLimits::default());
        let file = file.unwrap();
        let whole = file.decode(0, Window::LUNG).unwrap();
        let found = file.decode_in_fewest_channels(0, Window::LUNG).unwrap();
        assert_eq!(found.pixels, whole.pixels.in_fewest_channels(), "of {name}");
        assert_eq!(found.info, whole.info, "of {name}");
    }
}

#[test]
fn the_info_says_how_the_file_stores_its_pixels() {
    let cases = [
        ("grey-1-bit.png", SourceColor::Grey, 1),
        ("grey-16-bit.png", SourceColor::Grey, 16),
        ("grey-alpha.png", SourceColor::GreyAlpha, 8),
        ("rgba-16-bit.png", SourceColor::Rgba, 16),
        ("rgb-transparent-color.png", SourceColor::Rgba, 8),
        ("palette-4-bit.png", SourceColor::Palette, 4),
        ("palette-alpha.png", SourceColor::PaletteAlpha, 8),
        ("grey.jpg", SourceColor::Grey, 8),
        ("rgb-420.jpg", SourceColor::Rgb, 8),
        ("cmyk.jpg", SourceColor::Cmyk, 8),
    ];
    for (name, color, bits) in cases {
        let info = decoded(&bytes(name)).unwrap().info;
        assert_eq!((info.color, info.bits), (color, bits), "of {name}");
        assert_eq!((info.width, info.height), (19, 13), "of {name}");
        assert_eq!(Some(info.format), Format::of_extension(Path::new(name)));
        assert!(info.dicom.is_none());
    }
}

#[test]
fn a_jpeg_named_png_is_read_by_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("n7.png");
    fs::write(&path, bytes("rgb-444.jpg")).unwrap();
    let slice = Recipe::reference()
        .read_file(&path, &DecodeLimits::default())
        .unwrap();
    assert_eq!(slice.info.format, Format::Jpeg);
    assert_eq!(slice.pixels.channels(), Channels::Grey);
    assert_eq!((slice.pixels.width(), slice.pixels.height()), (200, 200));
    assert_eq!((slice.info.width, slice.info.height), (19, 13));
}

#[test]
fn an_error_names_the_file_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.png");
    let recipe = Recipe::reference();
    let message = |path: &Path| {
        let error = recipe
            .read_file(path, &DecodeLimits::default())
            .unwrap_err();
        error.to_string()
    };
    fs::write(&path, "a list of patients\n").unwrap();
    let text = message(&path);
    assert!(
        text.contains("notes.png`: not an image: content is text"),
        "{text}"
    );
    assert!(text.contains("\nhint: PNG, JPEG, TIFF, BMP"), "{text}");

    fs::write(&path, "").unwrap();
    assert!(message(&path).contains("the file is empty\nhint: "));

    let missing = folder.path().join("missing.png");
    assert!(message(&missing).contains("missing.png`: No such file"));
}

#[test]
fn a_file_that_ends_early_is_an_error_and_never_half_an_image() {
    for name in [
        "grey.png",
        "rgba.png",
        "palette-alpha.png",
        "grey.jpg",
        "rgb-420.jpg",
        "rgb-progressive.jpg",
    ] {
        let whole = bytes(name);
        // All that may be missing without loss is what ends a PNG (IEND and a checksum), and the end
        // marker of a JPEG.
        let spare = if name.contains("png") { 20 } else { 3 };
        for length in (1..=whole.len() - spare).rev() {
            let problem = decoded(&whole[..length]).expect_err(name);
            let is_named = matches!(
                problem,
                DecodeProblem::Truncated { .. }
                    | DecodeProblem::NotAnImage { .. }
                    | DecodeProblem::Damaged { .. }
            );
            assert!(is_named, "{name} cut to {length}: {problem}");
        }
        let half = decoded(&whole[..whole.len() / 2 + 60]).unwrap_err();
        assert!(
            matches!(half, DecodeProblem::Truncated { .. }),
            "{name}: {half}"
        );
    }
}

#[test]
fn a_damaged_png_is_refused() {
    let mut png = bytes("rgb.png");
    let middle = png.len() / 2;
    png[middle] ^= 0xff;
    let problem = decoded(&png).unwrap_err();
    assert!(
        matches!(problem, DecodeProblem::Damaged { .. }),
        "{problem}"
    );
}

/// A PNG's signature and header, without pixels.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 6, 0, 0, 0]);
    let checksum = crc32(&header[12..]);
    header.extend(checksum.to_be_bytes());
    header.extend(b"\0\0\0\0IDAT");
    header
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg())
        })
    })
}

#[test]
fn a_header_of_900_million_pixels_is_refused_before_allocation() {
    let problem = decoded(&png_header(30_000, 30_000)).unwrap_err();
    let text = problem.to_string();
    assert!(text.contains("30000 x 30000 pixels exceed"), "{text}");
    assert!(text.contains("`--max-pixels`"), "{text}");

    // A JPEG's frame header with sides of 65,535.
    let jpeg = [
        0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0xff, 0xff, 0xff, 0xff, 1, 1, 0x11, 0,
    ];
    let problem = decoded(&jpeg).unwrap_err();
    assert!(matches!(problem, DecodeProblem::TooManyPixels { .. }));
}

#[test]
fn the_limit_is_the_largest_count_that_passes() {
    let limit = |max_pixels| DecodeLimits { max_pixels };
    let grey = bytes("grey.png");
    assert!(decode(&grey, Window::File, &limit(19 * 13)).is_ok());
    assert!(decode(&grey, Window::File, &limit(19 * 13 - 1)).is_err());
}

#[test]
fn a_header_of_zero_pixels_is_refused() {
    let jpeg = [
        0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 0, 0, 5, 1, 1, 0x11, 0, 0xff, 0xd9,
    ];
    assert!(matches!(
        decoded(&jpeg).unwrap_err(),
        DecodeProblem::NoPixels { height: 0, .. }
    ));
    assert!(decoded(&png_header(0, 7)).is_err());
}

#[test]
fn a_jpeg_that_lacks_its_end_marker_alone_is_read_and_noted() {
    for name in ["grey.jpg", "rgb-420.jpg", "rgb-progressive.jpg", "cmyk.jpg"] {
        let file = bytes(name);
        let whole = decoded(&file).unwrap();
        assert_eq!(whole.info.notes, [], "of {name}");
        for missing in [1, 2] {
            let cut = decoded(&file[..file.len() - missing]).unwrap();
            assert_eq!(cut.pixels, whole.pixels, "of {name}");
            assert_eq!(cut.info.notes, [SourceNote::NoEndMarker], "of {name}");
        }
    }
}
