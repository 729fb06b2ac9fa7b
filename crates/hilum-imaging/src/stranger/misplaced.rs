//! Slices that nobody looks at in this way.

use crate::augment::draws::Draws;
use crate::{Interpolation, Pixels};

/// What is wrong with how a slice lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Misplacement {
    /// Front and back exchanged: a slice read from the wrong end, or prone.
    UpsideDown,
    /// Turned by half a circle.
    HalfTurn,
    /// Turned by a quarter to the left.
    LeftTurn,
    /// Turned by a quarter to the right.
    RightTurn,
    /// Black is white.
    Inverted,
    /// Tiles exchanged: the right textures in the wrong places.
    CutUp,
}

impl Misplacement {
    /// Every one.
    pub const ALL: [Self; 6] = [
        Self::UpsideDown,
        Self::HalfTurn,
        Self::LeftTurn,
        Self::RightTurn,
        Self::Inverted,
        Self::CutUp,
    ];

    /// The slice, so displaced, in its own size. `seed` decides which tiles are exchanged.
    #[must_use]
    pub fn of(self, pixels: &Pixels, seed: u64) -> Pixels {
        let (width, height) = (pixels.width(), pixels.height());
        match self {
            Self::UpsideDown => moved(pixels, width, height, |row, column| {
                (height - 1 - row, column)
            }),
            Self::HalfTurn => moved(pixels, width, height, |row, column| {
                (height - 1 - row, width - 1 - column)
            }),
            Self::LeftTurn => moved(pixels, height, width, |row, column| {
                (column, width - 1 - row)
            })
            .resize(width, height, Interpolation::Bilinear),
            Self::RightTurn => moved(pixels, height, width, |row, column| {
                (height - 1 - column, row)
            })
            .resize(width, height, Interpolation::Bilinear),
            Self::Inverted => {
                let data = pixels.data().iter().map(|value| u8::MAX - value);
                Pixels::new(width, height, pixels.channels(), data.collect())
            }
            Self::CutUp => cut_up(pixels, seed),
        }
    }
}

/// A picture whose pixel at a row and column is that of `pixels` at `from` of them.
fn moved(
    pixels: &Pixels,
    width: usize,
    height: usize,
    from: impl Fn(usize, usize) -> (usize, usize),
) -> Pixels {
    let channels = pixels.channels().count();
    let mut data = Vec::with_capacity(pixels.data().len());
    for row in 0..height {
        for column in 0..width {
            let (row, column) = from(row, column);
            let start = (row * pixels.width() + column) * channels;
            data.extend_from_slice(&pixels.data()[start..start + channels]);
        }
    }
    Pixels::new(width, height, pixels.channels(), data)
}

fn cut_up(pixels: &Pixels, seed: u64) -> Pixels {
    let mut random = Draws::new(*b"cut up\0\0", seed, 0, 0);
    let tiles = if random.half() { 2 } else { 4 };
    let (width, height) = (pixels.width(), pixels.height());
    let [tile_width, tile_height] = [width, height].map(|side| (side / tiles).max(1));
    let mut order: Vec<usize> = (0..tiles * tiles).collect();
    // Fisher & Yates.
    for at in (1..order.len()).rev() {
        order.swap(at, (random.unit() * (at + 1) as f64) as usize);
    }
    moved(pixels, width, height, |row, column| {
        let [down, across] = [row / tile_height, column / tile_width];
        if down >= tiles || across >= tiles {
            return (row, column);
        }
        let source = order[down * tiles + across];
        (
            source / tiles * tile_height + row % tile_height,
            source % tiles * tile_width + column % tile_width,
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Channels;

    #[test]
    fn turns_are_those_of_their_names() {
        // 1 2
        // 3 4
        let slice = Pixels::new(2, 2, Channels::Grey, vec![1, 2, 3, 4]);
        for (how, expected) in [
            (Misplacement::UpsideDown, [3, 4, 1, 2]),
            (Misplacement::HalfTurn, [4, 3, 2, 1]),
            (Misplacement::LeftTurn, [2, 4, 1, 3]),
            (Misplacement::RightTurn, [3, 1, 4, 2]),
            (Misplacement::Inverted, [254, 253, 252, 251]),
        ] {
            assert_eq!(how.of(&slice, 0).data(), expected, "{how:?}");
        }
    }

    #[test]
    fn every_one_keeps_size_and_channels_and_what_is_cut_up_keeps_its_pixels() {
        let data: Vec<u8> = (0..9 * 7 * 3).map(|at| (at * 37 % 251) as u8).collect();
        let slice = Pixels::new(9, 7, Channels::Rgb, data);
        for how in Misplacement::ALL {
            let found = how.of(&slice, 5);
            let shape = |pixels: &Pixels| (pixels.width(), pixels.height(), pixels.channels());
            assert_eq!(shape(&found), shape(&slice));
            assert_ne!(found, slice, "{how:?}");
        }
        let sorted = |pixels: &Pixels| {
            let mut data = pixels.data().to_vec();
            data.sort_unstable();
            data
        };
        assert_eq!(sorted(&Misplacement::CutUp.of(&slice, 5)), sorted(&slice));
    }
}
