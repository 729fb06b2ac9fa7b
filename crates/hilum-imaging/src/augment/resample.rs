//! Bilinear reading of an image along an affine map.
//!
//! Sixteen pixels of a row go through every step together, in loops without branches that the
//! compiler makes vector code of: where they are read, whole and fractional part, the four
//! neighbours, their mean. Only fetching the neighbours is scalar.

use std::ops::RangeInclusive;

use super::FillMode;
use super::affine::Affine;
use crate::{Channels, Pixels};

/// Pixels that go through every step together.
const BLOCK: usize = 16;

/// Reads `pixels` where `affine` says into `out`, one value for every byte of the image.
pub(super) fn resample(
    pixels: &Pixels,
    affine: &Affine,
    fill_mode: FillMode,
    cval: f32,
    out: &mut [f32],
) {
    match pixels.channels() {
        Channels::Grey => resample_channels::<1>(pixels, affine, fill_mode, cval, out),
        Channels::Rgb => resample_channels::<3>(pixels, affine, fill_mode, cval, out),
    }
}

fn resample_channels<const CHANNELS: usize>(
    pixels: &Pixels,
    affine: &Affine,
    fill_mode: FillMode,
    cval: f32,
    out: &mut [f32],
) {
    let (width, height) = (pixels.width(), pixels.height());
    let image = Image::<CHANNELS> {
        padded: padded(pixels),
        row_length: width + 1,
        columns: Axis::new(width, affine.xx, fill_mode),
        rows: Axis::new(height, affine.yx, fill_mode),
        constant: (fill_mode == FillMode::Constant).then_some(cval),
    };
    let (out, _) = out.as_chunks_mut::<CHANNELS>();
    for (row, line) in out.chunks_exact_mut(width).enumerate() {
        let x = affine.x0 + affine.xy * row as f64;
        let y = affine.y0 + affine.yy * row as f64;
        for (block, values) in line.chunks_mut(BLOCK).enumerate() {
            let first = (block * BLOCK) as f64;
            image.read(x + affine.xx * first, y + affine.yx * first, values);
        }
    }
}

/// Repeats the last column and the last row, so that every pixel has a neighbour.
fn padded<const CHANNELS: usize>(pixels: &Pixels) -> Vec<[u8; CHANNELS]> {
    let (source, _) = pixels.data().as_chunks();
    let mut padded = Vec::with_capacity((pixels.width() + 1) * (pixels.height() + 1));
    let rows = source.chunks_exact(pixels.width());
    for row in rows.clone().chain(rows.last()) {
        padded.extend_from_slice(row);
        padded.extend(row.last());
    }
    padded
}

/// What is read from.
struct Image<const CHANNELS: usize> {
    padded: Vec<[u8; CHANNELS]>,
    row_length: usize,
    columns: Axis,
    rows: Axis,
    /// What stands beyond the edge, if it is no pixel.
    constant: Option<f32>,
}

impl<const CHANNELS: usize> Image<CHANNELS> {
    /// Fills `out`, at most `BLOCK` pixels, reading the first of them at `x` and `y`.
    fn read(&self, x: f64, y: f64, out: &mut [[f32; CHANNELS]]) {
        let columns = self.columns.split(x);
        let rows = self.rows.split(y);
        let mut values = [[0.0; CHANNELS]; BLOCK];
        for channel in 0..CHANNELS {
            let corners = self.corners(&columns, &rows, channel);
            for (at, value) in values.iter_mut().enumerate() {
                let [top_left, top_right, left, right] = corners[at].map(f32::from);
                let upper = mix(top_left, top_right, columns.fraction[at]);
                let lower = mix(left, right, columns.fraction[at]);
                value[channel] = mix(upper, lower, rows.fraction[at]);
            }
        }
        if let Some(cval) = self.constant {
            for (at, value) in values.iter_mut().enumerate() {
                let (x, y) = (self.columns.position(x, at), self.rows.position(y, at));
                if !(self.columns.image.contains(&x) && self.rows.image.contains(&y)) {
                    *value = [cval; CHANNELS];
                }
            }
        }
        out.copy_from_slice(&values[..out.len()]);
    }

