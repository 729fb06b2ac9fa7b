//! A slice at 64x64.

use std::fmt;

use hilum_imaging::THUMBNAIL_SIDE;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// 64x64 grey levels, row by row; both sides are stretched.
#[derive(Clone, PartialEq, Eq)]
pub struct Thumbnail(Vec<u8>);

impl Thumbnail {
    /// # Panics
    /// If `levels` are not 64x64.
    pub(in crate::audit) fn new(levels: Vec<u8>) -> Self {
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

    /// Without `share` of the side at every edge, between pixels linearly.
    pub(in crate::audit) fn cropped(&self, share: f32) -> Self {
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

    #[test]
    fn a_crop_of_a_ramp_is_the_middle_of_the_ramp() {
        let ramp = (0..64 * 64).map(|index| (index % 64 * 4) as u8).collect();
        let middle = Thumbnail::new(ramp).cropped(0.25);
        // Column 0 lies a quarter of a pixel before pixel 16: 15.75 * 4.
        assert_eq!((middle.levels()[0], middle.levels()[63]), (63, 189));
    }
}
