//! A line of text as pixels.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, Glyph, PxScale, ScaleFont, point};

use crate::{SANS, SANS_BOLD, Weight};

static REGULAR: LazyLock<FontRef<'static>> = LazyLock::new(|| read(SANS));
static BOLD: LazyLock<FontRef<'static>> = LazyLock::new(|| read(SANS_BOLD));

/// How much of each pixel the ink of a line covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineMask {
    /// Pixels from left to right: the whole of [`width()`], rounded up; at least 1.
    pub width: usize,
    /// Pixels from top to bottom: [`line_height`], whatever the text is.
    pub height: usize,
    /// Rows above the line that letters stand on.
    pub baseline: usize,
    /// Row by row: 0 for paper, 255 for ink.
    pub coverage: Vec<u8>,
}

/// Draws `text` in letters of `size` pixels (of the em square, as CSS counts).
///
/// What the font does not hold is an empty box. Letters stand side by side from left to right:
/// no kerning, no ligatures, no other scripts' rules.
///
/// # Panics
/// If `size` is not a positive number.
pub fn line(text: &str, weight: Weight, size: f32) -> LineMask {
    let font = scaled(weight, size);
    let width = (width(text, weight, size).ceil() as usize).max(1);
    let height = line_height(size);
    let baseline = font.ascent().ceil() as usize;
    let mut mask = LineMask {
        width,
        height,
        baseline,
        coverage: vec![0; width * height],
    };
    let mut pen = 0.0;
    for character in text.chars() {
        let mut glyph = font.scaled_glyph(character);
        glyph.position = point(pen, baseline as f32);
        pen += font.h_advance(glyph.id);
        mask.add(glyph, weight);
    }
    mask
}

/// How far `text` goes, in pixels: the sum of its letters' advances.
///
/// # Panics
/// If `size` is not a positive number.
pub fn width(text: &str, weight: Weight, size: f32) -> f32 {
    let font = scaled(weight, size);
    let advance = |character| font.h_advance(font.glyph_id(character));
    text.chars().map(advance).sum()
}

/// Rows that a line takes, from the tallest letter to the deepest.
///
/// # Panics
/// If `size` is not a positive number.
pub fn line_height(size: f32) -> usize {
    let font = scaled(Weight::Regular, size);
    font.ascent().ceil() as usize + (-font.descent()).ceil() as usize
}

impl LineMask {
    fn add(&mut self, glyph: Glyph, weight: Weight) {
        let Some(outline) = face(weight).outline_glyph(glyph) else {
            return;
        };
        let corner = outline.px_bounds().min;
        let (left, top) = (corner.x as i64, corner.y as i64);
        outline.draw(|column, row, coverage| {
            let (x, y) = (left + i64::from(column), top + i64::from(row));
            let is_inside =
                (0..self.width as i64).contains(&x) && (0..self.height as i64).contains(&y);
            if is_inside {
                let pixel = &mut self.coverage[y as usize * self.width + x as usize];
                *pixel = pixel.saturating_add((coverage.clamp(0.0, 1.0) * 255.0).round() as u8);
            }
        });
    }
}

fn scaled(weight: Weight, size: f32) -> ab_glyph::PxScaleFont<&'static FontRef<'static>> {
    assert!(size.is_finite() && size > 0.0, "letters of a positive size");
    let font = face(weight);
    // `PxScale` counts from the ascent to the descent, not the em square.
    let em = font.units_per_em().unwrap_or(font.height_unscaled());
    font.as_scaled(PxScale::from(size * font.height_unscaled() / em))
}

fn face(weight: Weight) -> &'static FontRef<'static> {
    match weight {
        Weight::Regular => &REGULAR,
        Weight::Bold => &BOLD,
    }
}

fn read(bytes: &'static [u8]) -> FontRef<'static> {
    FontRef::try_from_slice(bytes).expect("the font that comes along is one")
}
