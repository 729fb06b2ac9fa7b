//! Stored values out of Pixel Data (7FE0,0010), whatever their transfer syntax.

use std::borrow::Cow;

use dicom_core::PrimitiveValue;
use dicom_core::value::Value;
use dicom_dictionary_std::{tags, uids};
use dicom_object::DefaultDicomObject;
use dicom_pixeldata::PixelDecoder;

use super::super::Format;
use super::super::error::{DecodeProblem, DicomProblem};
use super::super::jpeg_outline::{JpegOutline, JpegProcess};
use super::header::PixelLayout;
use super::object::{damaged, innermost};
use super::rle;

/// Retired from the standard in 2016; files remain.
pub(super) const EXPLICIT_VR_BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";

/// How Pixel Data is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Native,
    Rle,
    Jpeg,
    Jpeg2000,
}

/// The stored values, row by row, sign extended from Bits Stored.
pub(super) fn read(
    object: &mut DefaultDicomObject,
    layout: &PixelLayout,
) -> Result<Vec<i32>, DecodeProblem> {
    let coding = coding(object)?;
    let value = object
        .get(tags::PIXEL_DATA)
        .ok_or(DicomProblem::NoPixelData)?
        .value();
    if coding == Coding::Native {
        let Value::Primitive(value) = value else {
            return Err(damaged("encapsulated pixels in an uncompressed file"));
        };
        return native(value, layout);
    }
    let fragments = value
        .fragments()
        .ok_or_else(|| damaged("the pixels of a compressed file are not encapsulated"))?;
    let stream: Cow<'_, [u8]> = match fragments {
        [single] => Cow::Borrowed(single),
        many => Cow::Owned(many.concat()),
    };
    if stream.is_empty() {
        return Err(DicomProblem::NoPixelData.into());
    }
    match coding {
        Coding::Rle => {
            let bytes = rle::decode(&stream, layout.pixel_count(), layout.value_bytes())
                .ok_or(TRUNCATED)?;
            Ok(from_bytes(&bytes, layout))
        }
        Coding::Jpeg => {
            check_jpeg(&stream, layout)?;
            codec(object, layout)
        }
        Coding::Jpeg2000 | Coding::Native => {
            check_jpeg_2000(&stream, layout)?;
            codec(object, layout)
        }
    }
}

const TRUNCATED: DecodeProblem = DecodeProblem::Truncated {
    format: Format::Dicom,
};

fn coding(object: &DefaultDicomObject) -> Result<Coding, DicomProblem> {
    let uid = object.meta().transfer_syntax();
    match uid {
        uids::IMPLICIT_VR_LITTLE_ENDIAN
        | uids::EXPLICIT_VR_LITTLE_ENDIAN
        | EXPLICIT_VR_BIG_ENDIAN
        | uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN => Ok(Coding::Native),
        uids::RLE_LOSSLESS => Ok(Coding::Rle),
        uids::JPEG_BASELINE8_BIT
        | uids::JPEG_EXTENDED12_BIT
        | uids::JPEG_LOSSLESS
        | uids::JPEG_LOSSLESS_SV1 => Ok(Coding::Jpeg),
        uids::JPEG2000_LOSSLESS | uids::JPEG2000 => Ok(Coding::Jpeg2000),
        _ => Err(unsupported(uid)),
    }
}

fn unsupported(uid: &str) -> DicomProblem {
    let name = match uid {
        uids::JPEGLS_LOSSLESS => "JPEG-LS Lossless",
        uids::JPEGLS_NEAR_LOSSLESS => "JPEG-LS Near-Lossless",
        uids::JPEG_EXTENDED12_BIT => "JPEG Extended, 12 bits",
        uids::JPEGXL_LOSSLESS | uids::JPEGXLJPEG_RECOMPRESSION | uids::JPEGXL => "JPEG XL",
        uids::HTJ2K_LOSSLESS | uids::HTJ2K_LOSSLESS_RPCL | uids::HTJ2K => {
            "High-Throughput JPEG 2000"
        }
        _ => "unknown",
    };
    DicomProblem::UnsupportedTransferSyntax {
        transfer_syntax: format!("{name} ({uid})"),
    }
}

/// Uncompressed values; the parser has brought 16-bit words to this machine's byte order.
fn native(value: &PrimitiveValue, layout: &PixelLayout) -> Result<Vec<i32>, DecodeProblem> {
    let unpack = Unpack::new(layout);
    let count = layout.pixel_count();
    if let (PrimitiveValue::U16(words), 16) = (value, layout.bits_allocated) {
        let words = words.get(..count).ok_or(TRUNCATED)?;
        return Ok(words
            .iter()
            .map(|word| unpack.value(u32::from(*word)))
            .collect());
    }
    let bytes = match value {
        PrimitiveValue::U8(bytes) => Cow::Borrowed(bytes.as_slice()),
        // Two bytes or half a value stand in each word, the low byte first (PS3.5 8.1.1).
        PrimitiveValue::U16(words) => {
            Cow::Owned(words.iter().flat_map(|word| word.to_le_bytes()).collect())
        }
        PrimitiveValue::Empty => return Err(DicomProblem::NoPixelData.into()),
        _ => return Err(damaged("the pixels are neither bytes nor words")),
    };
    let bytes = bytes.get(..count * layout.value_bytes()).ok_or(TRUNCATED)?;
    Ok(from_bytes(bytes, layout))
}

