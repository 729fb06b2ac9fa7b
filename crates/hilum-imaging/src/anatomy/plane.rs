//! A small grey copy of a slice, and thresholds of its levels.

use crate::{Channels, Interpolation, Pixels};

/// Grey levels, row by row.
pub(super) struct Plane {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) levels: Vec<u8>,
}

impl Plane {
    /// At most `side` pixels per side, the aspect kept.
    pub(super) fn small_copy(pixels: &Pixels, side: usize) -> Self {
        let longest = pixels.width().max(pixels.height());
        let scaled = |length: usize| (length * side).div_ceil(longest).clamp(1, side);
        let small = if longest > side {
            let (width, height) = (scaled(pixels.width()), scaled(pixels.height()));
            pixels.resize(width, height, Interpolation::Bilinear)
        } else {
            pixels.clone()
        };
        let small = match small.channels() {
            Channels::Grey => small,
            Channels::Rgb => small.to_grey(),
        };
        Self {
            width: small.width(),
            height: small.height(),
            levels: small.into_data(),
        }
    }

    /// Which pixels have a level that is looked for.
    pub(super) fn mask(&self, is_set: impl Fn(u8) -> bool) -> Vec<bool> {
        let table: [bool; 256] = std::array::from_fn(|level| is_set(level as u8));
        let levels = self.levels.iter();
        levels.map(|level| table[usize::from(*level)]).collect()
    }

    /// The level that parts the image into dark and bright (Otsu, 1979); `None` if it shows nothing.
    pub(super) fn otsu_threshold(&self) -> Option<f64> {
        let mut histogram = [0; 256];
        for level in &self.levels {
            histogram[usize::from(*level)] += 1;
        }
        otsu(&histogram)
    }

    /// The same of what lies within the spans of a hull.
    pub(super) fn otsu_threshold_within(&self, hull: &[(usize, usize)]) -> Option<f64> {
        otsu(&self.histogram_within(hull))
    }

    /// How often each level stands within the spans of a hull.
    pub(super) fn histogram_within(&self, hull: &[(usize, usize)]) -> [u32; 256] {
        let mut histogram = [0; 256];
        for (row, (from, to)) in self.levels.chunks_exact(self.width).zip(hull) {
            for level in row.get(*from..*to).unwrap_or_default() {
                histogram[usize::from(*level)] += 1;
            }
        }
        histogram
    }
}

/// The threshold with the largest variance between the levels up to it and those above; the
/// middle of all, if there are several (Otsu, A threshold selection method from gray-level
/// histograms, 1979).
pub(super) fn otsu(histogram: &[u32; 256]) -> Option<f64> {
    let total: f64 = histogram.iter().copied().map(f64::from).sum();
    let sum_of = |(level, count): (usize, &u32)| level as f64 * f64::from(*count);
    let sum: f64 = histogram.iter().enumerate().map(sum_of).sum();
    let (mut below, mut sum_below) = (0.0, 0.0);
    let (mut best, mut levels) = (0.0, Vec::new());
    for (level, count) in histogram.iter().enumerate() {
        below += f64::from(*count);
        sum_below += sum_of((level, count));
        let above = total - below;
        if below == 0.0 || above == 0.0 {
            continue;
        }
        let difference = sum_below / below - (sum - sum_below) / above;
        let variance = below * above * difference * difference;
        if variance > best {
            best = variance;
            levels.clear();
        }
        if variance >= best {
            levels.push(level);
        }
    }
    let middle = levels.iter().sum::<usize>() as f64 / levels.len().max(1) as f64;
    (!levels.is_empty()).then_some(middle)
}
