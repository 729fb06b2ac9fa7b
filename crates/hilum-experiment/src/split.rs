//! A stratified, group-aware split as a manifest.

use std::path::PathBuf;

use hilum_core::Grouping;
use hilum_dataset::{ClassSets, Dataset, Overwrite, SplitFractions, resplit, write_manifest};

use crate::folds::Grouped;
use crate::session::{Session, workers};
use crate::settings::{DataSettings, MachineSettings};
use crate::{Event, ExperimentError, data};

/// What is divided, and where the manifest goes.
#[derive(Debug, Clone)]
pub struct SplitRequest {
    /// Which data, and how it is read; its seed decides the split.
    pub data: DataSettings,
    /// How many threads decode.
    pub machine: MachineSettings,
    /// Shares of train, valid and test.
    pub fractions: SplitFractions,
    /// Whether slices that look like one scan stay together where no patient is named.
    pub infers_groups: bool,
    /// The manifest.
    pub out: PathBuf,
    /// Whether an older one may be replaced.
    pub overwrite: Overwrite,
}

/// Divides the data and writes the manifest; gives the dataset as it is divided.
///
/// # Errors
/// [`ExperimentError`] if the data cannot be read or divided, or the manifest not be written.
pub fn split(request: &SplitRequest, session: &Session<'_>) -> Result<Dataset, ExperimentError> {
    let settings = &request.data;
    let mut dataset = data::read(settings, ClassSets::MustMatch, session)?;
    if dataset.layout().has_own_split() {
        session.tell(&Event::SplitDropped);
    }
    if request.infers_groups {
        let workers = workers(request.machine.threads)?;
        let audit = data::look_at(&dataset, settings.max_pixels, &workers, session)?;
        let groups = audit.similarity_groups(&dataset);
        session.tell(&Event::GroupsInferred(&Grouped::of(
            Grouping::Inferred,
            &groups,
        )));
        dataset = dataset.with_groups(groups);
    }
    let dataset = resplit(&dataset, request.fractions, settings.split_seed)?;
    write_manifest(&request.out, &dataset, request.overwrite)?;
    session.tell(&Event::Wrote { path: &request.out });
    Ok(dataset)
}
