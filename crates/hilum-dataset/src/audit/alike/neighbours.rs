//! Pairs of different files that show the same picture, or neighbouring slices of one scan.

use std::collections::BTreeMap;

use hilum_core::{Cancel, Cancelled};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::descriptor::Descriptor;
use super::flip::Flip;
use super::nearest::VantageTree;
use super::register::{CROP_SHARE, Coarse, Likeness, Sieve, Subject};
use crate::audit::facts::{FileFacts, PixelDigest, SliceFacts};

/// How far apart the descriptors of two candidates may be, both of length 1.
const CANDIDATE_RADIUS: f32 = 0.3;
/// How many candidates of a slice are looked at, per way of mirroring.
const CANDIDATE_COUNT: usize = 6;
/// A picture without contrast resembles every other such picture.
const LEAST_DEVIATION: f64 = 2.0;

/// From here on two slices are one picture, saved twice.
const SAME_PICTURE_LEVELS: f64 = 0.97;
const SAME_PICTURE_DETAIL: f64 = 0.95;
/// From here on two slices may be neighbours in one scan.
const SAME_SCAN_LEVELS: f64 = 0.96;
const SAME_SCAN_DETAIL: f64 = 0.88;

/// Below what any pair was measured to have there that reaches [`SAME_SCAN_LEVELS`] and
/// [`SAME_SCAN_DETAIL`] in the end, but for one in a thousand.
const SAME_SCAN_SIEVE: Sieve = Sieve {
    coarse: 0.9,
    placed: Likeness {
        levels: 0.9,
        detail: 0.75,
    },
    refined: Likeness {
        levels: 0.95,
        detail: 0.86,
    },
};
/// The same for mirror images, which only count as the same picture.
const SAME_PICTURE_SIEVE: Sieve = Sieve {
    coarse: 0.94,
    placed: Likeness {
        levels: 0.945,
        detail: 0.84,
    },
    refined: Likeness {
        levels: 0.96,
        detail: 0.9,
    },
};

/// Two different pictures that are alike.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AlikePair {
    /// One picture.
    pub first: PixelDigest,
    /// The other.
    pub second: PixelDigest,
    /// Correlation of grey levels after registration; in `-1.0..=1.0`.
    pub level_correlation: f64,
    /// Correlation of vessels and edges after registration; in `-1.0..=1.0`.
    pub detail_correlation: f64,
    /// Whether one is the mirror image of the other.
    pub is_mirrored: bool,
}

impl AlikePair {
    /// Whether both are one picture that was saved again, resized, brightened, cropped or turned
    /// over.
    pub fn is_same_picture(&self) -> bool {
        self.level_correlation >= SAME_PICTURE_LEVELS
            && self.detail_correlation >= SAME_PICTURE_DETAIL
    }

    /// Whether both look like neighbouring slices of one scan; mirror images do not.
    pub fn is_same_scan(&self) -> bool {
        !self.is_mirrored
            && self.level_correlation >= SAME_SCAN_LEVELS
            && self.detail_correlation >= SAME_SCAN_DETAIL
    }
}

/// A distinct picture, ready to be compared.
struct Candidate<'facts> {
    slice: &'facts SliceFacts,
    coarse: Coarse,
}

/// Finds all pairs that may be one picture or one scan, each once, in order of digest.
pub(in crate::audit) fn alike_pairs(
    facts: &[FileFacts],
    cancel: &Cancel,
) -> Result<Vec<AlikePair>, Cancelled> {
    let mut distinct: BTreeMap<PixelDigest, &SliceFacts> = BTreeMap::new();
    for slice in facts.iter().filter_map(FileFacts::slice) {
        if slice.grey.standard_deviation >= LEAST_DEVIATION {
            distinct.entry(slice.digest).or_insert(slice);
        }
    }
    let (candidates, points): (Vec<Candidate<'_>>, Vec<Descriptor>) = distinct
        .into_values()
        .filter_map(|slice| {
            let coarse = Coarse::of(&slice.thumbnail);
            let descriptor = Descriptor::of(&slice.thumbnail)?;
            Some((Candidate { slice, coarse }, descriptor))
        })
        .unzip();
    let pairs = near_pairs(&candidates, &points, cancel)?;
    let found: Vec<Vec<AlikePair>> = pairs
        .par_chunk_by(|a, b| a.0 == b.0)
        .map(|pairs| cancel.check().map(|()| alike_with_one(&candidates, pairs)))
        .collect::<Result<_, Cancelled>>()?;
    let mut found: Vec<AlikePair> = found.into_iter().flatten().collect();
    // Of several ways to mirror, the best.
    found.sort_by(|a, b| {
        let key = |pair: &AlikePair| (pair.first, pair.second);
        key(a)
            .cmp(&key(b))
            .then(b.detail_correlation.total_cmp(&a.detail_correlation))
    });
    found.dedup_by_key(|pair| (pair.first, pair.second));
    Ok(found)
}

/// Pairs of near descriptors, the smaller index first, with how the second is mirrored.
///
/// Each picture is looked for as it is and cropped; of a picture and its crop, the first finds
/// the second.
fn near_pairs(
    candidates: &[Candidate<'_>],
    points: &[Descriptor],
    cancel: &Cancel,
) -> Result<Vec<(usize, usize, Flip)>, Cancelled> {
    let tree = VantageTree::new(points);
    let near_one = |index: usize| {
        let cropped = candidates[index].slice.thumbnail.cropped(CROP_SHARE);
        let queries = [Some(points[index]), Descriptor::of(&cropped)];
        let mut pairs = Vec::new();
        for query in queries.into_iter().flatten() {
            for flip in Flip::ALL {
                let found = tree.nearest(
                    &query.flipped(flip),
                    CANDIDATE_COUNT,
                    CANDIDATE_RADIUS,
                    |other| other != index,
                );
                let pair = |(_, other)| (index.min(other), index.max(other), flip);
                pairs.extend(found.into_iter().map(pair));
            }
        }
        pairs
    };
    let pairs: Vec<Vec<_>> = (0..points.len())
        .into_par_iter()
        .map(|index| cancel.check().map(|()| near_one(index)))
        .collect::<Result<_, Cancelled>>()?;
    let mut pairs: Vec<(usize, usize, Flip)> = pairs.into_iter().flatten().collect();
    pairs.par_sort_unstable();
    pairs.dedup();
    Ok(pairs)
}

/// Of pairs with the same first picture, those that are alike.
fn alike_with_one(candidates: &[Candidate<'_>], pairs: &[(usize, usize, Flip)]) -> Vec<AlikePair> {
    let subject = |index: usize, flip: Flip| {
        let Candidate { slice, coarse } = &candidates[index];
        Subject::new(&slice.thumbnail, coarse, flip)
    };
    let first = subject(pairs[0].0, Flip::default());
    let compare = |(one, other, flip): &(usize, usize, Flip)| {
        let sieve = if flip.is_none() {
            SAME_SCAN_SIEVE
        } else {
            SAME_PICTURE_SIEVE
        };
        let likeness = first.likeness(&subject(*other, *flip), sieve)?;
        let pair = AlikePair {
            first: candidates[*one].slice.digest,
            second: candidates[*other].slice.digest,
            level_correlation: likeness.levels,
            detail_correlation: likeness.detail,
            is_mirrored: !flip.is_none(),
        };
        (pair.is_same_picture() || pair.is_same_scan()).then_some(pair)
    };
    pairs.iter().filter_map(compare).collect()
}
