//! A DICOM CT image to Hounsfield units and to eight-bit grey, one slice a frame.
//!
//! Only what is needed to find the pixels may refuse a file; what else is wrong is noted.

mod attributes;
mod codec;
mod concern;
mod ct;
mod data_set;
mod file_meta;
mod header;
mod header_values;
mod identity;
mod lookup_table;
mod nonconformity;
mod pixel_data;
mod storage;
mod walk;

use std::collections::BTreeSet;
use std::sync::Arc;

use dicom_dictionary_std::{tags, uids};

use super::error::{DecoderCause, DicomProblem};
use super::source::{SourceColor, SourceInfo};
use super::{DecodeLimits, DecodeProblem, Format, Measured, Slice};
use crate::{Channels, Pixels, Window};
use attributes::integer;
use codec::Coding;
use ct::{CtSlice, Display};
use data_set::{DataSet, Item};
use file_meta::FileStart;
use header::PixelLayout;
use nonconformity::Forgiven;
use pixel_data::PixelData;

pub use concern::Concern;
pub(super) use file_meta::is_bare_data_set;
pub use header_values::DicomHeader;
pub use identity::{DicomIdentity, dicom_patient_id, file_head};
pub use nonconformity::Nonconformity;
pub use storage::{CT_STORAGE_CLASSES, READ_TRANSFER_SYNTAXES};

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

/// A file whose header is read, and whose frames are found.
#[derive(Debug)]
pub(super) struct DicomFile {
    data_set: DataSet,
    /// What holds for all frames (PS3.3 C.7.6.16.1.1).
    shared_groups: Option<DataSet>,
    /// What holds for one frame (PS3.3 C.7.6.16.1.2).
    frame_groups: Vec<Item>,
    layout: PixelLayout,
    pixels: PixelData,
    count: usize,
    transfer_syntax: String,
    sop_class: Option<String>,
    forgiven: Forgiven,
}

impl DicomFile {
    pub(super) fn open(bytes: Vec<u8>, limits: DecodeLimits) -> Result<Self, DecodeProblem> {
        let mut forgiven = Forgiven::default();
        let start = FileStart::read(bytes, limits, &mut forgiven)?;
        let bytes = Arc::new(start.bytes);
        let (range, encoding) = (start.data_set, start.encoding);
        let data_set = DataSet::read(bytes, range, encoding, &mut forgiven);
        let sop_class = header::require_ct(&data_set, start.sop_class.as_deref())?;
        if data_set.get(tags::PIXEL_DATA).is_none() {
            return Err(DicomProblem::NoPixelData.into());
        }
        let layout = PixelLayout::read(&data_set, &mut forgiven)?;
        limits.check(Format::Dicom, layout.columns as u64, layout.rows as u64)?;
        let frame_groups = data_set.items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE);
        let said = match integer(&data_set, tags::NUMBER_OF_FRAMES) {
            Some(said) if said > 0 => usize::try_from(said).unwrap_or(usize::MAX),
            _ => frame_groups.len().max(1),
        };
        let syntax = start.transfer_syntax;
        let is_native = file_meta::is_uncompressed(&syntax);
        let pixels = PixelData::find(&data_set, &layout, said, is_native, &mut forgiven)?;
        note_coding(&pixels, &data_set, &syntax, &mut forgiven)?;
        Ok(Self {
            shared_groups: data_set.first_item(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE),
            frame_groups,
            count: pixels.count(&layout, said),
            data_set,
            layout,
            pixels,
            transfer_syntax: syntax,
            sop_class,
            forgiven,
        })
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The file's attributes, with what its functional groups say of a frame in their place.
    fn frame(&self, index: usize) -> DataSet {
        let mut frame = self.data_set.clone();
        let mut known = BTreeSet::new();
        if let Some(item) = self.frame_groups.get(index) {
            frame.put_functional_groups(&self.data_set.item(item), &mut known);
        }
        if let Some(shared) = &self.shared_groups {
            frame.put_functional_groups(shared, &mut known);
        }
        frame
    }

    fn slice(&self, index: usize) -> Result<CtSlice, DecodeProblem> {
        let frame = self.frame(index);
        let mut forgiven = self.forgiven.clone();
        let bytes = self.data_set.bytes();
        let (mut stored, mut is_signed) =
            self.pixels
                .stored(bytes, index, &self.layout, &mut forgiven)?;
        if !is_signed && self.layout.bits_stored == 16 && are_signed_words(&stored) {
            forgiven.note(Nonconformity::Attribute {
                attribute: "PixelRepresentation",
                assumed: "signed, by the values,",
            });
            for value in &mut stored {
                *value = i32::from(*value as i16);
            }
            is_signed = true;
        }
        let layout = PixelLayout {
            is_signed,
            ..self.layout
        };
        let mut info = header::info(&frame, &self.transfer_syntax);
        info.sop_class_uid.clone_from(&self.sop_class);
        let mut slice = CtSlice::new(&frame, info, &layout, stored, &mut forgiven)?;
        slice.info.nonconformities = forgiven.into_vec();
        Ok(slice)
    }

