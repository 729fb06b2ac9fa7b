//! Connected regions of a mask.

use std::mem;

/// Pixels that touch one another at a side, numbered from 0.
pub(super) struct Regions {
    /// Pixels, region after region.
    pixels: Vec<u32>,
    /// Where each region ends in `pixels`.
    ends: Vec<usize>,
}

impl Regions {
    /// The regions of the pixels that are set.
    pub(super) fn of(mask: &[bool], width: usize, height: usize) -> Self {
        // A frame of pixels that are not set, so that all have four neighbours.
        let stride = width + 2;
        let mut left = vec![false; stride * (height + 2)];
        for (row, values) in mask.chunks_exact(width).enumerate() {
            let start = (row + 1) * stride + 1;
            left[start..start + width].copy_from_slice(values);
        }
        let (mut pixels, mut ends) = (Vec::new(), Vec::new());
        // Where the pixels of a region lie in the mask, and in the frame.
        let mut found: Vec<(u32, u32)> = Vec::new();
        for row in 0..height {
            for column in 0..width {
                let framed = (row + 1) * stride + column + 1;
                if !left[framed] {
                    continue;
                }
                left[framed] = false;
                found.clear();
                found.push(((row * width + column) as u32, framed as u32));
                let mut next = 0;
                while let Some((at, framed)) = found.get(next).copied() {
                    next += 1;
                    let (width, stride) = (width as u32, stride as u32);
                    for (at, framed) in [
                        (at.wrapping_sub(1), framed - 1),
                        (at + 1, framed + 1),
                        (at.wrapping_sub(width), framed - stride),
                        (at + width, framed + stride),
                    ] {
                        if mem::take(&mut left[framed as usize]) {
                            found.push((at, framed));
                        }
                    }
                }
                pixels.extend(found.iter().map(|(at, _)| *at));
                ends.push(pixels.len());
            }
        }
        Self { pixels, ends }
    }

    pub(super) fn numbers(&self) -> std::ops::Range<usize> {
        0..self.ends.len()
    }

    pub(super) fn size(&self, region: usize) -> usize {
        self.ends[region] - self.start(region)
    }

    /// The region of the most pixels; `None` if there is none.
    pub(super) fn largest(&self) -> Option<usize> {
        self.numbers().max_by_key(|region| self.size(*region))
    }

    /// The indices of a region's pixels.
    pub(super) fn pixels(&self, region: usize) -> impl Iterator<Item = usize> {
        let range = self.start(region)..self.ends[region];
        self.pixels[range].iter().map(|at| *at as usize)
    }

    fn start(&self, region: usize) -> usize {
        region.checked_sub(1).map_or(0, |before| self.ends[before])
    }
}

/// The mask without what is thinner than three pixels: eroded and dilated by a cross of three.
pub(super) fn opened(mask: &[bool], width: usize, height: usize) -> Vec<bool> {
    let eroded = with_neighbours(mask, width, height, |one, other| one & other);
    with_neighbours(&eroded, width, height, |one, other| one | other)
}

/// Each pixel and its four neighbours, joined two by two; beyond the edge the edge goes on.
fn with_neighbours(
    mask: &[bool],
    width: usize,
    height: usize,
    join: impl Fn(bool, bool) -> bool,
) -> Vec<bool> {
    let row = |y: usize| &mask[y * width..(y + 1) * width];
    let mut joined = mask.to_vec();
    for (y, joined) in joined.chunks_exact_mut(width).enumerate() {
        let rows = row(y.saturating_sub(1))
            .iter()
            .zip(row((y + 1).min(height - 1)));
        for (value, (above, below)) in joined.iter_mut().zip(rows) {
            *value = join(*value, join(*above, *below));
        }
        let beside = row(y);
        for (value, left) in joined[1..].iter_mut().zip(beside) {
            *value = join(*value, *left);
        }
        for (value, right) in joined.iter_mut().zip(&beside[1..]) {
            *value = join(*value, *right);
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `#` is set.
    fn mask(rows: &[&str]) -> Vec<bool> {
        rows.concat().bytes().map(|byte| byte == b'#').collect()
    }

    #[test]
    fn regions_touch_at_sides_and_come_in_the_order_of_their_first_pixels() {
        let mask = mask(&["##..#", ".#..#", "#.#.#"]);
        let regions = Regions::of(&mask, 5, 3);
        let found = regions
            .numbers()
            .map(|region| regions.pixels(region).collect());
        let found: Vec<Vec<usize>> = found.collect();
        let expected = [vec![0, 1, 6], vec![4, 9, 14], vec![10], vec![12]];
        assert_eq!(found, expected);
        assert_eq!(regions.largest(), Some(1));
    }

    #[test]
    fn rows_do_not_touch_from_one_end_to_the_other() {
        let mask = mask(&["..#", "#..", "..#"]);
        assert_eq!(Regions::of(&mask, 3, 3).numbers().len(), 3);
        assert_eq!(Regions::of(&[false; 4], 2, 2).largest(), None);
    }

    /// The expected masks were found by hand.
    #[test]
    fn opening_takes_away_what_is_thin_and_keeps_the_edge() {
        let thin = mask(&["......", ".####.", "......", "......"]);
        assert!(!opened(&thin, 6, 4).contains(&true));
        let thick = mask(&["###..", "###..", "####.", "....."]);
        assert_eq!(
            opened(&thick, 5, 4),
            mask(&["###..", "###..", "##...", "....."])
        );
        assert_eq!(opened(&[true], 1, 1), [true]);
    }
}
