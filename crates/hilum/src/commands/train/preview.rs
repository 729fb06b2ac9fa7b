//! `hilum train --preview`: what augmentation makes of the slices of each class.

use std::path::Path;

use hilum_core::Split;
use hilum_imaging::{DecodeLimits, Pixels, SheetRow, sheet, write_png};
use hilum_train::Settings;

use crate::data;
use crate::error::CommandError;
use crate::screen::Screen;
use crate::settings::RunSettings;

/// Variations beside each original.
const VARIATION_COUNT: usize = 7;
/// Slices shown of each class.
const SLICES_PER_CLASS: usize = 2;
/// Side of a picture on the sheet, in pixels.
const CELL: usize = 160;

/// Writes the sheet as a PNG; nothing is trained.
pub(super) fn write(
    path: &Path,
    settings: &RunSettings,
    screen: &Screen,
) -> Result<(), CommandError> {
    let dataset = data::read(&settings.data, screen)?;
    dataset
        .require(Split::Train)
        .map_err(CommandError::bad_input)?;
    let mut rows = Vec::new();
    for class in dataset.classes().indices() {
        let samples = dataset
            .of(Split::Train)
            .filter(|(_, sample)| sample.class == class);
        for (index, sample) in samples.take(SLICES_PER_CLASS) {
            let limits = DecodeLimits {
                max_pixels: settings.data.max_pixels,
            };
            let slice = settings
                .recipe
                .read(&sample.path, &limits)
                .map_err(CommandError::bad_input)?;
            rows.push(SheetRow {
                label: format!("{}  {}", dataset.classes().name(class), sample.relative),
                pictures: variations(slice.pixels, &settings.training, index),
            });
        }
    }
    let mut headings = vec!["original".to_owned()];
    headings.extend((1..=VARIATION_COUNT).map(|epoch| format!("epoch {epoch}")));
    let picture = sheet(&headings, &rows, CELL, CELL);
    write_png(path, &picture).map_err(CommandError::failure)?;
    screen.note(format_args!("wrote `{}`", path.display()));
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
