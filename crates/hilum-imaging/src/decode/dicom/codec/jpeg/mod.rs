//! JPEG of one component: DCT of 8 and 12 bits (processes 1, 2 and 4), and lossless (process 14).
//!
//! Own code: no Rust crate decodes 12-bit DCT. The inverse DCT is libjpeg's `jidctint`, so that
//! lossy images equal those of GDCM and dcmtk to the bit.

mod bits;
mod huffman;
mod inverse_dct;
mod lossless;
mod markers;
mod sequential;

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::{CodecProblem, OTHER_SHAPE, Samples, Shape};
use markers::{Frame, Image};
pub(super) use markers::{Process, process};

pub(super) fn decode(stream: &[u8], shape: Shape) -> Result<Samples, CodecProblem> {
    let image = Image::read(stream)?;
    let Frame {
        precision,
        width,
        height,
        components,
        process,
    } = image.frame;
    let is_shape = usize::from(width) == shape.width
        // A height of zero is given behind the first scan (T.81 B.2.5).
        && (usize::from(height) == shape.height || height == 0);
    if !is_shape || components != 1 {
        return Err(OTHER_SHAPE);
    }
    let values = match process {
        Process::Sequential => sequential::decode(&image, shape)?,
        Process::Lossless => lossless::decode(&image, shape)?,
        Process::Progressive if precision == 8 => progressive(stream, shape)?,
        Process::Progressive => {
            return Err(CodecProblem::Unsupported("progressive JPEG of 12 bits"));
        }
        Process::JpegLs => return Err(CodecProblem::Damaged("JPEG-LS inside of JPEG")),
    };
    Ok(Samples {
        values,
        precision: u32::from(precision),
        is_signed: false,
    })
}

/// Retired from DICOM in 1998, and never allowed for CT: left to the crate that reads JPEG files.
fn progressive(stream: &[u8], shape: Shape) -> Result<Vec<i32>, CodecProblem> {
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(shape.width)
        .set_max_height(shape.height)
        .jpeg_set_out_colorspace(ColorSpace::Luma);
    let data = JpegDecoder::new_with_options(ZCursor::new(stream), options).decode();
    let data = data.map_err(|_| CodecProblem::Damaged("the progressive JPEG is broken"))?;
    if data.len() != shape.width * shape.height {
        return Err(OTHER_SHAPE);
    }
    Ok(data.into_iter().map(i32::from).collect())
}
