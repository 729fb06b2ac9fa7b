//! Contrast-limited adaptive histogram equalisation.
//!
//! Zuiderveld, "Contrast limited adaptive histogram equalization", Graphics Gems IV (1994), with
//! the rounding, clipping and borders of OpenCV's `createCLAHE`
//! (`modules/imgproc/src/clahe.cpp`), which the tests compare with.

use crate::{Clahe, Pixels};

const LEVELS: usize = 256;

impl Clahe {
    /// Equalises each channel on its own; the same as OpenCV's `createCLAHE(clip_limit,
    /// (tile_count, tile_count)).apply(channel)`.
    ///
    /// # Panics
    /// If there are no tiles.
    #[must_use]
    pub fn apply(&self, pixels: &Pixels) -> Pixels {
        assert!(self.tile_count > 0, "a recipe with tiles");
        let channels = pixels.channels().count();
        let mut data = vec![0; pixels.data().len()];
        for channel in 0..channels {
            let plane = Plane {
                pixels,
                channel,
                channels,
            };
            self.apply_to_plane(&plane, &mut data);
        }
        Pixels::new(pixels.width(), pixels.height(), pixels.channels(), data)
    }

    fn apply_to_plane(&self, plane: &Plane<'_>, data: &mut [u8]) {
        let (width, height) = (plane.pixels.width(), plane.pixels.height());
        let grid = Grid::new(width, height, self.tile_count);
        let tables = self.tables(plane, &grid);
        for y in 0..height {
            let rows = Neighbours::of(y, grid.tile_height, grid.tile_count);
            for x in 0..width {
                let columns = Neighbours::of(x, grid.tile_width, grid.tile_count);
                let value = usize::from(plane.value(x, y));
                let level = |row: usize, column: usize| {
                    f32::from(tables[row * grid.tile_count + column][value])
                };
                let mix = |row: usize| {
                    level(row, columns.first) * (1.0 - columns.second_share)
                        + level(row, columns.second) * columns.second_share
                };
                let mixed = mix(rows.first) * (1.0 - rows.second_share)
                    + mix(rows.second) * rows.second_share;
                data[(y * width + x) * plane.channels + plane.channel] =
                    mixed.round_ties_even() as u8;
            }
        }
    }

    /// One table of grey levels per tile, row by row.
    fn tables(&self, plane: &Plane<'_>, grid: &Grid) -> Vec<[u8; LEVELS]> {
        let mut tables = Vec::with_capacity(grid.tile_count * grid.tile_count);
        for row in 0..grid.tile_count {
            for column in 0..grid.tile_count {
                let mut histogram = [0_usize; LEVELS];
                for y in row * grid.tile_height..(row + 1) * grid.tile_height {
                    let y = reflected(y, plane.pixels.height());
                    for x in column * grid.tile_width..(column + 1) * grid.tile_width {
                        let x = reflected(x, plane.pixels.width());
                        histogram[usize::from(plane.value(x, y))] += 1;
                    }
                }
                let area = grid.tile_width * grid.tile_height;
                clip(&mut histogram, self.clip_limit, area);
                tables.push(equalised(&histogram, area));
            }
        }
        tables
    }
}

/// One channel of an image.
struct Plane<'a> {
    pixels: &'a Pixels,
    channel: usize,
    channels: usize,
}

impl Plane<'_> {
    fn value(&self, x: usize, y: usize) -> u8 {
        self.pixels.data()[(y * self.pixels.width() + x) * self.channels + self.channel]
    }
}

/// Tiles over the image, extended at the right and below where they would not come out even.
#[expect(
    clippy::struct_field_names,
    reason = "they all measure tiles, one counts them"
)]
struct Grid {
    tile_count: usize,
    tile_width: usize,
    tile_height: usize,
}

impl Grid {
    fn new(width: usize, height: usize, tile_count: usize) -> Self {
        let is_even = width.is_multiple_of(tile_count) && height.is_multiple_of(tile_count);
        // OpenCV extends both sides as soon as one of them is uneven, an even one by a whole
        // `tile_count`.
        let extended = |side: usize| {
            if is_even {
                side
            } else {
                side + tile_count - side % tile_count
            }
        };
        Self {
            tile_count,
            tile_width: extended(width) / tile_count,
            tile_height: extended(height) / tile_count,
        }
    }
}

/// The two tiles whose centres enclose a pixel along one axis.
struct Neighbours {
    first: usize,
    second: usize,
    second_share: f32,
}

impl Neighbours {
    fn of(position: usize, tile_side: usize, tile_count: usize) -> Self {
        let tile = position as f32 * (1.0 / tile_side as f32) - 0.5;
        let first = tile.floor();
        Self {
            first: first.max(0.0) as usize,
            second: ((first + 1.0) as usize).min(tile_count - 1),
            second_share: tile - first,
        }
    }
}

/// The pixel that stands for `position` beyond the border, mirrored without repeating the last
/// one (OpenCV's `BORDER_REFLECT_101`).
fn reflected(position: usize, side: usize) -> usize {
    if position < side || side == 1 {
        return position.min(side - 1);
    }
    let period = 2 * (side - 1);
    let phase = position % period;
    phase.min(period - phase)
}

/// Cuts every bin at the limit and spreads what was cut evenly.
fn clip(histogram: &mut [usize; LEVELS], clip_limit: f64, area: usize) {
    let limit = ((clip_limit * area as f64 / LEVELS as f64) as usize).max(1);
    let mut excess = 0;
    for bin in histogram.iter_mut() {
        excess += bin.saturating_sub(limit);
        *bin = (*bin).min(limit);
    }
    let residual = excess % LEVELS;
    for bin in histogram.iter_mut() {
        *bin += excess / LEVELS;
    }
    // Nothing is taken of no residual, whatever the step.
    let step = LEVELS.checked_div(residual).unwrap_or(1);
    for bin in histogram.iter_mut().step_by(step).take(residual) {
        *bin += 1;
    }
}

/// The cumulative histogram, scaled to `0..=255`.
fn equalised(histogram: &[usize; LEVELS], area: usize) -> [u8; LEVELS] {
    let scale = 255.0 / area as f32;
    let mut sum = 0;
    histogram.map(|bin| {
        sum += bin;
        (sum as f32 * scale).round_ties_even() as u8
    })
}
