//! What anatomy is found in slices, and how they are staged for training, as one sheet.
//!
//!     cargo run --release -p hilum-imaging --example staging -- SHEET.png SLICE...

use std::error::Error;
use std::path::{Path, PathBuf};

use hilum_imaging::{
    Anatomy, Augmentation, DecodeLimits, Finding, Pixels, Recipe, SheetRow, sheet, write_png,
};

const VARIANTS: usize = 6;

fn main() -> Result<(), Box<dyn Error>> {
    let mut paths = std::env::args_os().skip(1).map(PathBuf::from);
    let out = paths.next().ok_or("which sheet is to be written?")?;
    let rows: Result<Vec<SheetRow>, Box<dyn Error>> =
        paths.enumerate().map(|(at, path)| row(at, &path)).collect();
    let headings: Vec<String> = ["slice", "lungs, body"]
        .map(str::to_owned)
        .into_iter()
        .chain((1..=VARIANTS).map(|epoch| format!("epoch {epoch}")))
        .collect();
    write_png(&out, &sheet(&headings, &rows?, 200, 200))?;
    Ok(())
}

fn row(at: usize, path: &Path) -> Result<SheetRow, Box<dyn Error>> {
    let recipe = Recipe::imagenet(224);
    let slice = recipe.read_file(path, &DecodeLimits::default())?.pixels;
    let anatomy = Anatomy::of(&slice);
    let augmentation = Augmentation {
        tone_change: 1.0,
        background_change: 0.7,
        planted_lesions: 1.0,
        sharpness_range: 1.0,
        ..Augmentation::none()
    };
    let staged = (1..=VARIANTS).map(|epoch| {
        let staging = augmentation.stage(1, epoch, at, Finding::Absent);
        staging.apply(&slice, anatomy.as_ref()).into_owned()
    });
    let found = anatomy
        .as_ref()
        .map_or_else(|| slice.clone(), |found| marked(&slice, found));
    Ok(SheetRow {
        label: label(path, anatomy.as_ref()),
        pictures: [slice.clone(), found].into_iter().chain(staged).collect(),
    })
}

fn label(path: &Path, anatomy: Option<&Anatomy>) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    match anatomy {
        None => format!("{name}: no body"),
        Some(anatomy) => match (anatomy.lung_share(), anatomy.tones()) {
            (Some(share), Some(tones)) => format!(
                "{name}: body {:.2}, lungs {share:.2} of it, tones {} and {}",
                anatomy.body_share(),
                tones.lung,
                tones.tissue
            ),
            _ => format!("{name}: body {:.2}, no lungs", anatomy.body_share()),
        },
    }
}

/// The slice with everything outside of the body darkened and the lungs in white.
fn marked(slice: &Pixels, anatomy: &Anatomy) -> Pixels {
    let grey = slice.to_grey();
    let (width, height) = (grey.width(), grey.height());
    let mut data = grey.into_data();
    for (row, values) in data.chunks_exact_mut(width).enumerate() {
        let (from, to) = anatomy.columns(row, width, height);
        for (column, value) in values.iter_mut().enumerate() {
            if column < from || column >= to {
                *value = 90;
            }
        }
    }
    for at in 0..4000 {
        if let Some((x, y)) = anatomy.place_in_lungs(f64::from(at) / 4000.0) {
            let (x, y) = ((x * width as f64) as usize, (y * height as f64) as usize);
            data[y * width + x] = 255;
        }
    }
    Pixels::new(width, height, hilum_imaging::Channels::Grey, data)
}