    pub(super) fn decode(&self, index: usize, window: Window) -> Result<Slice, DecodeProblem> {
        let mut slice = self.slice(index)?;
        let display = slice.display(window);
        let (data, padding_count) = slice.render(&display);
        let window_used = match display {
            Display::Window(window) => Some(window),
            Display::Table(_) => None,
        };
        slice.info.window_used = window_used;
        slice.info.padding_count = padding_count;
        let (width, height) = (self.layout.columns, self.layout.rows);
        Ok(Slice {
            pixels: Pixels::new(width, height, Channels::Grey, data),
            info: SourceInfo {
                format: Format::Dicom,
                width,
                height,
                bits: self.layout.bits_stored as u8,
                color: SourceColor::Grey,
                dicom: Some(Box::new(slice.info)),
                depth: None,
                notes: Vec::new(),
            },
        })
    }

    /// The one slice of a file, where a file must be one slice.
    pub(super) fn only(bytes: Vec<u8>, limits: DecodeLimits) -> Result<Self, DecodeProblem> {
        let file = Self::open(bytes, limits)?;
        match file.count {
            1 => Ok(file),
            count => Err(DicomProblem::MultiFrame { count }.into()),
        }
    }

    pub(super) fn measured(&self, index: usize) -> Result<Measured, DecodeProblem> {
        let slice = self.slice(index)?;
        Ok(Measured {
            hounsfield: Hounsfield {
                width: self.layout.columns,
                height: self.layout.rows,
                values_hu: slice.hounsfield(),
            },
            spacing_mm: slice.info.spacing_mm,
            dicom: Some(Box::new(slice.info)),
        })
    }

    pub(super) fn hounsfield(&self, index: usize) -> Result<Hounsfield, DecodeProblem> {
        Ok(Hounsfield {
            width: self.layout.columns,
            height: self.layout.rows,
            values_hu: self.slice(index)?.hounsfield(),
        })
    }
}

/// Whether unsigned words are signed ones in truth: those above the middle are all so high that
/// they would be above 60,000 HU, and are 1 to 4,096 below zero. The highest alone may be clipping.
fn are_signed_words(stored: &[i32]) -> bool {
    let mut high = stored.iter().filter(|value| **value >= 0x8000).peekable();
    high.peek().is_some()
        && high.clone().all(|value| *value >= 0xf000)
        && high.any(|value| *value < 0xffff)
}

/// Notes pixels that are coded otherwise than the transfer syntax says.
///
/// # Errors
/// A transfer syntax that nobody here reads, if the pixels are none of what is read either.
fn note_coding(
    pixels: &PixelData,
    data_set: &DataSet,
    transfer_syntax: &str,
    forgiven: &mut Forgiven,
) -> Result<(), DicomProblem> {
    let found = pixels.coding(data_set.bytes());
    let expected = match transfer_syntax {
        uids::JPEG_BASELINE8_BIT | uids::JPEG_EXTENDED12_BIT => Some(Coding::JpegDct),
        uids::JPEG_LOSSLESS | uids::JPEG_LOSSLESS_SV1 => Some(Coding::JpegLossless),
        uids::JPEGLS_LOSSLESS | uids::JPEGLS_NEAR_LOSSLESS => Some(Coding::JpegLs),
        uids::JPEG2000_LOSSLESS
        | uids::JPEG2000
        | uids::HTJ2K_LOSSLESS
        | uids::HTJ2K_LOSSLESS_RPCL
        | uids::HTJ2K => Some(Coding::Jpeg2000),
        uids::RLE_LOSSLESS => Some(Coding::Rle),
        uid if file_meta::is_uncompressed(uid) => None,
        uid if found.is_none() && matches!(pixels, PixelData::Encapsulated { .. }) => {
            let transfer_syntax = format!("{} ({uid})", unread_syntax(uid));
            return Err(DicomProblem::UnsupportedTransferSyntax { transfer_syntax });
        }
        // Another syntax, and pixels that are read: what they are is said.
        _ => None,
    };
    if found != expected {
        forgiven.note(Nonconformity::PixelCoding {
            found: found.map_or("uncompressed", Coding::name),
        });
    }
    Ok(())
}

/// The name of a transfer syntax that is not read.
fn unread_syntax(uid: &str) -> &'static str {
    match uid {
        uids::JPEGXL_LOSSLESS | uids::JPEGXLJPEG_RECOMPRESSION | uids::JPEGXL => "JPEG XL",
        uid if uid.starts_with("1.2.840.10008.1.2.4.10") => "video",
        _ => "unknown",
    }
}

/// A damaged DICOM file; `cause` says what was found.
fn damaged(cause: impl Into<DecoderCause>) -> DecodeProblem {
    DecodeProblem::Damaged {
        format: Format::Dicom,
        cause: cause.into(),
    }
}
