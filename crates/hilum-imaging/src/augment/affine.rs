//! One bilinear resampling for rotation, shift, shear, zoom and flips.

use super::{FillMode, Transform};
use crate::{Channels, Pixels};

/// Where each output pixel is read: `x = x0 + xx * column + xy * row`, `y` alike.
pub(super) struct Affine {
    x0: f64,
    y0: f64,
    xx: f64,
    xy: f64,
    yx: f64,
    yy: f64,
}

impl Affine {
    /// `rotation * shift * shear * zoom` about the image's centre, as in Keras's
    /// `apply_affine_transform`; then the flips, which read the columns or rows backwards.
    pub(super) fn new(transform: &Transform, height: usize, width: usize) -> Self {
        let (sin, cos) = transform.rotation_degrees.to_radians().sin_cos();
        let (shear_sin, shear_cos) = transform.shear_degrees.to_radians().sin_cos();
        let (tx, ty) = (transform.shift_x_pixels, transform.shift_y_pixels);
        let mut xx = cos * transform.zoom_x;
        let mut yx = sin * transform.zoom_x;
        let mut xy = (-cos * shear_sin - sin * shear_cos) * transform.zoom_y;
        let mut yy = (-sin * shear_sin + cos * shear_cos) * transform.zoom_y;

        let center_x = width as f64 / 2.0 - 0.5;
        let center_y = height as f64 / 2.0 - 0.5;
        let mut x0 = center_x + cos * tx - sin * ty - xx * center_x - xy * center_y;
        let mut y0 = center_y + sin * tx + cos * ty - yx * center_x - yy * center_y;
        if transform.horizontal_flip {
            let last = (width - 1) as f64;
            (x0, y0) = (x0 + xx * last, y0 + yx * last);
            (xx, yx) = (-xx, -yx);
        }
        if transform.vertical_flip {
            let last = (height - 1) as f64;
            (x0, y0) = (x0 + xy * last, y0 + yy * last);
            (xy, yy) = (-xy, -yy);
        }
        Self {
            x0,
            y0,
            xx,
            xy,
            yx,
            yy,
        }
    }

    /// The columns of `row` that are read from inside of the image, neighbours included.
    fn interior(&self, row: usize, height: usize, width: usize) -> std::ops::Range<usize> {
        let x = self.x0 + self.xy * row as f64;
        let y = self.y0 + self.yy * row as f64;
        let (from_x, to_x) = columns_between(x, self.xx, (width - 1) as f64, width);
        let (from_y, to_y) = columns_between(y, self.yx, (height - 1) as f64, width);
        let from = from_x.max(from_y);
        from..to_x.min(to_y).max(from)
    }
}

/// The columns `c` in `0..count` for which `start + step * c` stays off both ends of `0..end`.
fn columns_between(start: f64, step: f64, end: f64, count: usize) -> (usize, usize) {
    // Keeps fixed-point rounding from stepping over the edge.
    const MARGIN: f64 = 1e-4;
    let (low, high) = (MARGIN, end - MARGIN);
    if step.abs() < 1e-12 {
        return if (low..high).contains(&start) {
            (0, count)
        } else {
            (0, 0)
        };
    }
    let (a, b) = ((low - start) / step, (high - start) / step);
    let from = a.min(b).max(0.0).ceil();
    let to = (a.max(b).floor() + 1.0).min(count as f64);
    if to <= from {
        return (0, 0);
    }
    (from as usize, to as usize)
}

/// Reads `pixels` where `affine` says, bilinearly, into `out`.
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
    let (height, width) = (pixels.height(), pixels.width());
    let (source, _) = pixels.data().as_chunks::<CHANNELS>();
    let (out, _) = out.as_chunks_mut::<CHANNELS>();
    let edge = Edge {
        source,
        height,
        width,
        fill_mode,
        cval,
    };
    for (row, line) in out.chunks_exact_mut(width).enumerate() {
        let interior = affine.interior(row, height, width);
        let x = affine.x0 + affine.xy * row as f64;
        let y = affine.y0 + affine.yy * row as f64;
        let read = |column: usize| {
            let column = column as f64;
            edge.read(x + affine.xx * column, y + affine.yx * column)
        };
        for (column, value) in line[..interior.start].iter_mut().enumerate() {
            *value = read(column);
        }
        for (column, value) in line.iter_mut().enumerate().skip(interior.end) {
            *value = read(column);
        }
        let start = interior.start as f64;
        let walk = Walk {
            x: Fixed::new(x + affine.xx * start),
            y: Fixed::new(y + affine.yx * start),
            step_x: Fixed::new(affine.xx),
            step_y: Fixed::new(affine.yx),
        };
        walk.fill(source, width, &mut line[interior]);
    }
}

