//! Mending in memory: what can be put right without a judgement.

use std::collections::BTreeMap;
use std::fmt;

use hilum_core::Split;

use super::evidence::Evidence;
use super::result::Audit;
use crate::Dataset;

/// A dataset without copies and contradictions, and what was done to get it.
#[derive(Debug, Clone)]
pub struct Mended {
    /// What is left.
    pub dataset: Dataset,
    /// The audit of what is left; its [`mended`](Audit::mended) says what was done.
    pub audit: Audit,
}

/// Why a sample was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Kept,
    /// Another file of the same split shows the same picture.
    Repeat,
    /// A split that judges shows the same picture.
    CopyOf(Split),
    /// Its picture has two classes.
    Conflict,
}

/// Whether mending puts right what the rule of this name finds.
pub(super) fn mends(rule: &str) -> bool {
    MENDED_RULES.contains(&rule)
}

/// The rules after which mended data has no finding.
const MENDED_RULES: [&str; 3] = [
    "duplicate-across-splits",
    "duplicate-in-split",
    "label-conflict",
];

/// Leaves out what can be left out safely, and touches no file.
///
/// - Equal pictures of one split collapse to the first.
/// - A copy of a test image leaves train and valid, a copy of a valid image leaves train; never
///   the other way.
/// - A picture with two classes is dropped, with all its copies.
///
/// # Panics
/// If `audit` is not that of `dataset`.
pub fn mend(dataset: &Dataset, audit: &Audit) -> Mended {
    assert_eq!(
        dataset.samples.len(),
        audit.facts.len(),
        "the audit of this dataset"
    );
    let evidence = Evidence::new(dataset, &audit.facts, &audit.pairs);
    let fates = fates(&evidence);
    let kept = dataset.retain(|index, _| fates[index] == Fate::Kept);
    let facts = audit.facts.iter().zip(&fates);
    let facts = facts
        .filter(|(_, fate)| **fate == Fate::Kept)
        .map(|(facts, _)| facts.clone())
        .collect();
    let mut lines = audit.mended.clone();
    lines.extend(lines_about(&evidence, &fates));
    let mut audit = Audit::from_facts(&kept, facts, audit.pairs.clone());
    audit.mended = lines;
    Mended {
        dataset: kept,
        audit,
    }
}

fn fates(evidence: &Evidence<'_>) -> Vec<Fate> {
    let mut fates = vec![Fate::Kept; evidence.facts.len()];
    for copies in evidence.copies().filter(|copies| copies.len() > 1) {
        if evidence.classes_of(copies).len() > 1 {
            for index in copies {
                fates[*index] = Fate::Conflict;
            }
            continue;
        }
        let judge = evidence
            .splits_of(copies)
            .last()
            .copied()
            .expect("copies stand in a split");
        let mut is_first = true;
        for index in copies {
            fates[*index] = if evidence.sample(*index).split != judge {
                Fate::CopyOf(judge)
            } else if is_first {
                is_first = false;
                Fate::Kept
            } else {
                Fate::Repeat
            };
        }
    }
    fates
}

fn lines_about(evidence: &Evidence<'_>, fates: &[Fate]) -> Vec<String> {
    let count = |split: Split, fate: Fate| {
        let samples = evidence.dataset.samples.iter().zip(fates);
        samples
            .filter(|(sample, one)| sample.split == split && **one == fate)
            .count()
    };
    let mut lines = Vec::new();
    for split in Split::ALL {
        for judge in Split::ALL {
            match count(split, Fate::CopyOf(judge)) {
                0 => {}
                copies => lines.push(format!(
                    "{copies} images left `{split}`: their pictures are in `{judge}`"
                )),
            }
        }
        match count(split, Fate::Repeat) {
            0 => {}
            repeats => lines.push(format!(
                "{repeats} repeats left `{split}`: the first of equal pictures stays"
            )),
        }
        match count(split, Fate::Conflict) {
            0 => {}
            conflicts => lines.push(format!(
                "{conflicts} images left `{split}`: their pictures have two classes"
            )),
        }
    }
    lines
}

/// Why a slice says nothing of slices that a model has not seen. The first reason that holds counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unclean {
    /// Its picture has two classes.
    TwoClasses,
    /// Its picture is in another split, too.
    InAnotherSplit,
    /// An earlier file of its split has the same picture.
    Repeat,
}

impl fmt::Display for Unclean {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::TwoClasses => "pictures with two classes",
            Self::InAnotherSplit => "copies of pictures in other splits",
            Self::Repeat => "repeats of a picture",
        })
    }
}

impl Audit {
    /// The samples of a split that are copies of other splits' images, repeats, or pictures with two
    /// classes: by position, and why.
    ///
    /// # Panics
    /// If this is not the audit of `dataset`.
    pub fn unclean(&self, dataset: &Dataset, split: Split) -> BTreeMap<usize, Unclean> {
        assert_eq!(
            dataset.samples.len(),
            self.facts.len(),
            "the audit of this dataset"
        );
        let evidence = Evidence::new(dataset, &self.facts, &self.pairs);
        let mut unclean = BTreeMap::new();
        for copies in evidence.copies().filter(|copies| copies.len() > 1) {
            let of_all = if evidence.classes_of(copies).len() > 1 {
                Some(Unclean::TwoClasses)
            } else if evidence.splits_of(copies).len() > 1 {
                Some(Unclean::InAnotherSplit)
            } else {
                None
            };
            for (position, index) in copies.iter().enumerate() {
                let why = of_all.or((position > 0).then_some(Unclean::Repeat));
                if evidence.sample(*index).split == split {
                    unclean.extend(why.map(|why| (*index, why)));
                }
            }
        }
        unclean
    }

    /// The samples of a split without those that are [`unclean`](Self::unclean), by position; `None`
    /// if nothing has to be left out.
    ///
    /// # Panics
    /// If this is not the audit of `dataset`.
    pub fn clean_part(&self, dataset: &Dataset, split: Split) -> Option<Vec<usize>> {
        let unclean = self.unclean(dataset, split);
        let of_split = dataset.of(split).map(|(index, _)| index);
        let clean = of_split.filter(|index| !unclean.contains_key(index));
        (!unclean.is_empty()).then(|| clean.collect())
    }
}
