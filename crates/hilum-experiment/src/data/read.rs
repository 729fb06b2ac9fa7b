//! Reading a dataset, and decoding its splits.

use hilum_core::Split;
use hilum_dataset::{ClassMap, ClassSets, Dataset, Loaded, ReadSettings, load};
use hilum_imaging::{DecodeLimits, Recipe};
use hilum_train::LabelledSlice;
use rayon::ThreadPool;

use super::unreadable::{UNREADABLE_FILE, UnreadableFiles};
use crate::session::Session;
use crate::settings::DataSettings;
use crate::{Event, ExperimentError, Task};

/// Reads the folders or the manifest, and tells what was renamed and ignored.
pub(crate) fn read(
    settings: &DataSettings,
    class_sets: ClassSets,
    session: &Session<'_>,
) -> Result<Dataset, ExperimentError> {
    let read_settings = ReadSettings {
        class_map: ClassMap::parse(&settings.class_map)?,
        class_sets,
        seed: settings.split_seed,
        ..ReadSettings::default()
    };
    let dataset = Dataset::read_unless(&settings.path, &read_settings, session.cancel())?;
    for renamed in dataset.renamed() {
        session.tell(&Event::ClassRenamed {
            from: &renamed.from,
            to: renamed.to.as_str(),
        });
    }
    if !dataset.ignored().is_empty() {
        session.tell(&Event::FilesIgnored(dataset.ignored()));
    }
    Ok(dataset)
}

/// Decodes one split on all `workers`.
///
/// # Errors
/// Files that cannot be read, unless `settings` allows them.
pub(crate) fn load_split(
    dataset: &Dataset,
    split: Split,
    recipe: &Recipe,
    settings: &DataSettings,
    workers: &ThreadPool,
    session: &Session<'_>,
) -> Result<Loaded, ExperimentError> {
    dataset.require(split)?;
    let total = dataset.of(split).count();
    let limits = DecodeLimits {
        max_pixels: settings.max_pixels,
    };
    let loaded = session.counted(Task::Read, total, |told| {
        workers.install(|| load(dataset, split, recipe, &limits, told, session.cancel()))
    })?;
    if loaded.unreadable.is_empty() {
        return Ok(loaded);
    }
    let error = UnreadableFiles {
        split,
        total,
        files: loaded.unreadable,
    };
    if settings.allow.iter().any(|rule| rule == UNREADABLE_FILE) {
        session.tell(&Event::UnreadableAllowed(&error));
        return Ok(Loaded {
            slices: loaded.slices,
            unreadable: error.files,
        });
    }
    Err(error.into())
}

/// Pixels with their class, for training.
pub(crate) fn labelled(dataset: &Dataset, loaded: Loaded) -> Vec<LabelledSlice> {
    let samples = dataset.samples();
    let slices = loaded.slices.into_iter();
    slices
        .enumerate()
        .map(|(number, slice)| {
            let truth = samples[slice.sample_index].class;
            LabelledSlice::new(slice.pixels, truth, number)
        })
        .collect()
}
