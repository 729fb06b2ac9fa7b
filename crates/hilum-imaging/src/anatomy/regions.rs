//! Connected regions of a mask.

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
        let mut left: Vec<bool> = mask.to_vec();
        let (mut pixels, mut ends) = (Vec::new(), Vec::new());
        for start in 0..width * height {
            if !left[start] {
                continue;
            }
            left[start] = false;
            let mut next = pixels.len();
            pixels.push(start as u32);
            while let Some(at) = pixels.get(next).map(|at| *at as usize) {
                next += 1;
                let (x, y) = (at % width, at / width);
                let neighbours = [
                    (x > 0).then(|| at - 1),
                    (x + 1 < width).then_some(at + 1),
                    (y > 0).then(|| at - width),
                    (y + 1 < height).then_some(at + width),
                ];
                for neighbour in neighbours.into_iter().flatten() {
                    if left[neighbour] {
                        left[neighbour] = false;
                        pixels.push(neighbour as u32);
                    }
                }
            }
            ends.push(pixels.len());
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
    let eroded = with_neighbours(mask, width, height, |all| all.iter().all(|is_set| *is_set));
    with_neighbours(&eroded, width, height, |all| all.contains(&true))
}

/// What `decide` says of each pixel and its four neighbours; beyond the edge the edge goes on.
fn with_neighbours(
    mask: &[bool],
    width: usize,
    height: usize,
    decide: impl Fn(&[bool; 5]) -> bool,
) -> Vec<bool> {
    let mut decided = vec![false; mask.len()];
    for y in 0..height {
        for x in 0..width {
            let at = |x: usize, y: usize| mask[y * width + x];
            decided[y * width + x] = decide(&[
                at(x, y),
                at(x.saturating_sub(1), y),
                at((x + 1).min(width - 1), y),
                at(x, y.saturating_sub(1)),
                at(x, (y + 1).min(height - 1)),
            ]);
        }
    }
    decided
}
