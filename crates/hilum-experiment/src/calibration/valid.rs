//! Calibrating a model that has just been trained on its validation split.

use std::collections::{BTreeSet, HashSet};
use std::num::NonZeroUsize;

use hilum_core::{GroupId, Grouping, Split};
use hilum_dataset::Dataset;
use hilum_dataset::audit::Audit;
use hilum_graph::Engine;
use hilum_imaging::Recipe;
use hilum_train::LabelledSlice;
use hilum_trust::{HeldOut, HeldOutSlice};
use hilum_weights::{CalibrationRecord, CalibrationSource};
use rayon::ThreadPool;

use super::{NotCalibrated, Slices, record};
use crate::ExperimentError;
use crate::model::logits;
use crate::session::Session;

/// The slices of a validation split, and what of the dataset they are.
#[derive(Clone, Copy)]
pub(crate) struct ValidSlices<'a> {
    pub(crate) dataset: &'a Dataset,
    pub(crate) audit: &'a Audit,
    /// In the dataset's order, none left out.
    pub(crate) slices: &'a [LabelledSlice],
    /// One for each of `slices`: its position in the dataset.
    pub(crate) samples: &'a [usize],
}

/// Judges the split with the weights in `engine`, once, and fits a record on it.
pub(crate) fn calibrate_on_valid(
    valid: ValidSlices<'_>,
    engine: &mut dyn Engine,
    recipe: &Recipe,
    batch_size: NonZeroUsize,
    workers: &ThreadPool,
    session: &Session<'_>,
) -> Result<Result<CalibrationRecord, NotCalibrated>, ExperimentError> {
    let used = match Used::of(valid) {
        Ok(used) => used,
        Err(reason) => return Ok(Err(reason)),
    };
    let pixels: Vec<_> = used
        .positions
        .iter()
        .map(|position| &valid.slices[*position].pixels)
        .collect();
    let cancel = session.cancel();
    let logits =
        workers.install(|| logits(engine, &pixels, recipe, batch_size, &|_| {}, cancel))?;
    let slices =
        used.positions
            .iter()
            .zip(&used.groups)
            .zip(logits)
            .map(|((position, group), logits)| HeldOutSlice {
                logits: logits.into_iter().map(f64::from).collect(),
                truth: valid.slices[*position].truth,
                group: *group,
            });
    let slices = Slices {
        all: HeldOut::new(valid.dataset.classes().len(), slices.collect()),
        once: None,
        source: CalibrationSource::Valid,
        grouping: Grouping::Inferred,
        of_learned_groups: used.of_learned_groups,
    };
    Ok(record(&slices).map_err(|error| match used.left_out {
        0 => NotCalibrated::TooFew(error),
        slices => NotCalibrated::GroupsTrainedOn {
            slices,
            of: valid.slices.len(),
        },
    }))
}

/// Which slices of the split are used, and what belongs together.
struct Used {
    /// Positions in the split.
    positions: Vec<usize>,
    /// The number of each one's group.
    groups: Vec<usize>,
    left_out: usize,
    of_learned_groups: usize,
}

impl Used {
    /// Copies of what is trained on are left out, and so is what is of a group that the data names
    /// and that has slices in train. Groups that are guessed from how alike slices are keep
    /// together, and are counted where they reach into train.
    fn of(valid: ValidSlices<'_>) -> Result<Self, NotCalibrated> {
        let ValidSlices {
            dataset,
            audit,
            samples,
            ..
        } = valid;
        let clean = audit.clean_part(dataset, Split::Valid);
        let clean: Option<HashSet<usize>> = clean.map(|clean| clean.into_iter().collect());
        let named = |index: usize| dataset.samples()[index].group.as_ref();
        let inferred = audit.similarity_groups(dataset);
        let trained: Vec<usize> = dataset.of(Split::Train).map(|(index, _)| index).collect();
        let named_in_train: BTreeSet<&GroupId> =
            trained.iter().filter_map(|index| named(*index)).collect();
        let inferred_in_train: BTreeSet<&GroupId> = trained
            .iter()
            .filter_map(|index| inferred[*index].as_ref())
            .collect();
        let mut used = Self {
            positions: Vec::new(),
            groups: Vec::new(),
            left_out: 0,
            of_learned_groups: 0,
        };
        let mut numbers: Vec<&GroupId> = Vec::new();
        let mut alone = samples.len();
        for (position, index) in samples.iter().enumerate() {
            if clean.as_ref().is_some_and(|clean| !clean.contains(index)) {
                continue;
            }
            if named(*index).is_some_and(|group| named_in_train.contains(group)) {
                used.left_out += 1;
                continue;
            }
            let group = inferred[*index].as_ref();
            let is_learned = group.is_some_and(|group| inferred_in_train.contains(group));
            used.of_learned_groups += usize::from(is_learned);
            let number = match group {
                None => {
                    alone += 1;
                    alone
                }
                Some(group) => numbers
                    .iter()
                    .position(|one| *one == group)
                    .unwrap_or_else(|| {
                        numbers.push(group);
                        numbers.len() - 1
                    }),
            };
            used.positions.push(position);
            used.groups.push(number);
        }
        if used.positions.is_empty() {
            let (slices, of) = (used.left_out, samples.len());
            return Err(NotCalibrated::GroupsTrainedOn { slices, of });
        }
        Ok(used)
    }
}