/// A coordinate with 32 bits before and 32 behind the point.
#[derive(Clone, Copy)]
struct Fixed(i64);

impl Fixed {
    fn new(value: f64) -> Self {
        Self((value * (1_u64 << 32) as f64).round() as i64)
    }

    fn whole(self) -> usize {
        (self.0 >> 32) as usize
    }

    /// What stands behind the point, in `0.0..1.0`.
    fn fraction(self) -> f32 {
        const SCALE: f32 = 1.0 / (1 << 24) as f32;
        ((self.0 >> 8) & 0x00FF_FFFF) as f32 * SCALE
    }
}

/// A straight walk through the inside of an image, where all four neighbours exist.
struct Walk {
    x: Fixed,
    y: Fixed,
    step_x: Fixed,
    step_y: Fixed,
}

impl Walk {
    fn fill<const CHANNELS: usize>(
        mut self,
        source: &[[u8; CHANNELS]],
        width: usize,
        out: &mut [[f32; CHANNELS]],
    ) {
        for value in out {
            let (fx, fy) = (self.x.fraction(), self.y.fraction());
            let position = self.y.whole() * width + self.x.whole();
            // One slice for all four neighbours leaves the compiler a single bounds test.
            let window = &source[position..position + width + 2];
            let (top, bottom) = ([window[0], window[1]], [window[width], window[width + 1]]);
            for (channel, value) in value.iter_mut().enumerate() {
                let upper = mix(top[0][channel], top[1][channel], fx);
                let lower = mix(bottom[0][channel], bottom[1][channel], fx);
                *value = upper + (lower - upper) * fy;
            }
            self.x.0 += self.step_x.0;
            self.y.0 += self.step_y.0;
        }
    }
}

fn mix(from: u8, to: u8, fraction: f32) -> f32 {
    let from = f32::from(from);
    from + (f32::from(to) - from) * fraction
}

/// Reads near and beyond the edge of an image.
struct Edge<'pixels, const CHANNELS: usize> {
    source: &'pixels [[u8; CHANNELS]],
    height: usize,
    width: usize,
    fill_mode: FillMode,
    cval: f32,
}

impl<const CHANNELS: usize> Edge<'_, CHANNELS> {
    fn read(&self, x: f64, y: f64) -> [f32; CHANNELS] {
        let Some((left, right, fx)) = neighbours(x, self.width, self.fill_mode) else {
            return [self.cval; CHANNELS];
        };
        let Some((top, bottom, fy)) = neighbours(y, self.height, self.fill_mode) else {
            return [self.cval; CHANNELS];
        };
        std::array::from_fn(|channel| {
            let at = |row: usize, column: usize| self.source[row * self.width + column][channel];
            let upper = mix(at(top, left), at(top, right), fx);
            let lower = mix(at(bottom, left), at(bottom, right), fx);
            upper + (lower - upper) * fy
        })
    }
}

/// The two pixels beside `position` on an axis of `count` pixels and the share of the second,
/// as `map_coordinate` in SciPy's `ni_interpolation.c`; `None` where the constant stands.
fn neighbours(position: f64, count: usize, fill_mode: FillMode) -> Option<(usize, usize, f32)> {
    // An exact pixel must not fall outside by the rounding of a sine.
    const ROUNDING: f64 = 1e-9;
    let last = (count - 1) as f64;
    let nearest = position.round();
    let position = if (position - nearest).abs() < ROUNDING {
        nearest
    } else {
        position
    };
    let inside = (0.0..=last).contains(&position);
    let position = match fill_mode {
        _ if inside => position,
        FillMode::Constant => return None,
        FillMode::Nearest => position.clamp(0.0, last),
        FillMode::Wrap if count == 1 => 0.0,
        FillMode::Wrap => position.rem_euclid(last),
        FillMode::Reflect => {
            let period = 2.0 * count as f64;
            let within = (position + 0.5).rem_euclid(period);
            let mirrored = within.min(period - within) - 0.5;
            mirrored.clamp(0.0, last)
        }
    };
    let first = position.floor();
    let first_index = first as usize;
    Some((
        first_index,
        (first_index + 1).min(count - 1),
        (position - first) as f32,
    ))
}
