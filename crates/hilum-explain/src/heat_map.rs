//! How much each place of an image speaks for a class.

/// One value for each place of an image, row by row, as a method gave it.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatMap {
    width: usize,
    height: usize,
    values: Vec<f32>,
}

/// Whether a map says anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

    /// From 0 for the coolest place to 1 for the hottest; zeros where there is no
    /// [signal](Self::signal).
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
