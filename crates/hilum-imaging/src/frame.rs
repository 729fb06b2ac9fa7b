//! A slice brought to its body: what lies outside goes, and two tissues get fixed grey levels.
//!
//! Where a patient lies in the image, on which table, and in which window a slice was exported says
//! nothing of the patient, but much of the hospital.

use std::borrow::Cow;

use crate::{Anatomy, Frame, Pixels, Tones};

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
        let tones = self.is_toned().then(|| anatomy.tones());
        framed.has_lungs = tones != Some(None);
        let table = tones.flatten().map(table);
        framed.pixels = match (self.is_cut(), table) {
            (true, table) => Cow::Owned(body(pixels, &anatomy, table.as_ref())),
            (false, Some(table)) => Cow::Owned(toned(pixels, &table)),
            (false, None) => Cow::Borrowed(pixels),
        };
        framed
    }
}

/// What becomes of each grey level.
type Table = [u8; 256];

/// Moves the two tones to [`FIXED`], and all levels along the line through them.
fn table(tones: Tones) -> Table {
    let slope = (FIXED.tissue - FIXED.lung) / (tones.tissue - tones.lung);
    std::array::from_fn(|level| {
        let line = (level as f32 - tones.lung) * slope + FIXED.lung;
        line.clamp(0.0, 255.0).round() as u8
    })
}

fn toned(pixels: &Pixels, table: &Table) -> Pixels {
    let levels = pixels.data().iter();
    let data = levels.map(|level| table[usize::from(*level)]).collect();
    Pixels::new(pixels.width(), pixels.height(), pixels.channels(), data)
}

/// The body's box; air, as black as it gets, outside of its hull.
fn body(pixels: &Pixels, anatomy: &Anatomy, table: Option<&Table>) -> Pixels {
    let (width, height) = (pixels.width(), pixels.height());
    let channels = pixels.channels().count();
    let extent = anatomy.extent(width, height);
    let (left, right) = (extent.left, extent.left + extent.width);
    let mut data = vec![0; extent.width * extent.height * channels];
    let rows = pixels.data().chunks_exact(width * channels);
    let rows = rows.enumerate().skip(extent.top);
    for ((row, levels), to) in rows.zip(data.chunks_exact_mut(extent.width * channels)) {
        let (first, end) = anatomy.columns(row, width, height);
        let (first, end) = (first.clamp(left, right), end.clamp(left, right));
        if first >= end {
            continue;
        }
        let to = &mut to[(first - left) * channels..(end - left) * channels];
        let levels = &levels[first * channels..end * channels];
        match table {
            None => to.copy_from_slice(levels),
            Some(table) => {
                for (to, level) in to.iter_mut().zip(levels) {
                    *to = table[usize::from(*level)];
                }
            }
        }
    }
    Pixels::new(extent.width, extent.height, pixels.channels(), data)
}
