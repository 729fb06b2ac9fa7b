//! What augmentation makes of the slices of each class.

use std::path::Path;

use hilum_core::Split;
use hilum_dataset::ClassSets;
use hilum_imaging::{DecodeLimits, Pixels, SheetRow, sheet, write_png};
use hilum_train::Settings;

use crate::session::Session;
use crate::settings::RunSettings;
use crate::{Event, ExperimentError, data};

/// Variations beside each original.
const VARIATION_COUNT: usize = 7;
/// Slices shown of each class.
const SLICES_PER_CLASS: usize = 2;
/// Side of a picture on the sheet, in pixels.
const CELL: usize = 160;

/// Writes a sheet of slices as a PNG, each beside what the first epochs would make of it; nothing
/// is trained.
///
/// # Errors
/// [`ExperimentError`] if the data cannot be read or the picture not be written.
pub fn preview(
    path: &Path,
    settings: &RunSettings,
    session: &Session<'_>,
) -> Result<(), ExperimentError> {
    let dataset = data::read(&settings.data, ClassSets::MustMatch, session)?;
    dataset.require(Split::Train)?;
    let limits = DecodeLimits {
        max_pixels: settings.data.max_pixels,
    };
    let mut rows = Vec::new();
    for class in dataset.classes().indices() {
        let samples = dataset
            .of(Split::Train)
            .filter(|(_, sample)| sample.class == class);
        for (index, sample) in samples.take(SLICES_PER_CLASS) {
            let slice = settings.recipe.read_file(&sample.path, &limits)?;
            rows.push(SheetRow {
                label: format!("{}  {}", dataset.classes().name(class), sample.relative),
                pictures: variations(slice.pixels, &settings.training, index),
            });
        }
    }
    let mut headings = vec!["original".to_owned()];
    headings.extend((1..=VARIATION_COUNT).map(|epoch| format!("epoch {epoch}")));
    write_png(path, &sheet(&headings, &rows, CELL, CELL))?;
    session.tell(&Event::Wrote { path });
    Ok(())
}

/// The slice, then what each of the first epochs would make of it.
fn variations(pixels: Pixels, settings: &Settings, index: usize) -> Vec<Pixels> {
    let (width, height, channels) = (pixels.width(), pixels.height(), pixels.channels());
    let mut values = vec![0.0; pixels.data().len()];
    let varied = (1..=VARIATION_COUNT).map(|epoch| {
        let transform = settings
            .augmentation
            .draw(settings.seed, epoch, index, height, width);
        transform.apply(&pixels, &mut values);
        let bytes = values.iter().map(|value| value.round() as u8).collect();
        Pixels::new(width, height, channels, bytes)
    });
    let varied: Vec<Pixels> = varied.collect();
    std::iter::once(pixels).chain(varied).collect()
}
