//! White paper to paste, write and draw on.

use hilum_font::{LineMask, Weight, line};
use hilum_imaging::{Channels, Pixels};
use tiny_skia::{FillRule, LineCap, LineJoin, Mask, Path, Stroke, StrokeDash, Transform};

pub(super) const PAPER: [u8; 3] = [0xff, 0xff, 0xff];
pub(super) const INK: [u8; 3] = [0x1f, 0x29, 0x33];
pub(super) const MUTED: [u8; 3] = [0x5c, 0x68, 0x74];
pub(super) const GRID: [u8; 3] = [0xd5, 0xda, 0xdf];
pub(super) const ALARM: [u8; 3] = [0xa4, 0x1e, 0x11];
/// Behind light letters on a picture.
pub(super) const NIGHT: [u8; 3] = [0x12, 0x16, 0x1a];

/// Letters of ordinary size, in pixels.
pub(super) const TEXT: f32 = 13.0;
/// Letters of titles.
pub(super) const TITLE: f32 = 16.0;
/// Letters of ticks and names.
pub(super) const SMALL: f32 = 11.0;

/// How letters are drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Letters {
    pub(super) size: f32,
    pub(super) weight: Weight,
    pub(super) color: [u8; 3],
}

impl Letters {
    pub(super) const fn new(size: f32, color: [u8; 3]) -> Self {
        Self {
            size,
            weight: Weight::Regular,
            color,
        }
    }

    pub(super) const fn bold(size: f32, color: [u8; 3]) -> Self {
        Self {
            size,
            weight: Weight::Bold,
            color,
        }
    }
}

/// A rectangle of a canvas, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) left: usize,
    pub(super) top: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

/// RGB pixels that are drawn on; what lies outside is cut.
pub(super) struct Canvas {
    width: usize,
    height: usize,
    data: Vec<u8>,
}

impl Canvas {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            data: PAPER.repeat(width * height),
        }
    }

    /// Begins with a picture.
    pub(super) fn of(pixels: &Pixels) -> Self {
        Self {
            width: pixels.width(),
            height: pixels.height(),
            data: pixels.to_rgb().into_data(),
        }
    }

    pub(super) fn into_pixels(self) -> Pixels {
        Pixels::new(self.width, self.height, Channels::Rgb, self.data)
    }

    pub(super) fn paste(&mut self, picture: &Pixels, left: usize, top: usize) {
        let picture = picture.to_rgb();
        let columns = picture.width().min(self.width.saturating_sub(left));
        let rows = picture.data().chunks_exact(picture.width() * 3);
        for (row, line) in rows.enumerate().take(self.height.saturating_sub(top)) {
            let start = ((top + row) * self.width + left) * 3;
            self.data[start..start + columns * 3].copy_from_slice(&line[..columns * 3]);
        }
    }

    pub(super) fn fill(&mut self, area: Area, color: [u8; 3]) {
        let right = (area.left + area.width).min(self.width);
        for row in area.top..(area.top + area.height).min(self.height) {
            for column in area.left..right {
                self.mix(column, row, color, u8::MAX);
            }
        }
    }

    /// Writes a line whose tallest letters begin at `top`.
    pub(super) fn write(&mut self, text: &str, letters: Letters, left: usize, top: usize) {
        let LineMask {
            width, coverage, ..
        } = line(text, letters.weight, letters.size);
        for (row, values) in coverage.chunks_exact(width).enumerate() {
            for (column, value) in values.iter().enumerate() {
                self.mix(left + column, top + row, letters.color, *value);
            }
        }
    }

    /// Draws along a path whose points are counted from the corner of `area`, which cuts it.
    pub(super) fn stroke(&mut self, path: &Path, pen: &Pen, area: Area) {
        let stroke = Stroke {
            width: pen.width,
            line_cap: LineCap::Round,
            line_join: LineJoin::Round,
            dash: pen
                .dash
                .and_then(|lengths| StrokeDash::new(lengths.to_vec(), 0.0)),
            ..Stroke::default()
        };
        let dashed = stroke.dash.as_ref().and_then(|dash| path.dash(dash, 1.0));
        let outline = dashed.as_ref().unwrap_or(path).stroke(&stroke, 1.0);
        let mask = Mask::new(area.width as u32, area.height as u32);
        let (Some(outline), Some(mut mask)) = (outline, mask) else {
            return;
        };
        mask.fill_path(&outline, FillRule::Winding, true, Transform::identity());
        for (row, values) in mask.data().chunks_exact(area.width).enumerate() {
            for (column, value) in values.iter().enumerate() {
                self.mix(area.left + column, area.top + row, pen.color, *value);
            }
        }
    }

    fn mix(&mut self, column: usize, row: usize, color: [u8; 3], coverage: u8) {
        if coverage == 0 || column >= self.width || row >= self.height {
            return;
        }
        let start = (row * self.width + column) * 3;
        for (value, color) in self.data[start..start + 3].iter_mut().zip(color) {
            let (new, old, share) = (u32::from(color), u32::from(*value), u32::from(coverage));
            *value = ((new * share + old * (255 - share) + 127) / 255) as u8;
        }
    }
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pen {
    pub(super) color: [u8; 3],
    pub(super) width: f32,
    /// Lengths of a stroke and of a gap.
    pub(super) dash: Option<[f32; 2]>,
}
