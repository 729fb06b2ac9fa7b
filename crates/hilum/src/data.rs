//! Reading a dataset for a command, and saying what was read.

use std::fmt::Write as _;

use hilum_core::{Cancel, Split};
use hilum_dataset::{ClassMap, Dataset, Loaded, ReadSettings, load};
use hilum_imaging::{DecodeLimits, Recipe};
use hilum_train::LabelledSlice;
use thiserror::Error;

use crate::error::CommandError;
use crate::screen::Screen;
use crate::settings::DataSettings;
use crate::table::Table;

/// The rule that `--allow` names to go on without files that cannot be read.
const UNREADABLE_FILE: &str = "unreadable-file";

/// Files of a dataset that cannot be read.
#[derive(Debug, Error)]
#[error(
    "{count} of {total} files in `{split}` cannot be read{list}\nhint: mend or remove them, or go on without them with `--allow {UNREADABLE_FILE}`"
)]
struct UnreadableFiles {
    split: Split,
    count: usize,
    total: usize,
    list: String,
}

/// Reads the folders or the manifest, and says what was renamed and ignored.
pub(crate) fn read(settings: &DataSettings, screen: &Screen) -> Result<Dataset, CommandError> {
    let read_settings = ReadSettings {
        class_map: ClassMap::parse(&settings.class_map).map_err(CommandError::bad_input)?,
        seed: settings.split_seed,
        ..ReadSettings::default()
    };
    let dataset = Dataset::read(&settings.path, &read_settings).map_err(CommandError::bad_input)?;
    for renamed in dataset.renamed() {
        screen.note(format_args!(
            "`{}` is read as class `{}`",
            renamed.from, renamed.to
        ));
    }
    let ignored = dataset.ignored();
    if let Some(first) = ignored.first() {
        let others = match ignored.len() - 1 {
            0 => String::new(),
            count => format!(" and {count} more"),
        };
        screen.note(format_args!(
            "ignored `{}` ({}){others}; `--verbose` lists all",
            first.path.display(),
            first.reason
        ));
    }
    for one in ignored {
        screen.detail(format_args!(
            "ignored `{}`: {}",
            one.path.display(),
            one.reason
        ));
    }
    Ok(dataset)
}

/// Classes down, splits across, counts in the cells.
pub(crate) fn class_table(dataset: &Dataset) -> Table {
    let splits = dataset.splits();
    let header = std::iter::once("class").chain(splits.iter().map(|split| split.as_str()));
    let mut table = Table::new(header, 1);
    let counts: Vec<Vec<usize>> = splits
        .iter()
        .map(|split| dataset.class_counts(*split))
        .collect();
    for (index, name) in dataset.classes().names().iter().enumerate() {
        let cells = counts.iter().map(|column| column[index].to_string());
        table.row(std::iter::once(name.to_string()).chain(cells));
    }
    table
}

/// Decodes one split on all cores.
///
/// # Errors
/// Files that cannot be read, unless `settings` allows them.
pub(crate) fn load_split(
    dataset: &Dataset,
    split: Split,
    recipe: &Recipe,
    settings: &DataSettings,
    screen: &Screen,
) -> Result<Loaded, CommandError> {
    dataset.require(split).map_err(CommandError::bad_input)?;
    let total = dataset.of(split).count();
    let bar = screen.bar(total, "reading");
    let limits = DecodeLimits {
        max_pixels: settings.max_pixels,
    };
    let progress = |done: usize| bar.set_position(done as u64);
    let cancel = Cancel::default();
    let loaded =
        load(dataset, split, recipe, &limits, &progress, &cancel).map_err(CommandError::failure)?;
    bar.finish_and_clear();
    if loaded.unreadable.is_empty() {
        return Ok(loaded);
    }
    let list = loaded
        .unreadable
        .iter()
        .take(10)
        .fold(String::new(), |mut list, one| {
            let _ = write!(list, "\n  {}", crate::error::chain(&one.error));
            list
        });
    let error = UnreadableFiles {
        split,
        count: loaded.unreadable.len(),
        total,
        list,
    };
    if settings.allow.iter().any(|rule| rule == UNREADABLE_FILE) {
        screen.warn(format_args!(
            "{} files in `{split}` cannot be read{}",
            error.count, error.list
        ));
        return Ok(loaded);
    }
    Err(CommandError::bad_input(error))
}

/// Pixels with their class, for training.
pub(crate) fn labelled(dataset: &Dataset, loaded: Loaded) -> Vec<LabelledSlice> {
    let samples = dataset.samples();
    let slices = loaded.slices.into_iter();
    slices
        .enumerate()
        .map(|(number, slice)| LabelledSlice {
            number,
            truth: samples[slice.sample_index].class,
            pixels: slice.pixels,
        })
        .collect()
}
