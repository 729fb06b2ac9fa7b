//! Measures how well altered copies are found, and how often unrelated slices are taken for one.
//!
//! `cargo run --example near_duplicates [-- FOLDER [ALTERATION]]`: on phantoms of distinct
//! patients, or on the images of a folder in the layout `FOLDER/CLASS/*` or
//! `FOLDER/{train,valid,test}/CLASS/*`; all alterations, or those with these letters in their name.
//! Prints the tables of `docs/near-duplicates.md`.

#![expect(
    clippy::print_stdout,
    clippy::cast_lossless,
    reason = "an example for the terminal"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hilum_core::Cancel;
use hilum_dataset::audit::{AuditSettings, PixelDigest, audit};
use hilum_dataset::{ClassSets, Dataset, ReadSettings};
use hilum_imaging::{
    Channels, DecodeLimits, Interpolation, Lesion, Phantom, Pixels, Window, decode_file, write_png,
};

type Alteration = fn(&Pixels) -> Pixels;

const ALTERATIONS: [(&str, Alteration); 9] = [
    ("JPEG, quality 75", |pixels| jpeg(pixels, 75)),
    ("JPEG, quality 40", |pixels| jpeg(pixels, 40)),
    ("resized by 0.8", |pixels| resized(pixels, 0.8)),
    ("resized by 1.2", |pixels| resized(pixels, 1.2)),
    ("brightened by 30", |pixels| {
        toned(pixels, |level| level + 30.0)
    }),
    ("contrast times 1.3", |pixels| {
        toned(pixels, |level| (level - 128.0) * 1.3 + 128.0)
    }),
    ("cropped by 3% a side", |pixels| cropped(pixels, 0.03)),
    ("mirrored left to right", mirrored),
    ("mirrored, JPEG, resized by 0.8", |pixels| {
        jpeg(&resized(&mirrored(pixels), 0.8), 75)
    }),
];

fn jpeg(pixels: &Pixels, quality: u8) -> Pixels {
    let mut bytes = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality)
        .encode(
            pixels.data(),
            pixels.width() as u32,
            pixels.height() as u32,
            image::ExtendedColorType::L8,
        )
        .expect("grey pixels make a JPEG");
    let slice = hilum_imaging::decode(&bytes, Window::LUNG, &DecodeLimits::default());
    slice.expect("a JPEG that was just written").pixels
}

fn resized(pixels: &Pixels, factor: f64) -> Pixels {
    let side = |length: usize| (length as f64 * factor).round() as usize;
    pixels.resize(
        side(pixels.width()),
        side(pixels.height()),
        Interpolation::Bicubic,
    )
}

fn toned(pixels: &Pixels, tone: fn(f64) -> f64) -> Pixels {
    let levels = pixels
        .data()
        .iter()
        .map(|level| tone(*level as f64).clamp(0.0, 255.0) as u8);
    Pixels::new(
        pixels.width(),
        pixels.height(),
        Channels::Grey,
        levels.collect(),
    )
}

fn cropped(pixels: &Pixels, share: f64) -> Pixels {
    let (left, top) = (
        (pixels.width() as f64 * share).round() as usize,
        (pixels.height() as f64 * share).round() as usize,
    );
    let (width, height) = (pixels.width() - 2 * left, pixels.height() - 2 * top);
    let rows = (top..top + height).flat_map(|row| {
        let start = row * pixels.width() + left;
        &pixels.data()[start..start + width]
    });
    Pixels::new(width, height, Channels::Grey, rows.copied().collect())
}

fn mirrored(pixels: &Pixels) -> Pixels {
    let rows = pixels
        .data()
        .chunks(pixels.width())
        .flat_map(|row| row.iter().rev());
    Pixels::new(
        pixels.width(),
        pixels.height(),
        Channels::Grey,
        rows.copied().collect(),
    )
}

