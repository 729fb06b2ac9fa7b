//! A slice at 64x64, and how alike two of them are.
//!
//! Candidates are found by their lowest spatial frequencies, which hardly change when a slice is
//! saved again, brightened or cropped a little. They say no more than that two chests are alike,
//! so a pair counts only after registration: one thumbnail is shifted and scaled onto the other,
//! and what is left above the lowest frequencies, vessels and edges, must correlate.

use std::f32::consts::PI;
use std::fmt;
use std::sync::LazyLock;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Rows and columns of a thumbnail.
pub const THUMBNAIL_SIDE: usize = 64;

/// 64x64 grey levels, row by row; both sides are stretched.
#[derive(Clone, PartialEq, Eq)]
pub struct Thumbnail(Vec<u8>);

impl Thumbnail {
    /// # Panics
    /// If `levels` are not 64x64.
    pub(super) fn new(levels: Vec<u8>) -> Self {
        assert_eq!(
            levels.len(),
            THUMBNAIL_SIDE * THUMBNAIL_SIDE,
            "64x64 levels"
        );
        Self(levels)
    }

    /// The levels, row by row.
    pub fn levels(&self) -> &[u8] {
        &self.0
    }

    /// What is turned over: columns, rows, both or nothing.
    #[cfg(test)]
    pub(super) fn flipped(&self, flip: Flip) -> Self {
        Self(flip.turned(&self.0, THUMBNAIL_SIDE))
    }

    /// Without `share` of the side at every edge, between pixels linearly.
    pub(super) fn cropped(&self, share: f32) -> Self {
        let side = THUMBNAIL_SIDE;
        let last = (side - 1) as f32;
        let places: Vec<(usize, f32)> = (0..side)
            .map(|position| {
                let from = (position as f32 + 0.5) * (1.0 - 2.0 * share) + share * side as f32;
                let from = (from - 0.5).clamp(0.0, last - 0.001);
                (from as usize, from.fract())
            })
            .collect();
        let level = |row: usize, column: usize| f32::from(self.0[row * side + column]);
        let mut levels = Vec::with_capacity(side * side);
        for (row, down) in &places {
            for (column, right) in &places {
                let across =
                    |row| level(row, *column) * (1.0 - right) + level(row, column + 1) * right;
                let value = across(*row) * (1.0 - down) + across(row + 1) * down;
                levels.push(value.round() as u8);
            }
        }
        Self(levels)
    }

    /// The lowest frequencies; `None` for an image without contrast.
    pub(super) fn descriptor(&self) -> Option<Descriptor> {
        let mut by_row = [[0.0_f32; FREQUENCIES]; THUMBNAIL_SIDE];
        let mut levels = [0.0; THUMBNAIL_SIDE];
        let (rows, _) = self.0.as_chunks::<THUMBNAIL_SIDE>();
        for (sums, row) in by_row.iter_mut().zip(rows) {
            for (value, level) in levels.iter_mut().zip(row) {
                *value = f32::from(*level);
            }
            *sums = COSINES.each_ref().map(|wave| dot(wave, &levels));
        }
        let mut values = [0.0_f32; DESCRIPTOR_LENGTH];
        for (value, (v, u)) in values.iter_mut().zip(frequencies()) {
            let terms = COSINES[v].iter().zip(&by_row);
            *value = terms.map(|(cosine, sums)| cosine * sums[u]).sum();
        }
        let norm = values.iter().map(|value| value * value).sum::<f32>().sqrt();
        if norm < 1.0 {
            return None;
        }
        Some(Descriptor(values.map(|value| value / norm)))
    }
}

/// Frequencies per axis, the mean included.
const FREQUENCIES: usize = 7;
/// All of them but the mean.
const DESCRIPTOR_LENGTH: usize = FREQUENCIES * FREQUENCIES - 1;

/// Pairs of (vertical, horizontal) frequency.
fn frequencies() -> impl Iterator<Item = (usize, usize)> {
    (1..FREQUENCIES * FREQUENCIES).map(|index| (index / FREQUENCIES, index % FREQUENCIES))
}

/// The basis of the type-II discrete cosine transform (Ahmed, Natarajan and Rao, 1974), by
/// frequency and position.
static COSINES: LazyLock<[[f32; THUMBNAIL_SIDE]; FREQUENCIES]> = LazyLock::new(|| {
    std::array::from_fn(|frequency| {
        std::array::from_fn(|position| {
            (PI * frequency as f32 * (position as f32 + 0.5) / THUMBNAIL_SIDE as f32).cos()
        })
    })
});

/// Whether a picture is mirrored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Flip {
    pub(super) columns: bool,
    pub(super) rows: bool,
}

