//! Convolutions of images with few channels: the first of a network.
//!
//! With one or three channels, gathering the values under the kernel costs as much as multiplying
//! them. The distances from the first of them are the same for every pixel, so a table of them
//! takes the place of the gathered row. The image must have its padding around it.

use super::matrix::Panels;
use super::pool::{index_of_largest, largest_of_four};
use super::window::{Order, Place, Window};
use crate::simd::{Simd, registers};

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
    pub(crate) image: &'a [f32],
    /// Values per pixel.
    pub(crate) stride: usize,
    pub(crate) distances: &'a [usize],
    /// Packed weights.
    pub(crate) weights: &'a [f32],
    /// Filters, padding included.
    pub(crate) k: usize,
    /// One value per filter.
    pub(crate) bias: &'a [f32],
    /// The result is limited to `low..=high`.
    pub(crate) low: f32,
    /// See `low`.
    pub(crate) high: f32,
}

/// What a stem writes: its pixels `first..first + count`, or as many quarters where a pool
/// follows.
pub(crate) struct StemResult<'a> {
    pub(crate) values: &'a mut [f32],
    /// Where the pool's choices go.
    pub(crate) choice: Option<&'a mut [f32]>,
}

impl Stem<'_> {
    /// Computed pixels `first..first + count`; whole windows of the pool in its order.
    ///
    /// # Panics
    /// If image, weights, bias or result are too short.
    #[inline(always)]
    pub(crate) fn run<S: Simd>(&self, s: S, first: usize, count: usize, to: StemResult<'_>) {
        if S::REGISTERS == 32 {
            self.tiles::<S, 8>(s, first, count, to);
        } else {
            self.tiles::<S, 4>(s, first, count, to);
        }
    }

    #[inline(always)]
    fn tiles<S: Simd, const M: usize>(
        &self,
        s: S,
        first: usize,
        count: usize,
        mut to: StemResult<'_>,
    ) {
        let panels = Panels::new::<S>(self.k);
        let mut place = self.window.place(self.order, first);
        let reach = self.distances.iter().max().map_or(0, |most| most + 1);
        let mut done = 0;
        while done < count {
            let height = M.min(count - done);
            let pixels = self.pixels::<M>(&mut place, height, reach);
            for panel in 0..panels.count() {
                let column = panels.start(panel) * S::LANES;
                // SAFETY: every pixel has as many values behind it as the distances reach.
                unsafe {
                    match panels.width(panel) {
                        1 => self.tile::<S, M, 1>(s, &pixels, column, done, height, &mut to),
                        2 => self.tile::<S, M, 2>(s, &pixels, column, done, height, &mut to),
                        _ => self.tile::<S, M, 3>(s, &pixels, column, done, height, &mut to),
                    }
                }
            }
            done += height;
        }
    }

    /// Where the values under the kernel begin for the next `height` pixels, which `place` passes; the last one again
    /// and again where they are fewer than `M`.
    ///
    /// # Panics
    /// If the image does not reach as far as any of them does.
    #[inline(always)]
    fn pixels<const M: usize>(
        &self,
        place: &mut Place,
        height: usize,
        reach: usize,
    ) -> [*const f32; M] {
        let window = self.window;
        let start = |place: &Place| {
            let row = place.image * window.input[0] + place.row * window.stride[0];
            (row * window.input[1] + place.column * window.stride[1]) * self.stride
        };
        // Mostly they are neighbours.
        let is_one_row = self.order == Order::Raster && place.column + M <= window.output[1];
        if is_one_row && height == M {
            let step = window.stride[1] * self.stride;
            let row = &self.image[start(place)..][..(M - 1) * step + reach];
            place.column += M - 1;
            window.advance(self.order, place);
            return std::array::from_fn(
                #[inline(always)]
                |i| row.as_ptr().wrapping_add(i * step),
            );
        }
        let mut pixels = [self.image; M];
        for i in 0..M {
            if i < height {
                pixels[i] = &self.image[start(place)..][..reach];
                window.advance(self.order, place);
            } else {
                pixels[i] = pixels[i - 1];
            }
        }
        pixels.map(<[f32]>::as_ptr)
    }

    /// # Safety
    /// All distances from all of `pixels` are readable.
    #[inline(always)]
    unsafe fn tile<S: Simd, const M: usize, const N: usize>(
        &self,
        s: S,
        pixels: &[*const f32; M],
        column: usize,
        first: usize,
        height: usize,
        to: &mut StemResult<'_>,
    ) {
        let mut sums = [[s.splat(0.0); N]; M];
        for j in 0..N {
            let bias = s.read(self.bias, column + j * S::LANES);
            for row in &mut sums {
                row[j] = bias;
            }
        }
        let taps = self.distances.len();
        let weights = &self.weights[column * taps..][..taps * N * S::LANES];
        let mut weights = weights.as_ptr();
        for distance in self.distances {
            let mut row = [s.splat(0.0); N];
            for (j, weight) in row.iter_mut().enumerate() {
                // SAFETY: a row of `N` registers for every distance, as just checked.
                *weight = unsafe { s.load(weights.add(j * S::LANES)) };
            }
            for i in 0..M {
                // SAFETY: the caller's promise.
                let x = s.splat(unsafe { *pixels[i].add(*distance) });
                for j in 0..N {
                    sums[i][j] = s.fma(x, row[j], sums[i][j]);
                }
            }
            weights = weights.wrapping_add(N * S::LANES);
        }
        for j in 0..N {
            let column = column + j * S::LANES;
            let results = registers(
                s,
                #[inline(always)]
                |i| sums[i][j],
            );
            self.put::<S, M>(s, results, column, first, height, to);
        }
    }

    /// Stores the results of one register of columns.
    #[inline(always)]
    fn put<S: Simd, const M: usize>(
        &self,
        s: S,
        sums: [S::V; M],
        column: usize,
        first: usize,
        height: usize,
        to: &mut StemResult<'_>,
    ) {
        let (low, high) = (s.splat(self.low), s.splat(self.high));
        if self.order == Order::Raster {
            // A loop of constant length, so that sums stay in registers.
            for (i, sum) in sums.iter().enumerate() {
                if i < height {
                    let at = (first + i) * self.k + column;
                    s.write(to.values, at, s.min(high, s.max(low, *sum)));
                }
            }
            return;
        }
        for window in 0..M / 4 {
            if 4 * window < height {
                let four = registers(
                    s,
                    #[inline(always)]
                    |corner| sums[4 * window + corner],
                );
                let at = (first / 4 + window) * self.k + column;
                let largest = largest_of_four(s, four);
                if let Some(choice) = &mut to.choice {
                    s.write(choice, at, index_of_largest(s, four, largest));
                }
                s.write(to.values, at, s.min(high, s.max(low, largest)));
            }
        }
    }
}