fn phantoms(slices_per_patient: usize) -> Vec<Pixels> {
    (0..200 / slices_per_patient)
        .flat_map(|patient| (0..slices_per_patient).map(move |slice_index| (patient, slice_index)))
        .map(|(patient, slice_index)| {
            let phantom = Phantom {
                size: 256,
                patient_seed: patient as u64,
                slice_index,
                lesion: Lesion::ALL[patient % 4],
            };
            phantom.render().windowed(-600.0, 1500.0)
        })
        .collect()
}

/// The distinct pictures of a folder.
fn images(folder: &Path) -> Result<Vec<Pixels>, Box<dyn std::error::Error>> {
    let settings = ReadSettings {
        class_sets: ClassSets::MayDiffer,
        ..ReadSettings::default()
    };
    let dataset = Dataset::read(folder, &settings)?;
    let found = audit(
        &dataset,
        &AuditSettings::default(),
        &|_| {},
        &Cancel::default(),
    )?;
    let mut distinct: BTreeMap<PixelDigest, PathBuf> = BTreeMap::new();
    for (sample, facts) in dataset.samples().iter().zip(found.facts()) {
        if let Some(slice) = facts.slice() {
            distinct
                .entry(slice.digest)
                .or_insert_with(|| sample.path.clone());
        }
    }
    let limits = DecodeLimits::default();
    let decode = |path: &PathBuf| Ok(decode_file(path, Window::LUNG, &limits)?.pixels.to_grey());
    distinct.values().map(decode).collect()
}

/// How often copies are found, and how many pairs of originals are called one picture.
fn measure(
    originals: &[Pixels],
    alteration: Alteration,
) -> Result<(usize, usize, Vec<f64>), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    for class in ["original", "altered"] {
        std::fs::create_dir_all(folder.path().join("train").join(class))?;
    }
    for (number, pixels) in originals.iter().enumerate() {
        let path = |class: &str| folder.path().join(format!("train/{class}/{number:04}.png"));
        write_png(&path("original"), pixels)?;
        write_png(&path("altered"), &alteration(pixels))?;
    }
    let dataset = Dataset::read(folder.path(), &ReadSettings::default())?;
    let audit = audit(
        &dataset,
        &AuditSettings::default(),
        &|_| {},
        &Cancel::default(),
    )?;
    let mut numbers: BTreeMap<PixelDigest, &str> = BTreeMap::new();
    for (sample, facts) in dataset.samples().iter().zip(audit.facts()) {
        let name = sample
            .path
            .file_stem()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if let Some(slice) = facts.slice() {
            numbers.insert(slice.digest, name);
        }
    }
    let (mut right, mut wrong, mut details) = (0, 0, Vec::new());
    for pair in audit.pairs().iter().filter(|pair| pair.is_same_picture()) {
        if numbers[&pair.first] == numbers[&pair.second] {
            right += 1;
            details.push(pair.detail_correlation);
        } else {
            wrong += 1;
        }
    }
    details.sort_by(f64::total_cmp);
    Ok((right, wrong, details))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sources = match std::env::args().nth(1) {
        Some(folder) => vec![(folder.clone(), images(Path::new(&folder))?)],
        None => vec![
            ("200 phantoms of 200 patients".to_owned(), phantoms(1)),
            (
                "200 phantoms of 20 patients, 10 neighbouring slices each, 5 mm apart".to_owned(),
                phantoms(10),
            ),
        ],
    };
    for (name, originals) in sources {
        println!("\n{name}: {} distinct pictures\n", originals.len());
        println!(
            "| alteration | found | recall | taken for one | precision | 5% of copies below |"
        );
        println!("|---|---|---|---|---|---|");
        let wanted = std::env::args().nth(2).unwrap_or_default();
        let chosen = ALTERATIONS
            .iter()
            .filter(|(name, _)| name.contains(&wanted));
        for (alteration, alter) in chosen {
            let (right, wrong, details) = measure(&originals, *alter)?;
            println!(
                "| {alteration} | {right} | {:.3} | {wrong} | {:.3} | {:.3} |",
                right as f64 / originals.len() as f64,
                right as f64 / (right + wrong).max(1) as f64,
                details.get(details.len() / 20).copied().unwrap_or(f64::NAN)
            );
        }
    }
    Ok(())
}
