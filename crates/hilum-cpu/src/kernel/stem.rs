//! Convolutions of images with few channels: the first of a network.
//!
//! With one or three channels, gathering the values under the kernel costs as much as multiplying
//! them. The distances from the first of them are the same for every pixel, so a table of them
//! takes the place of the gathered row. The image must have its padding around it.

use super::matrix::Panels;
use super::window::{Order, Window};
use super::winograd::largest_of_four;
use crate::simd::Simd;

/// Distances from the first value under the kernel to all others, in the order of the weights,
/// for images of `stride` values per pixel.
pub(crate) fn distances(window: &Window, stride: usize) -> Vec<usize> {
    let row = window.input[1] * stride;
    let run = window.kernel[1] * stride;
    let rows = 0..window.kernel[0];
    rows.flat_map(|tap| tap * row..tap * row + run).collect()
}

/// What is done.
#[derive(Clone, Copy)]
pub(crate) struct Stem<'a> {
    pub(crate) window: &'a Window,
    pub(crate) order: Order,
    /// The padded batch.
    pub(crate) image: *const f32,
    /// Values per pixel.
    pub(crate) stride: usize,
    pub(crate) distances: &'a [usize],
    /// Packed weights.
    pub(crate) weights: *const f32,
    /// Filters, padding included.
    pub(crate) k: usize,
    /// One value per filter.
    pub(crate) bias: *const f32,
    /// The result is limited to `low..=high`.
    pub(crate) low: f32,
    /// See `low`.
    pub(crate) high: f32,
    /// The batch's result; pooled in that order.
    pub(crate) to: *mut f32,
    /// Where the pool's choices go, if not null.
    pub(crate) choice: *mut f32,
}

impl Stem<'_> {
    /// Computed pixels `first..first + count`; whole windows of the pool in its order.
    ///
    /// # Safety
    /// Inside of `S::vectorize`; all pointers are valid for what they stand for.
    #[inline(always)]
    pub(crate) unsafe fn run<S: Simd>(&self, s: S, first: usize, count: usize) {
        if S::REGISTERS == 32 {
            self.tiles::<S, 8>(s, first, count);
        } else {
            self.tiles::<S, 4>(s, first, count);
        }
    }

    #[inline(always)]
    unsafe fn tiles<S: Simd, const M: usize>(&self, s: S, first: usize, count: usize) {
        let panels = Panels::new::<S>(self.k);
        let mut place = self.window.place(self.order, first);
        let mut done = 0;
        while done < count {
            let height = M.min(count - done);
            let mut pixels = [self.image; M];
            for i in 0..M {
                if i < height {
                    let row =
                        place.image * self.window.input[0] + place.row * self.window.stride[0];
                    let pixel = row * self.window.input[1] + place.column * self.window.stride[1];
                    pixels[i] = self.image.add(pixel * self.stride);
                    self.window.advance(self.order, &mut place);
                } else {
                    pixels[i] = pixels[i - 1];
                }
            }
            for panel in 0..panels.count() {
                let column = panels.start(panel) * S::LANES;
                match panels.width(panel) {
                    1 => self.tile::<S, M, 1>(s, &pixels, column, first + done, height),
                    2 => self.tile::<S, M, 2>(s, &pixels, column, first + done, height),
                    _ => self.tile::<S, M, 3>(s, &pixels, column, first + done, height),
                }
            }
            done += height;
        }
    }

    #[inline(always)]
    unsafe fn tile<S: Simd, const M: usize, const N: usize>(
        &self,
        s: S,
        pixels: &[*const f32; M],
        column: usize,
        first: usize,
        height: usize,
    ) {
        let mut sums = [[s.splat(0.0); N]; M];
        for j in 0..N {
            let bias = s.load(self.bias.add(column + j * S::LANES));
            for row in &mut sums {
                row[j] = bias;
            }
        }
        let mut weights = self.weights.add(column * self.distances.len());
        for distance in self.distances {
            let mut row = [s.splat(0.0); N];
            for (j, weight) in row.iter_mut().enumerate() {
                *weight = s.load(weights.add(j * S::LANES));
            }
            for i in 0..M {
                let x = s.splat(*pixels[i].add(*distance));
                for j in 0..N {
                    sums[i][j] = s.fma(x, row[j], sums[i][j]);
                }
            }
            weights = weights.add(N * S::LANES);
        }
        let (low, high) = (s.splat(self.low), s.splat(self.high));
        for j in 0..N {
            let column = column + j * S::LANES;
            if self.order == Order::Pooled {
                for window in 0..M / 4 {
                    if 4 * window < height {
                        let four = [
                            sums[4 * window][j],
                            sums[4 * window + 1][j],
                            sums[4 * window + 2][j],
                            sums[4 * window + 3][j],
                        ];
                        let at = (first / 4 + window) * self.k + column;
                        let largest = largest_of_four(s, four, self.choice, at);
                        s.store(self.to.add(at), s.min(high, s.max(low, largest)));
                    }
                }
            } else {
                for (i, row) in sums.iter().enumerate() {
                    if i < height {
                        let at = (first + i) * self.k + column;
                        s.store(self.to.add(at), s.min(high, s.max(low, row[j])));
                    }
                }
            }
        }
    }
}
