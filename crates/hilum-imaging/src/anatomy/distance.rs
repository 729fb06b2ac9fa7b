//! How far each pixel is from a mask, and what grows and shrinks by that.

use crate::Mask;

/// The mask with all bays filled that a disc of `radius` pixels does not fit into: dilated and
/// eroded by it (Serra, Image analysis and mathematical morphology, 1982). Beyond the image's edge
/// there is nothing.
pub(super) fn closed(mask: &Mask, radius: f64) -> Mask {
    let margin = radius.ceil() as usize + 1;
    let (width, height) = (mask.width() + 2 * margin, mask.height() + 2 * margin);
    let mut padded = vec![false; width * height];
    for (row, values) in mask.is_set().chunks_exact(mask.width()).enumerate() {
        let start = (row + margin) * width + margin;
        padded[start..start + values.len()].copy_from_slice(values);
    }
    let most = radius * radius;
    let near = squared_distances(&padded, width, height);
    let beyond: Vec<bool> = near.into_iter().map(|squared| squared > most).collect();
    let depth = squared_distances(&beyond, width, height);
    let is_set = (0..mask.height()).flat_map(|row| {
        let start = (row + margin) * width + margin;
        depth[start..start + mask.width()]
            .iter()
            .map(|squared| *squared > most)
    });
    Mask::new(mask.width(), mask.height(), is_set.collect())
}

/// The squared distance of every pixel to the nearest one that is set; infinite if there is none
/// (Felzenszwalb and Huttenlocher, Distance transforms of sampled functions, 2012).
fn squared_distances(is_set: &[bool], width: usize, height: usize) -> Vec<f64> {
    let mut squared: Vec<f64> = is_set
        .iter()
        .map(|is_set| if *is_set { 0.0 } else { f64::INFINITY })
        .collect();
    let mut envelope = Envelope::default();
    for row in squared.chunks_exact_mut(width) {
        let values = row.to_vec();
        envelope.transform(&values, |at, value| row[at] = value);
    }
    let mut column = vec![0.0; height];
    for x in 0..width {
        for (y, value) in column.iter_mut().enumerate() {
            *value = squared[y * width + x];
        }
        envelope.transform(&column, |y, value| squared[y * width + x] = value);
    }
    squared
}

/// The lower envelope of parabolas, one at each place.
#[derive(Default)]
struct Envelope {
    /// Where the parabolas stand.
    places: Vec<usize>,
    /// From where on each is the lowest.
    starts: Vec<f64>,
}

impl Envelope {
    fn transform(&mut self, values: &[f64], mut store: impl FnMut(usize, f64)) {
        self.places.clear();
        self.starts.clear();
        for (at, value) in values
            .iter()
            .enumerate()
            .filter(|(_, value)| value.is_finite())
        {
            let height = |at: usize, value: f64| value + (at * at) as f64;
            while let (Some(last), Some(start)) = (self.places.last(), self.starts.last()) {
                let difference = height(at, *value) - height(*last, values[*last]);
                let crossing = difference / (2 * (at - last)) as f64;
                if crossing > *start {
                    self.starts.push(crossing);
                    break;
                }
                self.places.pop();
                self.starts.pop();
            }
            if self.places.is_empty() {
                self.starts.push(f64::NEG_INFINITY);
            }
            self.places.push(at);
        }
        if self.places.is_empty() {
            return;
        }
        let mut lowest = 0;
        for at in 0..values.len() {
            while self
                .starts
                .get(lowest + 1)
                .is_some_and(|start| *start < at as f64)
            {
                lowest += 1;
            }
            let place = self.places[lowest];
            let apart = at.abs_diff(place) as f64;
            store(at, apart * apart + values[place]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against every pair of pixels.
    #[test]
    fn distances_are_those_to_the_nearest_pixel() {
        let (width, height) = (23, 17);
        let mut state = 7_u32;
        let is_set: Vec<bool> = (0..width * height)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state >> 27 == 0
            })
            .collect();
        let squared = squared_distances(&is_set, width, height);
        for (at, found) in squared.iter().enumerate() {
            let to = |other: usize| {
                let (dx, dy) = (
                    (at % width).abs_diff(other % width),
                    (at / width).abs_diff(other / width),
                );
                (dx * dx + dy * dy) as f64
            };
            let nearest = (0..is_set.len()).filter(|other| is_set[*other]).map(to);
            assert_eq!(*found, nearest.fold(f64::INFINITY, f64::min));
        }
        let none = squared_distances(&[false; 6], 3, 2);
        assert!(none.iter().all(|squared| squared.is_infinite()));
    }

    #[test]
    fn closing_fills_a_bay_and_leaves_straight_edges() {
        // A block with a bay of 4 x 6 at its upper edge.
        let is_block = |at: usize| {
            let (x, y) = (at % 40, at / 40);
            let is_bay = (18..22).contains(&x) && y < 16;
            (10..30).contains(&x) && (10..30).contains(&y) && !is_bay
        };
        let block = Mask::new(40, 40, (0..1600).map(is_block).collect());
        let filled = closed(&block, 8.0);
        let whole = |at: usize| (10..30).contains(&(at % 40)) && (10..30).contains(&(at / 40));
        for at in 0..1600 {
            if is_block(at) {
                assert!(filled.is_set()[at]);
            }
            if !whole(at) {
                assert!(!filled.is_set()[at]);
            }
        }
        // The disc bulges into its mouth by less than a pixel: four of them.
        assert_eq!(filled.count(), 400 - 4);
        // A disc of radius 1 fits into the bay, but not into its two corners.
        assert_eq!(closed(&block, 1.0).count(), block.count() + 2);
    }

    #[test]
    fn a_mask_at_the_edge_stays_what_it_is() {
        let edge = Mask::new(20, 20, (0..400).map(|at| at % 20 < 5).collect());
        assert!(closed(&edge, 6.0) == edge);
    }
}
