//! Reading a dataset, and decoding its splits.

use std::fmt;

use hilum_core::Split;
use hilum_dataset::{ClassMap, ClassSets, Dataset, Loaded, ReadSettings, Unreadable, load};
use hilum_imaging::{DecodeLimits, Recipe};
use hilum_train::LabelledSlice;
use rayon::ThreadPool;
use thiserror::Error;

use crate::session::Session;
use crate::settings::DataSettings;
use crate::{Event, ExperimentError, Task, chain};

/// The rule that lets files pass that cannot be read.
const UNREADABLE_FILE: &str = "unreadable-file";
/// So many of them are named.
const NAMED: usize = 10;

/// Files of a dataset that cannot be read.
#[derive(Debug, Error)]
#[error(
    "{}\nhint: mend or remove them, or go on without them with `--allow {UNREADABLE_FILE}`",
    Listed(self)
)]
pub struct UnreadableFiles {
    /// The split that they are in.
    pub split: Split,
    /// How many files the split has.
    pub total: usize,
    /// Which they are, and why.
    pub files: Vec<Unreadable>,
}

impl UnreadableFiles {
    /// How many of how many, and the first ones with their reasons, a line each.
    pub fn describe(&self) -> String {
        Listed(self).to_string()
    }
}

struct Listed<'a>(&'a UnreadableFiles);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let UnreadableFiles {
            split,
            total,
            files,
        } = self.0;
        write!(
            formatter,
            "{} of {total} files in `{split}` cannot be read",
            files.len()
        )?;
        files
            .iter()
            .take(NAMED)
            .try_for_each(|one| write!(formatter, "\n  {}", chain(&one.error)))
    }
}

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
        .map(|(number, slice)| LabelledSlice {
            number,
            truth: samples[slice.sample_index].class,
            pixels: slice.pixels,
        })
        .collect()
}