    /// The four neighbours of each: top left, top right, bottom left, bottom right.
    fn corners(&self, columns: &Split, rows: &Split, channel: usize) -> [[u8; 4]; BLOCK] {
        std::array::from_fn(|at| {
            let position = rows.whole[at] as usize * self.row_length + columns.whole[at] as usize;
            // One slice for all four leaves a single bounds test.
            let window = &self.padded[position..position + self.row_length + 2];
            let (upper, lower) = (&window[..2], &window[self.row_length..]);
            [upper[0], upper[1], lower[0], lower[1]].map(|pixel| pixel[channel])
        })
    }
}

fn mix(from: f32, to: f32, fraction: f32) -> f32 {
    from + (to - from) * fraction
}

/// Rows or columns, and how fast a row of the output walks across them.
struct Axis {
    step: f64,
    fill_mode: FillMode,
    last: f64,
    /// The positions that lie on the image, but for the rounding of a sine.
    image: RangeInclusive<f64>,
    /// The positions that need no more than to be kept to the image.
    plain: RangeInclusive<f64>,
    /// Bits behind the point of a fixed-point position; before it there is room for eight images
    /// on either side.
    fraction_bits: u32,
    fixed_last: i32,
    /// From the first position of a block to each.
    fixed_offsets: [i32; BLOCK],
}

/// Positions, cut at the point.
struct Split {
    whole: [i32; BLOCK],
    fraction: [f32; BLOCK],
}

impl Axis {
    fn new(count: usize, step: f64, fill_mode: FillMode) -> Self {
        const ROUNDING: f64 = 1e-9;
        let last = (count - 1) as f64;
        let image = -ROUNDING..=last + ROUNDING;
        let far = 4.0 * count as f64;
        let mut axis = Self {
            step,
            fill_mode,
            last,
            plain: match fill_mode {
                FillMode::Nearest | FillMode::Constant => -far..=far,
                FillMode::Reflect | FillMode::Wrap => image.clone(),
            },
            image,
            fraction_bits: 28_u32.saturating_sub(count.next_power_of_two().trailing_zeros()),
            fixed_last: 0,
            fixed_offsets: [0; BLOCK],
        };
        axis.fixed_last = axis.fixed(last);
        // A step that is too long to be a fixed-point number leads nowhere plain.
        axis.fixed_offsets = std::array::from_fn(|at| axis.fixed(step * at as f64));
        axis
    }

    fn position(&self, first: f64, at: usize) -> f64 {
        first + self.step * at as f64
    }

    fn fixed(&self, position: f64) -> i32 {
        // What is added to 1.5 * 2^52 keeps no bit behind the point and stands in the low bits.
        const TO_INTEGER: f64 = (3_u64 << 51) as f64;
        let scale = f64::from(1_u32 << self.fraction_bits);
        (position * scale + TO_INTEGER).to_bits() as i32
    }

    /// The positions of a block, kept to the image.
    fn split(&self, first: f64) -> Split {
        let last = self.position(first, BLOCK - 1);
        let fixed = if self.plain.contains(&first) && self.plain.contains(&last) {
            let first = self.fixed(first);
            let positions = self.fixed_offsets.map(|offset| first.wrapping_add(offset));
            positions.map(|position| position.max(0).min(self.fixed_last))
        } else {
            std::array::from_fn(|at| {
                let folded = self.folded(self.position(first, at));
                self.fixed(folded.clamp(0.0, self.last))
            })
        };
        let step = 1.0 / (1_u32 << self.fraction_bits) as f32;
        let mask = (1_i32 << self.fraction_bits) - 1;
        Split {
            whole: fixed.map(|fixed| fixed >> self.fraction_bits),
            fraction: fixed.map(|fixed| (fixed & mask) as f32 * step),
        }
    }

    /// The position on the image that stands for one beyond it, as `map_coordinate` in SciPy's
    /// `ni_interpolation.c`.
    fn folded(&self, position: f64) -> f64 {
        if self.image.contains(&position) {
            return position;
        }
        match self.fill_mode {
            FillMode::Nearest | FillMode::Constant => position,
            FillMode::Wrap if self.last == 0.0 => 0.0,
            FillMode::Wrap => position.rem_euclid(self.last),
            FillMode::Reflect => {
                let period = 2.0 * (self.last + 1.0);
                let within = (position + 0.5).rem_euclid(period);
                within.min(period - within) - 0.5
            }
        }
    }
}
