//! Which pixels of an image belong to something.

/// A yes or no for each pixel, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask {
    width: usize,
    height: usize,
    is_set: Vec<bool>,
}

impl Mask {
    /// Wraps values.
    ///
    /// # Panics
    /// If there are not `width * height` of them.
    pub fn new(width: usize, height: usize, is_set: Vec<bool>) -> Self {
        assert_eq!(is_set.len(), width * height, "{width} x {height} values");
        Self {
            width,
            height,
            is_set,
        }
    }

    /// Pixels whose middle lies within `radius` of a place; the middle of the first is at (0.5, 0.5).
    pub fn disc(width: usize, height: usize, (x, y): (f64, f64), radius: f64) -> Self {
        let is_near = |at: usize| {
            let (column, row) = ((at % width) as f64 + 0.5, (at / width) as f64 + 0.5);
            (column - x).hypot(row - y) <= radius
        };
        Self::new(width, height, (0..width * height).map(is_near).collect())
    }

    /// Columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Whether each pixel belongs to it, row by row.
    pub fn is_set(&self) -> &[bool] {
        &self.is_set
    }

    /// How many pixels belong to it.
    pub fn count(&self) -> usize {
        self.is_set.iter().filter(|is_set| **is_set).count()
    }

    /// How many pixels belong to both.
    ///
    /// # Panics
    /// If they are not of the same size.
    pub fn common(&self, other: &Self) -> usize {
        assert_eq!(
            (self.width, self.height),
            (other.width, other.height),
            "masks of one image"
        );
        let pairs = self.is_set.iter().zip(&other.is_set);
        pairs.filter(|(one, other)| **one && **other).count()
    }

    /// The share of the image that belongs to it.
    pub fn share(&self) -> f64 {
        self.count() as f64 / self.is_set.len() as f64
    }

    /// For an image of another size: bilinear between the middles of pixels, cut at one half.
    pub(crate) fn scaled(&self, width: usize, height: usize) -> Self {
        let columns = weights(self.width, width);
        let rows = weights(self.height, height);
        let mut is_set = Vec::with_capacity(width * height);
        for (top, bottom, down) in rows {
            let (upper, lower) = (
                &self.is_set[top * self.width..],
                &self.is_set[bottom * self.width..],
            );
            let value = |set: bool| f32::from(u8::from(set));
            is_set.extend(columns.iter().map(|(left, right, along)| {
                let above = value(upper[*left]) * (1.0 - along) + value(upper[*right]) * along;
                let below = value(lower[*left]) * (1.0 - along) + value(lower[*right]) * along;
                above * (1.0 - down) + below * down >= 0.5
            }));
        }
        Self::new(width, height, is_set)
    }
}

/// For each of `to` places the two of `from` beside it, and how far it is from the first.
fn weights(from: usize, to: usize) -> Vec<(usize, usize, f32)> {
    let scale = from as f32 / to as f32;
    let last = from - 1;
    let place = |at: usize| {
        let position = ((at as f32 + 0.5) * scale - 0.5).clamp(0.0, last as f32);
        let first = (position as usize).min(last);
        (first, (first + 1).min(last), position - first as f32)
    };
    (0..to).map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disc_has_the_area_of_a_circle_also_when_scaled() {
        let disc = Mask::disc(100, 80, (50.0, 30.0), 20.0);
        let area = std::f64::consts::PI * 400.0;
        assert!((disc.count() as f64 / area - 1.0).abs() < 0.02);
        let larger = disc.scaled(250, 200);
        assert!((larger.share() / disc.share() - 1.0).abs() < 0.02);
        let whole = Mask::disc(250, 200, (125.0, 75.0), 50.0);
        let common = larger.common(&whole) as f64;
        assert!(common / whole.count() as f64 > 0.97);
    }

    #[test]
    fn an_image_of_one_pixel_scales() {
        let one = Mask::new(1, 1, vec![true]);
        assert_eq!(one.scaled(3, 2).count(), 6);
    }
}