impl Flip {
    pub(super) const ALL: [Self; 4] = [
        Self {
            columns: false,
            rows: false,
        },
        Self {
            columns: true,
            rows: false,
        },
        Self {
            columns: false,
            rows: true,
        },
        Self {
            columns: true,
            rows: true,
        },
    ];

    pub(super) fn is_none(self) -> bool {
        !self.columns && !self.rows
    }

    /// The values of a square, row by row, turned over.
    pub(super) fn turned<T: Copy>(self, values: &[T], side: usize) -> Vec<T> {
        let mut turned = Vec::with_capacity(values.len());
        for row in 0..side {
            let row = if self.rows { side - 1 - row } else { row };
            let line = &values[row * side..(row + 1) * side];
            if self.columns {
                turned.extend(line.iter().rev());
            } else {
                turned.extend(line);
            }
        }
        turned
    }
}

/// Numbers that are added side by side, so that a processor's vectors are used.
const LANES: usize = 8;

fn dot(a: &[f32; THUMBNAIL_SIDE], b: &[f32; THUMBNAIL_SIDE]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let (a, b) = (a.as_chunks::<LANES>().0, b.as_chunks::<LANES>().0);
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum()
}

/// Low frequencies of a thumbnail, as a vector of length 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Descriptor([f32; DESCRIPTOR_LENGTH]);

impl Descriptor {
    pub(super) fn distance(&self, other: &Self) -> f32 {
        let mut sums = [0.0_f32; LANES];
        let (a, b) = (
            self.0.as_chunks::<LANES>().0,
            other.0.as_chunks::<LANES>().0,
        );
        for (a, b) in a.iter().zip(b) {
            for lane in 0..LANES {
                sums[lane] += (a[lane] - b[lane]) * (a[lane] - b[lane]);
            }
        }
        sums.iter().sum::<f32>().sqrt()
    }

    /// The descriptor of the mirrored picture: odd frequencies change their sign.
    pub(super) fn flipped(&self, flip: Flip) -> Self {
        let mut values = self.0;
        for (value, (v, u)) in values.iter_mut().zip(frequencies()) {
            if (flip.columns && u % 2 == 1) != (flip.rows && v % 2 == 1) {
                *value = -*value;
            }
        }
        Self(values)
    }
}

impl fmt::Debug for Thumbnail {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Thumbnail(64x64)")
    }
}

impl Serialize for Thumbnail {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Thumbnail {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let levels = Vec::<u8>::deserialize(deserializer)?;
        if levels.len() == THUMBNAIL_SIDE * THUMBNAIL_SIDE {
            Ok(Self(levels))
        } else {
            Err(D::Error::invalid_length(levels.len(), &"64x64 levels"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn picture(seed: usize) -> Thumbnail {
        let levels = (0..THUMBNAIL_SIDE * THUMBNAIL_SIDE).map(|index| {
            let (x, y) = ((index % 64) as f32, (index / 64) as f32);
            let seed = seed as f32;
            let wave = (x * 0.11 + seed).sin() + (y * 0.23 * seed + x * 0.05).cos();
            (127.0 + 50.0 * wave) as u8
        });
        Thumbnail::new(levels.collect())
    }

    #[test]
    fn a_flipped_descriptor_is_that_of_the_flipped_picture() {
        let picture = picture(2);
        for flip in Flip::ALL {
            let direct = picture.flipped(flip).descriptor().unwrap();
            let derived = picture.descriptor().unwrap().flipped(flip);
            assert!(direct.distance(&derived) < 1e-4, "{flip:?}");
        }
        assert_eq!(picture.flipped(Flip::ALL[3]).flipped(Flip::ALL[3]), picture);
    }

    #[test]
    fn a_crop_of_a_ramp_is_the_middle_of_the_ramp() {
        let ramp = (0..64 * 64).map(|index| (index % 64 * 4) as u8).collect();
        let middle = Thumbnail::new(ramp).cropped(0.25);
        // Column 0 lies a quarter of a pixel before pixel 16: 15.75 * 4.
        assert_eq!((middle.levels()[0], middle.levels()[63]), (63, 189));
    }

    #[test]
    fn contrast_and_brightness_do_not_change_a_descriptor() {
        let picture = picture(1);
        let pale = picture
            .levels()
            .iter()
            .map(|level| level / 2 + 60)
            .collect();
        let distance = Thumbnail::new(pale)
            .descriptor()
            .unwrap()
            .distance(&picture.descriptor().unwrap());
        assert!(distance < 0.01, "{distance}");
        assert!(Thumbnail::new(vec![9; 4096]).descriptor().is_none());
    }
}
