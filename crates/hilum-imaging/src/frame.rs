//! A slice brought to its body: what lies outside goes, and two tissues get fixed grey levels.
//!
//! Where a patient lies in the image, on which table, and in which window a slice was exported says
//! nothing of the patient, but much of the hospital.

use std::borrow::Cow;

use crate::{Anatomy, Extent, Frame, Pixels, Tones};

/// What lungs and soft tissue become, in grey levels: as in a wide window that shows bone as well.
const FIXED: Tones = Tones {
    lung: 30.0,
    tissue: 150.0,
};

/// What a frame made of a slice.
pub(crate) struct Framed<'a> {
    pub(crate) pixels: Cow<'a, Pixels>,
    /// Whether a body was found, if it was looked for.
    pub(crate) has_body: bool,
    /// Whether lungs were found, if they were looked for.
    pub(crate) has_lungs: bool,
}

impl Frame {
    /// The slice in this frame. Where no body is found nothing is cut, and where no lungs are found
    /// tones stay what they are.
    pub(crate) fn of(self, pixels: &Pixels) -> Framed<'_> {
        let mut framed = Framed {
            pixels: Cow::Borrowed(pixels),
            has_body: true,
            has_lungs: true,
        };
        if self == Self::None {
            return framed;
        }
        let Some(anatomy) = Anatomy::of(pixels) else {
            framed.has_body = false;
            framed.has_lungs = false;
            return framed;
        };
        if self.is_toned() {
            match anatomy.tones() {
                Some(tones) => toned(framed.pixels.to_mut(), tones),
                None => framed.has_lungs = false,
            }
        }
        if self.is_cut() {
            darken_outside(framed.pixels.to_mut(), &anatomy);
            let extent = anatomy.extent(pixels.width(), pixels.height());
            framed.pixels = Cow::Owned(framed.pixels.cut(extent));
        }
        framed
    }
}

/// Moves the two tones to [`FIXED`], and all levels along the line through them.
fn toned(pixels: &mut Pixels, tones: Tones) {
    let slope = (FIXED.tissue - FIXED.lung) / (tones.tissue - tones.lung);
    let table: [u8; 256] = std::array::from_fn(|level| {
        let line = (level as f32 - tones.lung) * slope + FIXED.lung;
        line.clamp(0.0, 255.0).round() as u8
    });
    for value in pixels.data_mut() {
        *value = table[usize::from(*value)];
    }
}

/// Air, as black as it gets, outside of the body's hull.
fn darken_outside(pixels: &mut Pixels, anatomy: &Anatomy) {
    let (width, height) = (pixels.width(), pixels.height());
    let channels = pixels.channels().count();
    let rows = pixels.data_mut().chunks_exact_mut(width * channels);
    for (row, values) in rows.enumerate() {
        let (from, to) = anatomy.columns(row, width, height);
        values[..from * channels].fill(0);
        values[to.max(from) * channels..].fill(0);
    }
}

impl Pixels {
    /// What lies within a box of the image.
    fn cut(&self, extent: Extent) -> Self {
        let channels = self.channels().count();
        let rows = self.data().chunks_exact(self.width() * channels);
        let (from, to) = (extent.left, extent.left + extent.width);
        let rows = rows.skip(extent.top).take(extent.height);
        let data: Vec<u8> = rows
            .flat_map(|row| &row[from * channels..to * channels])
            .copied()
            .collect();
        Self::new(extent.width, extent.height, self.channels(), data)
    }
}
