//! JPEG 2000 (ITU-T T.800) and its high-throughput kind (T.814), through OpenJPEG's Rust port.

use jpeg2k::{DecodeParameters, Image};

use super::{CodecProblem, OTHER_SHAPE, Samples, Shape};

const START_AND_SIZE: [u8; 4] = [0xff, 0x4f, 0xff, 0x51];
/// The signature box of a JP2 file (T.800 I.5.1), which has no place in DICOM and is found there.
const JP2_SIGNATURE: &[u8] = b"\0\0\0\x0cjP  \r\n\x87\n";

pub(super) fn is_stream(stream: &[u8]) -> bool {
    stream.starts_with(&START_AND_SIZE) || stream.starts_with(JP2_SIGNATURE)
}

pub(super) fn decode(stream: &[u8], shape: Shape) -> Result<Samples, CodecProblem> {
    let start = if stream.starts_with(JP2_SIGNATURE) {
        let mut windows = stream.windows(START_AND_SIZE.len());
        windows
            .position(|window| window == START_AND_SIZE)
            .ok_or(CodecProblem::Truncated)?
    } else {
        0
    };
    let codestream = &stream[start..];
    check(codestream, shape)?;
    let parameters = DecodeParameters::new().strict(true);
    let image = Image::from_bytes_with(codestream, parameters)
        .map_err(|_| CodecProblem::Damaged("the JPEG 2000 codestream is broken or ends early"))?;
    let [component] = image.components() else {
        return Err(OTHER_SHAPE);
    };
    let is_shape =
        component.width() as usize == shape.width && component.height() as usize == shape.height;
    if !is_shape || component.data().len() != shape.width * shape.height {
        return Err(OTHER_SHAPE);
    }
    Ok(Samples {
        values: component.data().to_vec(),
        precision: component.precision(),
        is_signed: component.is_signed(),
    })
}

/// Refuses what the decoder would allocate far more for than the stream can hold: another shape
/// than the header's, tiles and code blocks without number (T.800 A.5.1 and A.6.1).
fn check(codestream: &[u8], shape: Shape) -> Result<(), CodecProblem> {
    const CANNOT_BE: CodecProblem = CodecProblem::Damaged("a JPEG 2000 header that cannot be");
    /// What a tile-part takes at least (T.800 A.4.2): SOT and SOD.
    const TILE_BYTES: usize = 14;
    /// Four thousand million pixels in the code blocks that everybody uses, 64x64.
    const MOST_BLOCKS: usize = 1 << 20;
    let long = |at: usize| -> Result<usize, CodecProblem> {
        let bytes = codestream.get(at..at + 4).ok_or(CodecProblem::Truncated)?;
        let bytes = bytes.try_into().map_err(|_| CodecProblem::Truncated)?;
        Ok(u32::from_be_bytes(bytes) as usize)
    };
    let sides = [(8, shape.width), (12, shape.height)];
    let mut tiles = 1_usize;
    for (at, expected) in sides {
        let (end, start, tile) = (long(at)?, long(at + 8)?, long(at + 16)?);
        let tile_start = long(at + 24)?;
        if end.checked_sub(start) != Some(expected) {
            return Err(OTHER_SHAPE);
        }
        if tile == 0 || tile_start > start {
            return Err(CANNOT_BE);
        }
        tiles = tiles.saturating_mul((end - tile_start).div_ceil(tile));
    }
    let components = codestream.get(40..46).ok_or(CodecProblem::Truncated)?;
    let &[0, 1, depth, 1, 1, ..] = components else {
        return Err(OTHER_SHAPE);
    };
    if depth & 0x7f > 15 || tiles > codestream.len() / TILE_BYTES {
        return Err(CANNOT_BE);
    }
    let style = CodingStyle::read(codestream).ok_or(CodecProblem::Truncated)?;
    let (width, height) = style.smallest;
    if shape.width.div_ceil(width) * shape.height.div_ceil(height) > MOST_BLOCKS {
        return Err(CodecProblem::Unsupported(
            "JPEG 2000 with millions of code blocks",
        ));
    }
    // A packet takes a byte at least (T.800 B.10), and each layer of each resolution has one.
    if style.packets.saturating_mul(tiles) > codestream.len() {
        return Err(CANNOT_BE);
    }
    Ok(())
}

/// What the coding styles of the main header say (T.800 A.6.1 and A.6.2).
struct CodingStyle {
    /// Width and height of the smallest code block or precinct.
    smallest: (usize, usize),
    /// Packets of a tile at least: layers times resolutions.
    packets: usize,
}

impl CodingStyle {
    /// `None` if there is no coding style.
    fn read(codestream: &[u8]) -> Option<Self> {
        const COD: u8 = 0x52;
        const COC: u8 = 0x53;
        const TILE_PART: u8 = 0x90;
        let mut found: Option<Self> = None;
        let mut layers = 1;
        let mut position = 2;
        while let Some(&[0xff, marker, high, low]) = codestream.get(position..position + 4) {
            let length = usize::from(u16::from_be_bytes([high, low]));
            let segment = codestream.get(position + 4..position + 2 + length)?;
            // Scod, four bytes of progression, then what COC has behind its component and style.
            let style = match marker {
                TILE_PART => break,
                COD => segment.get(5..).zip(segment.first()),
                COC => segment.get(2..).zip(segment.get(1)),
                _ => None,
            };
            if let (COD, &[_, _, high, low, ..]) = (marker, segment) {
                layers = usize::from(u16::from_be_bytes([high, low]));
            }
            if let Some((&[levels, width, height, _, _, ref precincts @ ..], flags)) = style {
                let mut smallest = (1 << (width.min(8) + 2), 1 << (height.min(8) + 2));
                if flags & 1 == 1 {
                    for precinct in precincts {
                        smallest.0 = smallest.0.min(1 << (precinct & 15));
                        smallest.1 = smallest.1.min(1 << (precinct >> 4));
                    }
                }
                let packets = layers * (usize::from(levels) + 1);
                let known = found.map_or((smallest, 0), |known| (known.smallest, known.packets));
                found = Some(Self {
                    smallest: (known.0.0.min(smallest.0), known.0.1.min(smallest.1)),
                    packets: packets.max(known.1),
                });
            }
            position += 2 + length;
        }
        found
    }
}
