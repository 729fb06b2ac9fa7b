//! Which slices a model knows from its training.

use std::collections::BTreeMap;

use hilum_core::Split;
use hilum_dataset::Dataset;
use hilum_dataset::audit::{Audit, FileFacts, PixelDigest, SliceFacts};
use hilum_imaging::SliceSet;
use hilum_metrics::Leaked;
use hilum_weights::KnownSlices;
use rayon::ThreadPool;
use rayon::prelude::*;

/// Slices that a model was made with.
pub(crate) struct Known {
    /// Positions in the dataset, copies among them.
    pub(crate) samples: Vec<usize>,
    /// One path for each distinct picture that is known.
    pub(crate) pictures: Vec<String>,
    /// How many distinct pictures were looked at.
    pub(crate) of: usize,
}

impl Known {
    /// How many distinct pictures the model knows.
    pub(crate) fn count(&self) -> usize {
        self.pictures.len()
    }

    pub(crate) fn leaked(self) -> Leaked {
        Leaked {
            count: self.count(),
            of: self.of,
            files: self.pictures,
        }
    }
}

/// The slices of `split`, or of all of `dataset`, that are among `known`.
pub(crate) fn known_slices(
    dataset: &Dataset,
    audit: &Audit,
    split: Option<Split>,
    known: &KnownSlices,
    workers: &ThreadPool,
) -> Known {
    pictures(dataset, audit, split, workers, |slice| {
        known.knows(&slice.fingerprint()).is_some()
    })
}

/// All slices of `split`: those of a model that was trained on a split of this name, and does not
/// know which slices these were.
pub(crate) fn all_slices(
    dataset: &Dataset,
    audit: &Audit,
    split: Split,
    workers: &ThreadPool,
) -> Known {
    pictures(dataset, audit, Some(split), workers, |_| true)
}

fn pictures(
    dataset: &Dataset,
    audit: &Audit,
    split: Option<Split>,
    workers: &ThreadPool,
    is_known: impl Fn(&SliceFacts) -> bool + Sync,
) -> Known {
    let facts = audit.facts();
    let mut copies: BTreeMap<PixelDigest, Vec<usize>> = BTreeMap::new();
    for (index, sample) in dataset.samples().iter().enumerate() {
        if split.is_none_or(|split| sample.split == split)
            && let Some(slice) = facts[index].slice()
        {
            copies.entry(slice.digest).or_default().push(index);
        }
    }
    let of = copies.len();
    let mut known: Vec<Vec<usize>> = workers.install(|| {
        copies
            .into_values()
            .collect::<Vec<_>>()
            .into_par_iter()
            .filter(|copies| facts[copies[0]].slice().is_some_and(&is_known))
            .collect()
    });
    known.sort();
    let path = |copies: &Vec<usize>| dataset.samples()[copies[0]].relative.clone();
    Known {
        pictures: known.iter().map(path).collect(),
        samples: known.concat(),
        of,
    }
}

/// Fingerprints of the samples that `keep` accepts, for the model that is made with them.
pub(crate) fn fingerprints(
    dataset: &Dataset,
    audit: &Audit,
    keep: impl Fn(Split) -> bool + Sync,
    workers: &ThreadPool,
) -> SliceSet {
    let samples = dataset.samples();
    let facts = audit.facts();
    let fingerprints: Vec<_> = workers.install(|| {
        samples
            .par_iter()
            .zip(facts)
            .filter(|(sample, _)| keep(sample.split))
            .filter_map(|(_, facts)| FileFacts::slice(facts))
            .map(SliceFacts::fingerprint)
            .collect()
    });
    SliceSet::new(fingerprints)
}
