//! The fingerprints of many slices, and whether a slice is among them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Likeness, SliceFingerprint, rice};

/// Fingerprints of slices: about 35 bytes each, from which no picture can be made.
///
/// Of the exact pixels 20 bits of a one-way digest stay beside their place (a stranger is taken
/// for known once in a million slices); of the look, the signs of 256 frequencies.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Coded", into = "Coded")]
pub struct SliceSet {
    /// How many digests there were before equal ones fell together.
    count: usize,
    /// Sorted, distinct.
    places: Vec<u64>,
    likenesses: Vec<Likeness>,
}

/// Fingerprints that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the fingerprints of slices are damaged")]
pub struct SliceSetError;

impl SliceSet {
    /// The set of `slices`.
    pub fn new(slices: impl IntoIterator<Item = SliceFingerprint>) -> Self {
        let slices: Vec<SliceFingerprint> = slices.into_iter().collect();
        let mut digests: Vec<u128> = slices.iter().map(|one| one.digest.as_number()).collect();
        digests.sort_unstable();
        digests.dedup();
        let count = digests.len();
        let mut places: Vec<u64> = digests
            .into_iter()
            .map(|digest| rice::place(digest, count))
            .collect();
        places.sort_unstable();
        places.dedup();
        let mut likenesses: Vec<Likeness> =
            slices.iter().filter_map(|slice| slice.likeness).collect();
        likenesses.sort_unstable_by_key(|likeness| likeness.0);
        likenesses.dedup();
        Self {
            count,
            places,
            likenesses,
        }
    }

    /// How many distinct slices it holds.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether `slice` is one of them: the same pixels, or a picture that looks the same.
    pub fn holds(&self, slice: &SliceFingerprint) -> bool {
        let place = rice::place(slice.digest.as_number(), self.count);
        self.places.binary_search(&place).is_ok()
            || slice
                .likeness
                .is_some_and(|likeness| self.likenesses.iter().any(|one| one.is_same(&likeness)))
    }
}

/// A set as it lies in a file.
#[derive(Serialize, Deserialize)]
struct Coded {
    count: usize,
    /// How many places are in `digests`.
    #[serde(rename = "coded")]
    places: usize,
    /// Base64 of Rice-coded places.
    digests: String,
    /// Base64 of 32 bytes each, little-endian words.
    likenesses: String,
}

impl From<SliceSet> for Coded {
    fn from(set: SliceSet) -> Self {
        let words = set.likenesses.iter().flat_map(|likeness| likeness.0);
        let bytes: Vec<u8> = words.flat_map(u64::to_le_bytes).collect();
        Self {
            count: set.count,
            places: set.places.len(),
            digests: STANDARD.encode(rice::encode(&set.places)),
            likenesses: STANDARD.encode(bytes),
        }
    }
}

impl TryFrom<Coded> for SliceSet {
    type Error = SliceSetError;

    fn try_from(coded: Coded) -> Result<Self, SliceSetError> {
        let bytes = |text: &str| STANDARD.decode(text).map_err(|_| SliceSetError);
        let places = rice::decode(&bytes(&coded.digests)?, coded.places).ok_or(SliceSetError)?;
        let likenesses = bytes(&coded.likenesses)?;
        let (likenesses, rest) = likenesses.as_chunks::<{ Likeness::BYTES }>();
        if !rest.is_empty() || coded.count < places.len() {
            return Err(SliceSetError);
        }
        let likeness = |bytes: &[u8; Likeness::BYTES]| {
            let mut words = [0; Likeness::BYTES / 8];
            let (chunks, _) = bytes.as_chunks::<8>();
            for (word, chunk) in words.iter_mut().zip(chunks) {
                *word = u64::from_le_bytes(*chunk);
            }
            Likeness(words)
        };
        Ok(Self {
            count: coded.count,
            places,
            likenesses: likenesses.iter().map(likeness).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Channels, Interpolation, Lesion, Phantom, Pixels};

    fn chest(seed: u64) -> Pixels {
        let phantom = Phantom {
            size: 200,
            patient_seed: seed,
            slice_index: 0,
            lesion: Lesion::None,
        };
        phantom.render().windowed(-600.0, 1500.0)
    }

    fn set(seeds: std::ops::Range<u64>) -> SliceSet {
        SliceSet::new(seeds.map(|seed| SliceFingerprint::of(&chest(seed))))
    }

    #[test]
    fn it_knows_its_slices_in_another_size_and_no_others() {
        let known = set(0..12);
        for seed in 0..12 {
            let pixels = chest(seed);
            assert!(known.holds(&SliceFingerprint::of(&pixels)), "{seed}");
            let small = pixels.resize(150, 130, Interpolation::Bicubic);
            assert!(known.holds(&SliceFingerprint::of(&small)), "{seed}");
        }
        for seed in 12..40 {
            assert!(!known.holds(&SliceFingerprint::of(&chest(seed))), "{seed}");
        }
        assert!(!SliceSet::default().holds(&SliceFingerprint::of(&chest(0))));
    }

    #[test]
    fn it_comes_back_from_json_and_what_is_damaged_is_refused() {
        let known = set(0..5);
        let json = serde_json::to_string(&known).unwrap();
        assert_eq!(serde_json::from_str::<SliceSet>(&json).unwrap(), known);
        for (from, to) in [
            ("\"coded\":5", "\"coded\":6"),
            ("\"count\":5", "\"count\":4"),
        ] {
            assert!(json.contains(from), "{json}");
            assert!(serde_json::from_str::<SliceSet>(&json.replace(from, to)).is_err());
        }
        assert!(json.len() < 5 * 60 + 80, "{} characters", json.len());
    }

    #[test]
    fn a_picture_of_nothing_is_known_by_its_pixels_alone() {
        let black = |side| Pixels::new(side, side, Channels::Grey, vec![0; side * side]);
        let known = SliceSet::new([SliceFingerprint::of(&black(8))]);
        assert!(known.holds(&SliceFingerprint::of(&black(8))));
        assert!(!known.holds(&SliceFingerprint::of(&black(9))));
    }
}
