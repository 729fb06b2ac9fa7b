//! NIfTI-1 and NIfTI-2 volumes in one file: axial planes in Hounsfield units.
//!
//! The format is <https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h>; axes are brought to
//! their canonical order as nibabel's `as_closest_canonical` does.

mod axes;
mod header;

use std::borrow::Cow;
use std::io::Read as _;
use std::sync::OnceLock;

use flate2::read::MultiGzDecoder;

use super::depth::{Depth, Rendering, SourceDepth, grey_of_numbers};
use super::limits::{DEFLATE_RATIO, check_expansion};
use super::source::{SourceColor, SourceInfo, SourceNote};
use super::{DecodeLimits, DecodeProblem, Format, Hounsfield, Measured, Slice};
use crate::{Channels, Pixels};
use axes::Axes;
use header::{Header, LONGEST_HEADER};

const TRUNCATED: DecodeProblem = DecodeProblem::Truncated {
    format: Format::Nifti,
};

const GZIP_SIGNATURE: &[u8] = b"\x1f\x8b";

/// Whether a file begins as a NIfTI volume does, compressed or not.
pub(super) fn is_nifti(bytes: &[u8]) -> bool {
    Header::is_there(&beginning(bytes))
}

/// The first bytes of a file, without its compression.
fn beginning(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !bytes.starts_with(GZIP_SIGNATURE) {
        return Cow::Borrowed(&bytes[..bytes.len().min(LONGEST_HEADER)]);
    }
    let mut begin = Vec::new();
    // What is damaged further on may have begun well.
    let _ = MultiGzDecoder::new(bytes)
        .take(LONGEST_HEADER as u64)
        .read_to_end(&mut begin);
    Cow::Owned(begin)
}

/// A volume whose header was read.
#[derive(Debug)]
pub(super) struct Volume {
    header: Header,
    axes: Axes,
    /// The volume without its compression, from when its first plane is asked for.
    inflated: OnceLock<Option<Vec<u8>>>,
}

impl Volume {
    /// Reads the header, and whether the file can hold what it promises within `limits`.
    pub(super) fn read(bytes: &[u8], limits: DecodeLimits) -> Result<Self, DecodeProblem> {
        let header = Header::read(&beginning(bytes))?;
        let axes = Axes::of(&header);
        let [width, height, _] = axes.size(&header);
        limits.check(Format::Nifti, width as u64, height as u64)?;
        let length = header.length().ok_or(TRUNCATED)?;
        if bytes.starts_with(GZIP_SIGNATURE) {
            // A volume of two bytes a value may hold four times as many as a plane.
            let limit = limits.max_pixels.saturating_mul(8);
            if length as u64 > limit {
                return Err(DecodeProblem::TooManyPixels {
                    width: width as u64,
                    height: (length / header.value_bytes() / width) as u64,
                    limit: limits.max_pixels,
                });
            }
            check_expansion(Format::Nifti, length, bytes.len(), DEFLATE_RATIO)?;
        } else if bytes.len() < length {
            return Err(TRUNCATED);
        }
        Ok(Self {
            header,
            axes,
            inflated: OnceLock::new(),
        })
    }

    /// How many axial planes there are.
    pub(super) fn count(&self) -> usize {
        self.axes.size(&self.header)[2]
    }

    /// The axial plane at `index`, counted from the feet.
    pub(super) fn decode(
        &self,
        bytes: &[u8],
        index: usize,
        rendering: Rendering,
    ) -> Result<Slice, DecodeProblem> {
        let [width, height, _] = self.axes.size(&self.header);
        let values = self.values(bytes, index)?;
        let bits = (self.header.value_bytes() * 8) as u8;
        let color = SourceColor::Grey;
        let mut info = SourceInfo::new(Format::Nifti, width, height, bits, color);
        let depth = match rendering.depth {
            Depth::Auto => Depth::Hounsfield,
            depth => depth,
        };
        let (data, reading) = grey_of_numbers(&values, Rendering { depth, ..rendering });
        info.depth = Some(reading.depth);
        if !self.header.names_orientation() {
            info.notes.push(SourceNote::NoOrientation);
        }
        let is_below_water = |value: &f32| *value < 0.0;
        if matches!(reading.depth, SourceDepth::Hounsfield { .. })
            && !values.iter().any(is_below_water)
        {
            info.notes.push(SourceNote::NoAir);
        }
        Ok(Slice {
            pixels: Pixels::new(width, height, Channels::Grey, data),
            info,
        })
    }

    /// The same before any window: what a CT volume stores is Hounsfield units.
    pub(super) fn measured(&self, bytes: &[u8], index: usize) -> Result<Measured, DecodeProblem> {
        let [width, height, _] = self.axes.size(&self.header);
        Ok(Measured {
            hounsfield: Hounsfield {
                width,
                height,
                values_hu: self.values(bytes, index)?,
            },
            spacing_mm: self.axes.spacing_mm(&self.header),
            dicom: None,
        })
    }

    fn values(&self, bytes: &[u8], index: usize) -> Result<Vec<f32>, DecodeProblem> {
        let stored = self.stored(bytes)?;
        let offsets = self.axes.plane(&self.header, index);
        Ok(offsets.map(|at| self.header.value(stored, at)).collect())
    }

    /// The whole volume as it is stored, header included.
    fn stored<'file>(&'file self, bytes: &'file [u8]) -> Result<&'file [u8], DecodeProblem> {
        if !bytes.starts_with(GZIP_SIGNATURE) {
            return Ok(bytes);
        }
        let inflate = || {
            let length = self.header.length()?;
            let mut inflated = Vec::new();
            inflated.try_reserve_exact(length).ok()?;
            MultiGzDecoder::new(bytes)
                .take(length as u64)
                .read_to_end(&mut inflated)
                .ok()?;
            (inflated.len() == length).then_some(inflated)
        };
        let inflated = self.inflated.get_or_init(inflate).as_deref();
        inflated.ok_or(TRUNCATED)
    }
}
