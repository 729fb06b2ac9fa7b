//! What 16 bits stand for: a 16-bit file and its twin of eight bits, or of Hounsfield units, give
//! one picture.

#![expect(clippy::unwrap_used, reason = "writing a file is part of the test")]

use hilum_imaging::{
    DecodeLimits, Depth, HounsfieldSlice, Lesion, Phantom, Pixels, Rendering, Slice, SourceDepth,
    SourceNote, Window, decode,
};

fn slices() -> Vec<HounsfieldSlice> {
    let phantom = |patient_seed| Phantom {
        size: 128,
        patient_seed,
        slice_index: patient_seed as usize % 3,
        lesion: Lesion::ALL[patient_seed as usize % 4],
    };
    (0..8).map(|seed| phantom(seed).render()).collect()
}

/// A grey PNG of 16 bits; `said` are its significant bits.
fn png(words: &[u16], said: Option<u8>) -> Vec<u8> {
    let side = words.len().isqrt() as u32;
    let mut info = png::Info::with_size(side, side);
    info.bit_depth = png::BitDepth::Sixteen;
    info.color_type = png::ColorType::Grayscale;
    let mut bytes = Vec::new();
    let mut writer = png::Encoder::with_info(&mut bytes, info)
        .unwrap()
        .write_header()
        .unwrap();
    if let Some(bits) = said {
        writer.write_chunk(png::chunk::sBIT, &[bits]).unwrap();
    }
    let data: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
    writer.write_image_data(&data).unwrap();
    writer.finish().unwrap();
    bytes
}

fn read(bytes: &[u8], depth: Depth) -> Slice {
    let window = Window::LUNG;
    let rendering = Rendering { window, depth };
    decode(bytes, rendering, &DecodeLimits::default()).unwrap()
}

fn lung(slice: &HounsfieldSlice) -> Pixels {
    slice.windowed(-600.0, 1500.0)
}

fn largest_difference(one: &Pixels, other: &Pixels) -> u8 {
    let pairs = one.data().iter().zip(other.data());
    pairs
        .map(|(one, other)| one.abs_diff(*other))
        .max()
        .unwrap()
}

/// The grey levels of `pixels`, spread over `0..=highest`.
fn spread(pixels: &Pixels, highest: u32) -> Vec<u16> {
    let level = |grey: &u8| ((u32::from(*grey) * highest + 127) / 255) as u16;
    pixels.data().iter().map(level).collect()
}

#[test]
fn grey_levels_of_any_number_of_bits_are_those_of_the_8_bit_twin() {
    for slice in slices() {
        let twin = lung(&slice);
        for bits in [8_u8, 10, 12, 14, 16] {
            let words = spread(&twin, (1 << bits) - 1);
            let found = read(&png(&words, None), Depth::Auto);
            assert_eq!(found.pixels, twin, "{bits} bits");
            assert_eq!(found.info.depth, Some(SourceDepth::Grey { bits }));
            assert_eq!(found.info.notes.is_empty(), bits == 16);
        }
    }
}

#[test]
fn other_windows_are_no_hounsfield_units() {
    let windows = [
        (40.0, 400.0),
        (-500.0, 1400.0),
        (-300.0, 1400.0),
        (400.0, 1800.0),
        (50.0, 350.0),
    ];
    for (center_hu, width_hu) in windows {
        for slice in slices() {
            let twin = slice.windowed(center_hu, width_hu);
            let words = spread(&twin, 4095);
            let found = read(&png(&words, None), Depth::Auto);
            let depth = Some(SourceDepth::Grey { bits: 12 });
            assert_eq!(found.info.depth, depth, "{center_hu}/{width_hu}");
            assert_eq!(found.pixels, twin, "{center_hu}/{width_hu}");
        }
    }
}

#[test]
fn significant_bits_are_believed() {
    let twin = lung(&slices()[0]);
    // As PNG wants it: 12 bits, spread over all 16.
    let spread_out: Vec<u16> = spread(&twin, 4095)
        .iter()
        .map(|word| word << 4 | word >> 8)
        .collect();
    let found = read(&png(&spread_out, Some(12)), Depth::Auto);
    assert_eq!(found.pixels, twin);
    assert_eq!(found.info.notes, []);
    // As many writers leave them; a dark slice is 12 bits even if it uses 10.
    let dark: Vec<u16> = spread(&twin, 1000);
    let found = read(&png(&dark, Some(12)), Depth::Auto);
    assert_eq!(found.info.depth, Some(SourceDepth::Grey { bits: 12 }));
    assert_eq!(found.info.notes, []);
    assert!(found.pixels.data().iter().all(|grey| *grey <= 63));
}

#[test]
fn hounsfield_units_are_known_by_their_spread_and_go_through_the_window() {
    for slice in slices() {
        for offset in [1024, 32_768] {
            let word = |value: &i16| (i32::from(*value) + offset) as u16;
            let words: Vec<u16> = slice.values().iter().map(word).collect();
            let depth = SourceDepth::Hounsfield {
                offset: f64::from(offset),
            };
            let found = read(&png(&words, None), Depth::Auto);
            assert_eq!(found.info.depth, Some(depth));
            assert_eq!(found.info.notes, [SourceNote::DepthGuessed(depth)]);
            assert!(largest_difference(&found.pixels, &lung(&slice)) <= 1);

            let said = read(&png(&words, None), Depth::Hounsfield);
            assert_eq!(said.pixels, found.pixels);
            assert_eq!(said.info.notes, []);
        }
    }
}

#[test]
fn what_is_said_is_not_guessed() {
    let words: Vec<u16> = slices()[0]
        .values()
        .iter()
        .map(|value| (i32::from(*value) + 1024) as u16)
        .collect();
    for (depth, bits) in [
        (Depth::Bits8, 8),
        (Depth::Bits10, 10),
        (Depth::Bits12, 12),
        (Depth::Bits16, 16),
    ] {
        let found = read(&png(&words, None), depth);
        assert_eq!(found.info.depth, Some(SourceDepth::Grey { bits }));
        assert_eq!(found.info.notes, []);
        let grey = |word: &u16| (word >> (bits - 8)).min(255) as u8;
        let expected: Vec<u8> = words.iter().map(grey).collect();
        assert_eq!(found.pixels.data(), expected, "{depth}");
    }
}

#[test]
fn a_depth_reads_what_it_prints_and_a_recipe_without_one_is_auto() {
    for text in ["auto", "8", "10", "12", "16", "hu"] {
        assert_eq!(text.parse::<Depth>().unwrap().to_string(), text);
    }
    assert!("14".parse::<Depth>().is_err());
    let earlier = serde_json::to_value(hilum_imaging::Recipe::reference()).unwrap();
    assert!(earlier.get("depth").is_none());
    let recipe: hilum_imaging::Recipe = serde_json::from_value(earlier).unwrap();
    assert_eq!(recipe.depth, Depth::Auto);
}
