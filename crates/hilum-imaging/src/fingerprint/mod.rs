//! What is left of a slice by which it is known again: no picture can be made from it.

mod digest;
mod likeness;
mod rice;
mod slice_set;

pub use digest::PixelDigest;
pub use likeness::{Likeness, THUMBNAIL_SIDE};
pub use slice_set::{SliceSet, SliceSetError};

use crate::{Channels, Interpolation, Pixels};

/// By what a slice is known again: exactly, and in another encoding, size or tone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SliceFingerprint {
    /// The very pixels.
    pub digest: PixelDigest,
    /// What it looks like; `None` for a picture of nothing.
    pub likeness: Option<Likeness>,
}

impl SliceFingerprint {
    /// The fingerprint of a decoded picture, before any resizing.
    pub fn of(pixels: &Pixels) -> Self {
        let side = THUMBNAIL_SIDE;
        let single = pixels.single_channel();
        let pixels = single.as_ref().unwrap_or(pixels);
        let thumbnail = match pixels.channels() {
            Channels::Grey => pixels.resize(side, side, Interpolation::Bilinear),
            Channels::Rgb => pixels.to_grey().resize(side, side, Interpolation::Bilinear),
        };
        Self {
            digest: PixelDigest::of(pixels),
            likeness: Likeness::of(thumbnail.data()),
        }
    }
}
