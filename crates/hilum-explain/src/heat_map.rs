//! How much each place of an image speaks for a class.

use hilum_imaging::Extent;
use serde::Serialize;

/// One value for each place of an image, row by row, as a method gave it.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatMap {
    width: usize,
    height: usize,
    values: Vec<f32>,
}

/// Whether a map says anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// Places differ.
    Present,
    /// All places are alike: nothing speaks for the class here.
    Flat,
    /// Some values are no numbers.
    NotFinite,
}

impl HeatMap {
    /// Wraps values.
    ///
    /// # Panics
    /// If there are not `width * height` of them, or none.
    pub fn new(width: usize, height: usize, values: Vec<f32>) -> Self {
        assert!(!values.is_empty(), "a map of at least one place");
        assert_eq!(values.len(), width * height, "{width} x {height} values");
        Self {
            width,
            height,
            values,
        }
    }

    /// Columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// As the method gave them, row by row.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The smallest and the largest value.
    pub fn range(&self) -> (f32, f32) {
        let start = (f32::INFINITY, f32::NEG_INFINITY);
        let widen = |(low, high): (f32, f32), value: &f32| (low.min(*value), high.max(*value));
        self.values.iter().fold(start, widen)
    }

    /// Whether there is anything to see.
    pub fn signal(&self) -> Signal {
        if self.values.iter().any(|value| !value.is_finite()) {
            return Signal::NotFinite;
        }
        let (low, high) = self.range();
        if high - low > f32::EPSILON * high.abs().max(low.abs()) {
            Signal::Present
        } else {
            Signal::Flat
        }
    }

    /// The same map at another size: bilinear between middles of pixels, without antialiasing, as
    /// OpenCV's `INTER_LINEAR` and PyTorch's `interpolate(mode="bilinear")`.
    #[must_use]
    pub fn resized(&self, width: usize, height: usize) -> Self {
        let taps = |size: usize, own: usize| -> Vec<Tap> {
            let scale = own as f64 / size as f64;
            let place = |at: usize| (at as f64 + 0.5) * scale - 0.5;
            (0..size).map(|at| Tap::of(place(at), own)).collect()
        };
        self.sampled(&taps(width, self.width), &taps(height, self.height))
    }

    /// The same map at another size, corners on corners, as PyTorch's `UpsamplingBilinear2d`.
    #[must_use]
    pub(crate) fn spread_to(&self, width: usize, height: usize) -> Self {
        let taps = |size: usize, own: usize| -> Vec<Tap> {
            let scale = (own - 1) as f64 / (size - 1).max(1) as f64;
            (0..size)
                .map(|at| Tap::of(at as f64 * scale, own))
                .collect()
        };
        self.sampled(&taps(width, self.width), &taps(height, self.height))
    }

    fn sampled(&self, columns: &[Tap], rows: &[Tap]) -> Self {
        let mut values = Vec::with_capacity(columns.len() * rows.len());
        for row in rows {
            let [upper, lower] = [row.first, row.second].map(|at| &self.values[at * self.width..]);
            for column in columns {
                let across = |row: &[f32]| column.between(row[column.first], row[column.second]);
                values.push(row.between(across(upper), across(lower)));
            }
        }
        Self::new(columns.len(), rows.len(), values)
    }

    /// A part of it.
    ///
    /// # Panics
    /// If `part` reaches beyond the map.
    #[must_use]
    pub fn cut(&self, part: Extent) -> Self {
        let rows = self.values.chunks_exact(self.width);
        let rows = rows.skip(part.top).take(part.height);
        let values = rows.flat_map(|row| &row[part.left..part.left + part.width]);
        Self::new(part.width, part.height, values.copied().collect())
    }

    /// It within a larger map, with zeros around it.
    ///
    /// # Panics
    /// If it reaches beyond the larger one at `place`, whose sides must be its own.
    #[must_use]
    pub fn within(&self, width: usize, height: usize, place: Extent) -> Self {
        assert_eq!((self.width, self.height), (place.width, place.height));
        let mut values = vec![0.0; width * height];
        for (row, from) in self.values.chunks_exact(self.width).enumerate() {
            let start = (place.top + row) * width + place.left;
            values[start..start + self.width].copy_from_slice(from);
        }
        Self::new(width, height, values)
    }

    /// From 0 for the coolest place to 1 for the hottest; zeros where there is no
    /// [signal](Self::signal).
    #[must_use]
    pub fn normalised(&self) -> Self {
        let (low, high) = self.range();
        let has_signal = self.signal() == Signal::Present;
        let of_range = |value: &f32| {
            if has_signal {
                (value - low) / (high - low)
            } else {
                0.0
            }
        };
        Self {
            values: self.values.iter().map(of_range).collect(),
            ..*self
        }
    }
}

/// Two neighbours along one side, and the second one's share.
#[derive(Debug, Clone, Copy)]
struct Tap {
    first: usize,
    second: usize,
    share: f32,
}

impl Tap {
    /// Of the place `at` among `size` values.
    fn of(at: f64, size: usize) -> Self {
        let floor = at.floor();
        let inside = |place: f64| place.clamp(0.0, (size - 1) as f64) as usize;
        Self {
            first: inside(floor),
            second: inside(floor + 1.0),
            share: (at - floor) as f32,
        }
    }

    fn between(self, first: f32, second: f32) -> f32 {
        first + self.share * (second - first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_spans_from_nothing_to_one() {
        let map = HeatMap::new(2, 2, vec![-1.0, 0.0, 1.0, 3.0]);
        assert_eq!(map.signal(), Signal::Present);
        assert_eq!(map.normalised().values(), [0.0, 0.25, 0.5, 1.0]);
    }

    #[test]
    fn a_map_grows_between_the_middles_of_its_places() {
        // torch.nn.functional.interpolate(mode="bilinear", align_corners=False).
        let map = HeatMap::new(2, 1, vec![0.0, 1.0]);
        assert_eq!(map.resized(4, 1).values(), [0.0, 0.25, 0.75, 1.0]);
        assert_eq!(map.resized(2, 2).values(), [0.0, 1.0, 0.0, 1.0]);
        assert_eq!(map.resized(1, 1).values(), [0.5]);
        // torch.nn.UpsamplingBilinear2d.
        assert_eq!(map.spread_to(3, 1).values(), [0.0, 0.5, 1.0]);
        assert_eq!(map.spread_to(1, 1).values(), [0.0]);
    }

    #[test]
    fn what_says_nothing_is_called_so() {
        for (values, signal) in [
            (vec![0.0, 0.0], Signal::Flat),
            (vec![2.5, 2.5], Signal::Flat),
            (vec![0.0, f32::NAN], Signal::NotFinite),
            (vec![f32::INFINITY, 0.0], Signal::NotFinite),
        ] {
            let map = HeatMap::new(2, 1, values);
            assert_eq!(map.signal(), signal);
            assert_eq!(map.normalised().values(), [0.0, 0.0]);
        }
    }
}
