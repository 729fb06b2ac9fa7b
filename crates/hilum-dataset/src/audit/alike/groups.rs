//! Groups for data that names no patient, inferred from how alike slices are.

use std::collections::{BTreeMap, BTreeSet};

use hilum_core::GroupId;

use super::neighbours::AlikePair;
use crate::Dataset;
use crate::audit::disjoint_sets::DisjointSets;
use crate::audit::facts::{FileFacts, PixelDigest};

/// What the names of inferred groups begin with, so that nobody takes them for patients.
const PREFIX: &str = "inferred-";

/// Whether a group is a guess of [`Audit::similarity_groups`](crate::audit::Audit::similarity_groups)
/// and not what somebody knew of the data.
pub fn is_inferred(group: &GroupId) -> bool {
    group.0.starts_with(PREFIX)
}

/// Gives samples without a group one that is inferred from how alike slices are.
///
/// Slices that look like neighbours of one scan, and copies, get the same group, named
/// `inferred-N`; names that are there already stay for those that have them. Samples that
/// resemble no other stay without a group.
pub(in crate::audit) fn inferred_groups(
    dataset: &Dataset,
    facts: &[FileFacts],
    pairs: &[AlikePair],
) -> Vec<Option<GroupId>> {
    let known: BTreeSet<&GroupId> = dataset
        .samples
        .iter()
        .filter_map(|sample| sample.group.as_ref())
        .collect();
    let mut names = (1..)
        .map(|number| GroupId(format!("{PREFIX}{number:04}")))
        .filter(|name| !known.contains(name));
    let roots = roots(facts, pairs);
    let mut sizes: BTreeMap<usize, usize> = BTreeMap::new();
    for (root, sample) in roots.iter().zip(&dataset.samples) {
        *sizes.entry(*root).or_default() += usize::from(sample.group.is_none());
    }
    let names: BTreeMap<usize, GroupId> = sizes
        .into_iter()
        .filter(|(_, size)| *size > 1)
        .filter_map(|(root, _)| Some((root, names.next()?)))
        .collect();
    roots
        .iter()
        .zip(&dataset.samples)
        .map(|(root, sample)| sample.group.as_ref().or_else(|| names.get(root)).cloned())
        .collect()
}

/// For each file the first of those that hang together with it.
fn roots(facts: &[FileFacts], pairs: &[AlikePair]) -> Vec<usize> {
    let mut sets = DisjointSets::new(facts.len());
    let mut first_of: BTreeMap<PixelDigest, usize> = BTreeMap::new();
    for (index, slice) in facts.iter().enumerate() {
        if let Some(slice) = slice.slice() {
            let first = *first_of.entry(slice.digest).or_insert(index);
            sets.join(first, index);
        }
    }
    for pair in pairs {
        if let (Some(a), Some(b)) = (first_of.get(&pair.first), first_of.get(&pair.second)) {
            sets.join(*a, *b);
        }
    }
    (0..facts.len()).map(|index| sets.root(index)).collect()
}
