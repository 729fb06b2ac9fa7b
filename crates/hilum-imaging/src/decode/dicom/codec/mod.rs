//! Compressed pixels of one frame to samples, by what the stream is and not by what it is called.

mod jpeg;
mod jpeg_2000;
mod jpeg_ls;
mod rle;

use thiserror::Error;

use super::header::PixelLayout;

/// Samples as a stream codes them, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Samples {
    pub(super) values: Vec<i32>,
    /// Bits of a sample, by the stream.
    pub(super) precision: u32,
    /// Whether the stream itself calls its samples signed; only JPEG 2000 can.
    pub(super) is_signed: bool,
}

/// Why a stream gave no samples.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum CodecProblem {
    #[error("the compressed pixels end early")]
    Truncated,
    #[error("{0}")]
    Damaged(&'static str),
    /// Valid, but not read.
    #[error("{0} is not supported")]
    Unsupported(&'static str),
}

const OTHER_SHAPE: CodecProblem =
    CodecProblem::Damaged("the compressed image has another shape than the header says");

/// Columns and rows that a stream must have: no decoder allocates for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shape {
    width: usize,
    height: usize,
}

/// What a stream is by its first bytes and markers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    /// DCT with Huffman codes, 8 or 12 bits, sequential or progressive (ITU-T T.81).
    JpegDct,
    /// Lossless with Huffman codes (ITU-T T.81 annex H).
    JpegLossless,
    /// ITU-T T.87, lossless or near-lossless.
    JpegLs,
    /// ITU-T T.800 or, high-throughput, T.814.
    Jpeg2000,
    /// PackBits of byte planes (PS3.5 annex G).
    Rle,
}

impl Coding {
    /// `None` for what is none of them.
    pub(super) fn sniff(stream: &[u8]) -> Option<Self> {
        if jpeg_2000::is_stream(stream) {
            return Some(Self::Jpeg2000);
        }
        if stream.starts_with(&[0xff, 0xd8]) {
            return Some(match jpeg::process(stream)? {
                jpeg::Process::Sequential | jpeg::Process::Progressive => Self::JpegDct,
                jpeg::Process::Lossless => Self::JpegLossless,
                jpeg::Process::JpegLs => Self::JpegLs,
            });
        }
        rle::is_fragment(stream).then_some(Self::Rle)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::JpegDct => "JPEG",
            Self::JpegLossless => "JPEG Lossless",
            Self::JpegLs => "JPEG-LS",
            Self::Jpeg2000 => "JPEG 2000",
            Self::Rle => "RLE",
        }
    }
}

/// Decodes one frame.
pub(super) fn decode(
    stream: &[u8],
    coding: Coding,
    layout: &PixelLayout,
) -> Result<Samples, CodecProblem> {
    let shape = Shape {
        width: layout.columns,
        height: layout.rows,
    };
    match coding {
        Coding::JpegDct | Coding::JpegLossless => jpeg::decode(stream, shape),
        Coding::JpegLs => jpeg_ls::decode(stream, shape),
        Coding::Jpeg2000 => jpeg_2000::decode(stream, shape),
        Coding::Rle => {
            let bytes = rle::decode(stream, layout.pixel_count(), layout.value_bytes())
                .ok_or(CodecProblem::Truncated)?;
            let word = |bytes: &[u8]| {
                let word = bytes.iter().rev();
                word.fold(0, |word, byte| word << 8 | i32::from(*byte))
            };
            Ok(Samples {
                values: bytes.chunks(layout.value_bytes()).map(word).collect(),
                precision: layout.bits_allocated,
                is_signed: false,
            })
        }
    }
}
