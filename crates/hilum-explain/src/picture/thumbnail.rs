//! A slice and its map, small.

use hilum_font::{Weight, shorten};
use hilum_imaging::{Interpolation, Pixels};

use super::canvas::{Area, Canvas, Letters, NIGHT, PAPER, SMALL};
use super::overlay::{assert_same_size, overlay, without_heat};
use super::scale::{Scale, Silence};
use crate::HeatMap;

/// The longer side of the largest thumbnail.
pub(super) const SIDE: usize = 240;

/// What a sheet or the page of a series keeps of a slice: at most 240 pixels a side, so that
/// hundreds of slices fit into memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Thumbnail {
    slice: Pixels,
    map: HeatMap,
    scale: Result<Scale, Silence>,
    /// Whose it is, such as the file's name; shortened in the middle where room is scarce.
    pub name: String,
    /// Below the name, such as class and probability; empty for the probability of the page's
    /// class alone.
    pub words: String,
    /// How many sanity checks failed.
    pub problem_count: usize,
}

impl Thumbnail {
    /// Shrinks a slice and its map by averaging; small ones stay as they are.
    ///
    /// # Panics
    /// If slice and map differ in size.
    pub fn new(slice: &Pixels, map: &HeatMap, name: &str, words: &str) -> Self {
        assert_same_size(slice, map);
        let (width, height) = size_within(map.width(), map.height(), SIDE);
        Self {
            slice: slice
                .to_grey()
                .resize(width, height, Interpolation::Bilinear),
            map: averaged(map, width, height),
            scale: Scale::of(map),
            name: name.to_owned(),
            words: words.to_owned(),
            problem_count: 0,
        }
    }

    /// The scale of the map at its full size.
    pub(super) fn scale(&self) -> Result<&Scale, &Silence> {
        self.scale.as_ref()
    }

    /// Width and height of what [`picture`](Self::picture) draws: small slices are enlarged by a
    /// whole factor.
    pub(super) fn drawn_size(&self, side: usize) -> (usize, usize) {
        let (width, height) = (self.slice.width(), self.slice.height());
        let zoom = (side / width.max(height)).max(1);
        size_within(width * zoom, height * zoom, side)
    }

    /// Draws the heat in at most `side` pixels, on a scale or else on its own.
    pub(super) fn picture(&self, common: Option<&Scale>, side: usize) -> Pixels {
        let full = match &self.scale {
            Ok(own) => overlay(&self.slice, &self.map, common.unwrap_or(own)),
            Err(_) => without_heat(&self.slice),
        };
        let (width, height) = self.drawn_size(side);
        let interpolation = if width < full.width() {
            Interpolation::Bilinear
        } else {
            Interpolation::Nearest
        };
        let small = full.resize(width, height, interpolation);
        match &self.scale {
            Ok(_) => small,
            Err(silence) => labelled(&small, &silence.to_string()),
        }
    }
}

/// Two words along the upper edge.
fn labelled(picture: &Pixels, words: &str) -> Pixels {
    let letters = Letters::new(SMALL, PAPER);
    let text = shorten(words, Weight::Regular, SMALL, picture.width() as f32 - 4.0);
    let mut canvas = Canvas::of(picture);
    if !text.is_empty() {
        let ground = Area {
            left: 0,
            top: 0,
            width: picture.width(),
            height: hilum_font::line_height(SMALL),
        };
        canvas.fill(ground, NIGHT);
        canvas.write(&text, letters, 2, 0);
    }
    canvas.into_pixels()
}

/// Width and height of the same shape whose longer side is at most `side`.
fn size_within(width: usize, height: usize, side: usize) -> (usize, usize) {
    let longer = width.max(height);
    if longer <= side {
        return (width, height);
    }
    let scaled = |length: usize| ((length * side + longer / 2) / longer).max(1);
    (scaled(width), scaled(height))
}

/// Each value the mean of the part of the map that it covers.
fn averaged(map: &HeatMap, width: usize, height: usize) -> HeatMap {
    if (width, height) == (map.width(), map.height()) {
        return map.clone();
    }
    let columns = shares(map.width(), width);
    let rows = shares(map.height(), height);
    let mean = |line: &mut dyn Iterator<Item = (f32, f32)>| {
        line.map(|(share, value)| share * value).sum::<f32>()
    };
    let narrow: Vec<f32> = map
        .values()
        .chunks_exact(map.width())
        .flat_map(|line| {
            columns.iter().map(move |(first, shares)| {
                mean(&mut shares.iter().copied().zip(line[*first..].iter().copied()))
            })
        })
        .collect();
    let values = rows.iter().flat_map(|(first, shares)| {
        let narrow = &narrow;
        (0..width).map(move |column| {
            let line = (*first..).map(|row| narrow[row * width + column]);
            mean(&mut shares.iter().copied().zip(line))
        })
    });
    HeatMap::new(width, height, values.collect())
}

/// For each of `target` places, the first of `source` places that it covers, and the shares that
/// it has of this and the next ones.
fn shares(source: usize, target: usize) -> Vec<(usize, Vec<f32>)> {
    let step = source as f64 / target as f64;
    let covered = |index: usize| {
        let (from, to) = (index as f64 * step, (index + 1) as f64 * step);
        let first = from as usize;
        let end = (to.ceil() as usize).clamp(first + 1, source);
        let share =
            |place: usize| (to.min((place + 1) as f64) - from.max(place as f64)).max(0.0) / step;
        (
            first,
            (first..end).map(|place| share(place) as f32).collect(),
        )
    };
    (0..target).map(covered).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_is_shrunk_by_averaging() {
        let map = HeatMap::new(4, 2, vec![0.0, 2.0, 4.0, 6.0, 2.0, 4.0, 6.0, 8.0]);
        assert_eq!(averaged(&map, 2, 1).values(), [2.0, 6.0]);
        // Five places in two: half of the middle one goes to each side.
        let map = HeatMap::new(5, 1, vec![1.0, 1.0, 5.0, 0.0, 0.0]);
        let halves = averaged(&map, 2, 1);
        assert!(
            (halves.values()[0] - 1.8).abs() < 1e-6,
            "(1 + 1 + 2.5) / 2.5"
        );
        assert!((halves.values()[1] - 1.0).abs() < 1e-6, "2.5 / 2.5");
    }

    #[test]
    fn a_shape_stays_a_shape() {
        assert_eq!(size_within(512, 512, 240), (240, 240));
        assert_eq!(size_within(317, 251, 240), (240, 190));
        assert_eq!(size_within(5000, 2, 240), (240, 1));
        assert_eq!(size_within(64, 64, 240), (64, 64));
    }
}
