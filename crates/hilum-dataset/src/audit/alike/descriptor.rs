//! The lowest spatial frequencies of a slice, which hardly change when it is saved again,
//! brightened or cropped a little.

use std::f32::consts::PI;
use std::sync::LazyLock;

use super::flip::Flip;
use crate::audit::facts::{THUMBNAIL_SIDE, Thumbnail};

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

/// Low frequencies of a thumbnail, as a vector of length 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Descriptor([f32; DESCRIPTOR_LENGTH]);

impl Descriptor {
    /// `None` for an image without contrast.
    pub(super) fn of(thumbnail: &Thumbnail) -> Option<Self> {
        let mut by_row = [[0.0_f32; FREQUENCIES]; THUMBNAIL_SIDE];
        let mut levels = [0.0; THUMBNAIL_SIDE];
        let (rows, _) = thumbnail.levels().as_chunks::<THUMBNAIL_SIDE>();
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
        Some(Self(values.map(|value| value / norm)))
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    fn flipped(thumbnail: &Thumbnail, flip: Flip) -> Thumbnail {
        Thumbnail::new(flip.turned(thumbnail.levels(), THUMBNAIL_SIDE))
    }

    fn picture(seed: usize) -> Thumbnail {
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
            let direct = Descriptor::of(&flipped(&picture, flip)).unwrap();
            let derived = Descriptor::of(&picture).unwrap().flipped(flip);
            assert!(direct.distance(&derived) < 1e-4, "{flip:?}");
        }
        let twice = flipped(&flipped(&picture, Flip::ALL[3]), Flip::ALL[3]);
        assert_eq!(twice, picture);
    }

    #[test]
    fn contrast_and_brightness_do_not_change_a_descriptor() {
        let picture = picture(1);
        let pale = picture
            .levels()
            .iter()
            .map(|level| level / 2 + 60)
            .collect();
        let descriptor = |thumbnail: &Thumbnail| Descriptor::of(thumbnail).unwrap();
        let distance = descriptor(&Thumbnail::new(pale)).distance(&descriptor(&picture));
        assert!(distance < 0.01, "{distance}");
        assert!(Descriptor::of(&Thumbnail::new(vec![9; 4096])).is_none());
    }
}