/// Little-endian values of Bits Allocated each.
fn from_bytes(bytes: &[u8], layout: &PixelLayout) -> Vec<i32> {
    let unpack = Unpack::new(layout);
    match layout.bits_allocated {
        8 => bytes
            .iter()
            .map(|byte| unpack.value(u32::from(*byte)))
            .collect(),
        16 => {
            let (words, _) = bytes.as_chunks::<2>();
            let word = |bytes: &[u8; 2]| u32::from(u16::from_le_bytes(*bytes));
            words
                .iter()
                .map(|bytes| unpack.value(word(bytes)))
                .collect()
        }
        _ => {
            let (words, _) = bytes.as_chunks::<4>();
            let value = |bytes: &[u8; 4]| unpack.value(u32::from_le_bytes(*bytes));
            words.iter().map(value).collect()
        }
    }
}

/// Cuts the stored bits out of an allocated word (PS3.5 8.1.1): the bits above High Bit may hold
/// overlays.
struct Unpack {
    left: u32,
    right: u32,
    is_signed: bool,
}

impl Unpack {
    fn new(layout: &PixelLayout) -> Self {
        Self {
            left: 31 - layout.high_bit,
            right: 32 - layout.bits_stored,
            is_signed: layout.is_signed,
        }
    }

    fn value(&self, word: u32) -> i32 {
        let high = word << self.left;
        if self.is_signed {
            high.cast_signed() >> self.right
        } else {
            (high >> self.right).cast_signed()
        }
    }
}

/// Refuses a JPEG of another shape than the header's, on which the decoder would panic.
fn check_jpeg(stream: &[u8], layout: &PixelLayout) -> Result<(), DecodeProblem> {
    let outline = JpegOutline::read(stream)?;
    if outline.process == JpegProcess::Other
        || (outline.process == JpegProcess::Huffman && outline.precision != 8)
    {
        return Err(unsupported(uids::JPEG_EXTENDED12_BIT).into());
    }
    let fits = usize::from(outline.width) == layout.columns
        && usize::from(outline.height) == layout.rows
        && outline.components == 1
        && usize::from(outline.precision).div_ceil(8) == layout.value_bytes();
    if !fits {
        return Err(damaged(
            "the compressed image has another shape than the header says",
        ));
    }
    if outline.is_complete {
        Ok(())
    } else {
        Err(TRUNCATED)
    }
}

/// Refuses a JPEG 2000 codestream of another shape than the header's (ITU-T T.800 A.5.1).
fn check_jpeg_2000(stream: &[u8], layout: &PixelLayout) -> Result<(), DecodeProblem> {
    const START_AND_SIZE: [u8; 4] = [0xff, 0x4f, 0xff, 0x51];
    if !stream.starts_with(&START_AND_SIZE) {
        return Err(damaged("the pixels are no JPEG 2000 codestream"));
    }
    let word = |at: usize| -> Option<usize> {
        let bytes = stream.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_be_bytes(bytes) as usize)
    };
    let (right, bottom) = word(8).zip(word(12)).ok_or(TRUNCATED)?;
    let (left, top) = word(16).zip(word(20)).ok_or(TRUNCATED)?;
    let components = stream.get(40..42).ok_or(TRUNCATED)?;
    let fits = right.checked_sub(left) == Some(layout.columns)
        && bottom.checked_sub(top) == Some(layout.rows)
        && components == [0, 1];
    if fits && layout.value_bytes() <= 2 {
        Ok(())
    } else {
        Err(damaged(
            "the compressed image has another shape than the header says",
        ))
    }
}

/// Decodes through dicom-pixeldata, which would also refuse windows of unequal counts.
fn codec(object: &mut DefaultDicomObject, layout: &PixelLayout) -> Result<Vec<i32>, DecodeProblem> {
    for tag in [
        tags::WINDOW_CENTER,
        tags::WINDOW_WIDTH,
        tags::VOILUT_SEQUENCE,
    ] {
        object.remove_element(tag);
    }
    let decoded = object
        .decode_pixel_data_frame(0)
        .map_err(|error| damaged(innermost(&error).to_string()))?;
    let bytes = decoded
        .data()
        .get(..layout.pixel_count() * layout.value_bytes())
        .ok_or(TRUNCATED)?;
    Ok(from_bytes(bytes, layout))
}
