//! PNG to eight-bit grey or RGB.

use std::io::{Cursor, ErrorKind};

use png::{BitDepth, ColorType, Decoder, DecodingError, Limits, Reader, Transformations};

use super::depth::{PixelValues, Rendering, grey_of_words};
use super::gathered::{Gathered, Wanted};
use super::limits::{DEFLATE_RATIO, check_expansion};
use super::source::{SourceColor, SourceInfo};
use super::{DecodeLimits, DecodeProblem, Format, Slice};
use crate::{Channels, Pixels};

/// What the decoder may allocate beside the image: text, profiles, one row.
const EXTRA_BYTES: usize = 64 << 20;

pub(super) fn decode(
    bytes: &[u8],
    rendering: Rendering,
    wanted: Wanted,
    limits: DecodeLimits,
) -> Result<Slice, DecodeProblem> {
    let row_limit = usize::try_from(limits.max_pixels.saturating_mul(8)).unwrap_or(usize::MAX);
    let mut decoder = Decoder::new_with_limits(
        Cursor::new(bytes),
        Limits {
            bytes: EXTRA_BYTES.saturating_add(row_limit),
        },
    );
    // Palettes and 1, 2 and 4 bits become bytes.
    decoder.set_transformations(Transformations::EXPAND);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let header = decoder.read_header_info().map_err(problem)?;
    let (width, height) = (header.width, header.height);
    limits.check(Format::Png, u64::from(width), u64::from(height))?;

    let mut reader = decoder.read_info().map_err(problem)?;
    let (bits, color) = (reader.info().bit_depth as u8, source_color(reader.info()));
    let mut info = SourceInfo::new(Format::Png, width as usize, height as usize, bits, color);
    let significant_bits = significant_bits(reader.info());
    let (output_color, output_depth) = reader.output_color_type();
    let length = reader
        .output_buffer_size()
        .ok_or_else(|| too_many(width, height, limits))?;
    check_expansion(Format::Png, length, bytes.len(), DEFLATE_RATIO)?;
    let add: Option<fn(&mut Gathered, &[u8])> = match (output_color, wanted) {
        (ColorType::Rgba, _) => Some(Gathered::add_rgba),
        (ColorType::Rgb, Wanted::Fewest) => Some(Gathered::add_rgb),
        _ => None,
    };
    let comes_by_row = output_depth == BitDepth::Eight && !reader.info().interlaced;
    if let Some(add) = add.filter(|_| comes_by_row) {
        let gathered = Gathered::new(info.width, info.height, wanted);
        let pixels = by_row(reader, gathered, add).map_err(problem)?;
        return Ok(Slice { pixels, info });
    }
    let mut data = vec![0; length];
    reader.next_frame(&mut data).map_err(problem)?;

    let (layout, channels) = layout(output_color);
    if output_depth == BitDepth::Sixteen {
        let (pairs, _) = data.as_chunks::<2>();
        let words: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
        let (grey, reading) = grey_of_words(&words, layout, significant_bits, rendering);
        info.note_reading(reading);
        data = grey;
    }
    match output_color {
        ColorType::GrayscaleAlpha => composite_on_black::<1, 2>(&mut data),
        ColorType::Rgba => composite_on_black::<3, 4>(&mut data),
        ColorType::Grayscale | ColorType::Rgb | ColorType::Indexed => {}
    }
    let pixels = Pixels::new(info.width, info.height, channels, data);
    Ok(Slice {
        pixels: wanted.of(pixels),
        info,
    })
}

/// Rows that are gathered while they are in the processor's cache.
fn by_row(
    mut reader: Reader<Cursor<&[u8]>>,
    mut gathered: Gathered,
    add: fn(&mut Gathered, &[u8]),
) -> Result<Pixels, DecodingError> {
    let length = reader.output_line_size(reader.info().width);
    let mut row = vec![0; length.unwrap_or_default()];
    while reader.read_row(&mut row)?.is_some() {
        add(&mut gathered, &row);
    }
    Ok(gathered.into_pixels())
}

fn layout(color: ColorType) -> (PixelValues, Channels) {
    let (count, colors) = match color {
        ColorType::Grayscale => (1, 1),
        ColorType::GrayscaleAlpha => (2, 1),
        ColorType::Rgb | ColorType::Indexed => (3, 3),
        ColorType::Rgba => (4, 3),
    };
    let channels = if colors == 1 {
        Channels::Grey
    } else {
        Channels::Rgb
    };
    (PixelValues { count, colors }, channels)
}

/// How many bits of a colour the file says to be significant (`sBIT`, PNG 11.3.2.4): the most of
/// its colours.
fn significant_bits(info: &png::Info<'_>) -> Option<u8> {
    let colors = match info.color_type {
        ColorType::Grayscale | ColorType::GrayscaleAlpha => 1,
        ColorType::Rgb | ColorType::Rgba | ColorType::Indexed => 3,
    };
    info.sbit.as_deref()?.iter().take(colors).copied().max()
}

/// Drops the opacity of pixels with `COLORS` values and one opacity, in place.
///
/// Each value becomes `round(value * opacity / 255)`, as Pillow's `paste` on black gives it.
pub(super) fn composite_on_black<const COLORS: usize, const VALUES: usize>(data: &mut Vec<u8>) {
    /// Pixels that are moved together.
    const BLOCK: usize = 64;
    let pixel_count = data.len() / VALUES;
    let mut block = [[0; VALUES]; BLOCK];
    for start in (0..pixel_count).step_by(BLOCK) {
        let block = &mut block[..BLOCK.min(pixel_count - start)];
        let bytes = block.as_flattened_mut();
        bytes.copy_from_slice(&data[start * VALUES..][..bytes.len()]);
        let opacity = block.iter().fold(u8::MAX, |all, pixel| all & pixel[COLORS]);
        let (pixels, _) = data[start * COLORS..].as_chunks_mut::<COLORS>();
        for (pixel, values) in pixels.iter_mut().zip(&*block) {
            *pixel = std::array::from_fn(|color| match opacity {
                u8::MAX => values[color],
                _ => product_of_shares(values[color], values[COLORS]),
            });
        }
    }
    data.truncate(pixel_count * COLORS);
}

/// `round(a * b / 255)`.
fn product_of_shares(a: u8, b: u8) -> u8 {
    let product = u32::from(a) * u32::from(b) + 128;
    ((product + (product >> 8)) >> 8) as u8
}

fn source_color(info: &png::Info<'_>) -> SourceColor {
    let has_transparency = info.trns.is_some();
    match (info.color_type, has_transparency) {
        (ColorType::Grayscale, false) => SourceColor::Grey,
        (ColorType::Grayscale, true) | (ColorType::GrayscaleAlpha, _) => SourceColor::GreyAlpha,
        (ColorType::Rgb, false) => SourceColor::Rgb,
        (ColorType::Rgb, true) | (ColorType::Rgba, _) => SourceColor::Rgba,
        (ColorType::Indexed, false) => SourceColor::Palette,
        (ColorType::Indexed, true) => SourceColor::PaletteAlpha,
    }
}

fn too_many(width: u32, height: u32, limits: DecodeLimits) -> DecodeProblem {
    DecodeProblem::TooManyPixels {
        width: u64::from(width),
        height: u64::from(height),
        limit: limits.max_pixels,
    }
}

fn problem(error: DecodingError) -> DecodeProblem {
    let format = Format::Png;
    match error {
        DecodingError::IoError(cause) if cause.kind() == ErrorKind::UnexpectedEof => {
            DecodeProblem::Truncated { format }
        }
        cause => DecodeProblem::Damaged {
            format,
            cause: Box::new(cause),
        },
    }
}
