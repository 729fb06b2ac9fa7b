//! A DICOM CT slice to Hounsfield units and to eight-bit grey.

mod attributes;
mod ct;
mod header;
mod lengths;
mod object;
mod rle;
mod stored;

use super::source::{SourceColor, SourceInfo};
use super::{DecodeLimits, DecodeProblem, Format, Slice};
use crate::{Channels, Pixels, Window};
use ct::CtSlice;

/// A CT slice in Hounsfield units, before any window.
#[derive(Debug, Clone, PartialEq)]
pub struct Hounsfield {
    /// Pixels from left to right.
    pub width: usize,
    /// Pixels from top to bottom.
    pub height: usize,
    /// `height x width` values, row by row. Padding holds the lowest value of the other pixels.
    pub values_hu: Vec<f32>,
}

pub(super) fn decode(
    bytes: &[u8],
    window: Window,
    limits: DecodeLimits,
) -> Result<Slice, DecodeProblem> {
    let mut slice = CtSlice::read(bytes, limits)?;
    let window = slice.window(window)?;
    let (data, padding_count) = slice.render(&window);
    slice.info.window_used = Some(window);
    slice.info.padding_count = padding_count;

    let (width, height) = (slice.layout.columns, slice.layout.rows);
    Ok(Slice {
        pixels: Pixels::new(width, height, Channels::Grey, data),
        info: SourceInfo {
            format: Format::Dicom,
            width,
            height,
            bits: slice.layout.bits_stored as u8,
            color: SourceColor::Grey,
            dicom: Some(Box::new(slice.info)),
            depth: None,
            notes: Vec::new(),
        },
    })
}

pub(super) fn decode_hounsfield(
    bytes: &[u8],
    limits: DecodeLimits,
) -> Result<Hounsfield, DecodeProblem> {
    let slice = CtSlice::read(bytes, limits)?;
    Ok(Hounsfield {
        width: slice.layout.columns,
        height: slice.layout.rows,
        values_hu: slice.hounsfield(),
    })
}
