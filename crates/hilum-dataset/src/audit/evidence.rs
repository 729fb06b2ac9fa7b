//! What rules look at: the dataset and the facts of its files.

use std::collections::{BTreeMap, BTreeSet};

use hilum_core::{ClassIndex, Split};

use super::alike::AlikePair;
use super::disjoint_sets::DisjointSets;
use super::facts::{FileFacts, PixelDigest, SliceFacts};
use crate::{Dataset, Sample};

/// A dataset, the facts of its files in the same order, and the pairs that are alike.
pub(super) struct Evidence<'audit> {
    pub(super) dataset: &'audit Dataset,
    pub(super) facts: &'audit [FileFacts],
    pub(super) pairs: &'audit [AlikePair],
    copies: BTreeMap<PixelDigest, Vec<usize>>,
}

impl<'audit> Evidence<'audit> {
    pub(super) fn new(
        dataset: &'audit Dataset,
        facts: &'audit [FileFacts],
        pairs: &'audit [AlikePair],
    ) -> Self {
        Self {
            dataset,
            facts,
            pairs,
            copies: copies(facts),
        }
    }

    /// The files of each distinct picture, in the dataset's order.
    pub(super) fn copies(&self) -> impl Iterator<Item = &[usize]> {
        // By the first file and not by digest: the order that a reader sees.
        let mut groups: Vec<&[usize]> = self.copies.values().map(Vec::as_slice).collect();
        groups.sort();
        groups.into_iter()
    }

    /// Every slice with its sample and position.
    pub(super) fn slices(
        &self,
    ) -> impl Iterator<Item = (usize, &'audit Sample, &'audit SliceFacts)> {
        self.dataset
            .samples
            .iter()
            .zip(self.facts)
            .enumerate()
            .filter_map(|(index, (sample, facts))| Some((index, sample, facts.slice()?)))
    }

    pub(super) fn sample(&self, index: usize) -> &'audit Sample {
        &self.dataset.samples[index]
    }

    /// The relative paths of samples.
    pub(super) fn paths(&self, indices: &[usize]) -> Vec<String> {
        indices
            .iter()
            .map(|index| self.sample(*index).relative.clone())
            .collect()
    }

    pub(super) fn class_name(&self, class: ClassIndex) -> &'audit str {
        self.dataset.classes.name(class).as_str()
    }

    /// How many of the samples belong to each class, by name; classes without one are left out.
    pub(super) fn class_counts(
        &self,
        indices: &[usize],
    ) -> serde_json::Map<String, serde_json::Value> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for index in indices {
            *counts
                .entry(self.class_name(self.sample(*index).class))
                .or_default() += 1;
        }
        counts
            .into_iter()
            .map(|(name, count)| (name.to_owned(), count.into()))
            .collect()
    }

    pub(super) fn splits_of(&self, indices: &[usize]) -> BTreeSet<Split> {
        indices
            .iter()
            .map(|index| self.sample(*index).split)
            .collect()
    }

    pub(super) fn classes_of(&self, indices: &[usize]) -> BTreeSet<ClassIndex> {
        indices
            .iter()
            .map(|index| self.sample(*index).class)
            .collect()
    }

    /// The samples in sets that pairs accepted by `accept` hang together, copies included.
    pub(super) fn clusters(&self, accept: impl Fn(&AlikePair) -> bool) -> Vec<Cluster<'audit>> {
        let mut sets = DisjointSets::new(self.facts.len());
        let mut pairs_of: Vec<(usize, &AlikePair)> = Vec::new();
        for pair in self.pairs.iter().filter(|pair| accept(pair)) {
            let (Some(first), Some(second)) =
                (self.copies.get(&pair.first), self.copies.get(&pair.second))
            else {
                continue;
            };
            for index in first.iter().chain(second) {
                sets.join(first[0], *index);
            }
            pairs_of.push((first[0], pair));
        }
        let mut clusters: BTreeMap<usize, Cluster<'_>> = BTreeMap::new();
        for (index, pair) in pairs_of {
            clusters
                .entry(sets.root(index))
                .or_default()
                .pairs
                .push(pair);
        }
        for index in 0..self.facts.len() {
            if let Some(cluster) = clusters.get_mut(&sets.root(index)) {
                cluster.files.push(index);
            }
        }
        clusters.into_values().collect()
    }
}

/// Samples that hang together, and the pairs that hold them.
#[derive(Default)]
pub(super) struct Cluster<'audit> {
    pub(super) files: Vec<usize>,
    pub(super) pairs: Vec<&'audit AlikePair>,
}

impl Cluster<'_> {
    /// The weakest link.
    pub(super) fn least_detail_correlation(&self) -> f64 {
        self.pairs
            .iter()
            .map(|pair| pair.detail_correlation)
            .fold(1.0, f64::min)
    }

    pub(super) fn has_mirror_images(&self) -> bool {
        self.pairs.iter().any(|pair| pair.is_mirrored)
    }
}

fn copies(facts: &[FileFacts]) -> BTreeMap<PixelDigest, Vec<usize>> {
    let mut copies: BTreeMap<PixelDigest, Vec<usize>> = BTreeMap::new();
    for (index, slice) in facts.iter().enumerate() {
        if let Some(slice) = slice.slice() {
            copies.entry(slice.digest).or_default().push(index);
        }
    }
    copies
}
