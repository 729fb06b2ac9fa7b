//! A page of a TIFF to eight-bit grey or RGB.

mod pages;

use std::io::ErrorKind;

use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::Tag;
use tiff::{ColorType, TiffError};

use super::depth::{PixelValues, Reading, Rendering, grey_of_numbers, grey_of_words};
use super::limits::check_expansion;
use super::orientation::Orientation;
use super::png::composite_on_black;
use super::source::{SourceColor, SourceInfo};
use super::{DecodeLimits, DecodeProblem, Format, Slice};
use crate::{Channels, Pixels};
use pages::FromPage;
pub(super) use pages::Pages;

/// The most that LZW makes of a byte: a code of 12 bits stands for 4096 bytes at most.
const LZW_RATIO: usize = 4096 * 8 / 12;

pub(super) fn decode(
    bytes: &[u8],
    pages: &Pages,
    index: usize,
    rendering: Rendering,
    limits: DecodeLimits,
) -> Result<Slice, DecodeProblem> {
    let mut page = Page::open(bytes, pages, index, limits)?;
    let (count, colors) = (page.layout.count, page.layout.colors);
    let values = page.read()?;
    let mut info = SourceInfo::new(Format::Tiff, page.width, page.height, page.bits, page.color);
    let (mut data, reading) = page.grey(values, rendering)?;
    if let Some(reading) = reading {
        info.note_reading(reading);
    }
    match (count, colors) {
        (2, 1) => composite_on_black::<1, 2>(&mut data),
        (4, 3) => composite_on_black::<3, 4>(&mut data),
        _ => {}
    }
    let channels = match page.color {
        SourceColor::Cmyk => {
            data = rgb_of_cmyk(&data);
            Channels::Rgb
        }
        _ if colors == 1 => Channels::Grey,
        _ => Channels::Rgb,
    };
    let pixels = Pixels::new(page.width, page.height, channels, data);
    Ok(Slice {
        pixels: page.orientation.apply(pixels),
        info,
    })
}

/// A page whose header was read.
struct Page<'file> {
    decoder: Decoder<FromPage<'file>>,
    width: usize,
    height: usize,
    bits: u8,
    color: SourceColor,
    layout: PixelValues,
    is_planar: bool,
    orientation: Orientation,
}

impl<'file> Page<'file> {
    fn open(
        bytes: &'file [u8],
        pages: &Pages,
        index: usize,
        limits: DecodeLimits,
    ) -> Result<Self, DecodeProblem> {
        let mut decoder = Decoder::new(pages.starting_at(bytes, index)).map_err(problem)?;
        let (width, height) = decoder.dimensions().map_err(problem)?;
        limits.check(Format::Tiff, u64::from(width), u64::from(height))?;
        let color_type = decoder.colortype().map_err(problem)?;
        let bits = color_type.bit_depth();
        if !matches!(bits, 1 | 2 | 4 | 8 | 16 | 32 | 64) {
            return Err(unsupported("a number of bits other than 1 to 64"));
        }
        let (color, count, colors) = match color_type {
            ColorType::Gray(_) => (SourceColor::Grey, 1, 1),
            ColorType::GrayA(_) | ColorType::Multiband { num_samples: 2, .. } => {
                (SourceColor::GreyAlpha, 2, 1)
            }
            ColorType::RGB(_) => (SourceColor::Rgb, 3, 3),
            ColorType::RGBA(_) => (SourceColor::Rgba, 4, 3),
            ColorType::CMYK(8) => (SourceColor::Cmyk, 4, 4),
            _ => return Err(unsupported("colours other than grey, RGB and 8-bit CMYK")),
        };
        if bits < 8 && count > 1 {
            return Err(unsupported("fewer than 8 bits per colour"));
        }
        let row_bits = width as usize * count * usize::from(bits);
        let length = row_bits.div_ceil(8) * height as usize;
        check_expansion(Format::Tiff, length, bytes.len(), LZW_RATIO)?;
        let mut sizes = Limits::default();
        sizes.decoding_buffer_size = length.max(1 << 20);
        sizes.intermediate_buffer_size = length.max(1 << 20);
        let mut decoder = decoder.with_limits(sizes);
        let number =
            |decoder: &mut Decoder<_>, tag| decoder.find_tag_unsigned::<u16>(tag).ok().flatten();
        let is_planar = number(&mut decoder, Tag::PlanarConfiguration) == Some(2) && count > 1;
        let orientation = number(&mut decoder, Tag::Orientation);
        Ok(Self {
            decoder,
            width: width as usize,
            height: height as usize,
            bits,
            color,
            layout: PixelValues { count, colors },
            is_planar,
            orientation: Orientation::of_tag(orientation.unwrap_or(1)),
        })
    }

    /// The values as they are stored; those of a pixel stand together.
    fn read(&mut self) -> Result<DecodingResult, DecodeProblem> {
        let mut values = DecodingResult::U8(Vec::new());
        self.decoder
            .read_image_to_buffer(&mut values)
            .map_err(problem)?;
        Ok(values)
    }

    /// Eight bits a value, and what values of more were taken for.
    fn grey(
        &self,
        values: DecodingResult,
        rendering: Rendering,
    ) -> Result<(Vec<u8>, Option<Reading>), DecodeProblem> {
        use DecodingResult as Values;
        let numbers = match values {
            Values::U8(bytes) => {
                let bytes = match self.bits {
                    8 => self.interleaved(bytes)?,
                    bits => self.unpacked(&bytes, bits)?,
                };
                return Ok((bytes, None));
            }
            Values::U16(words) => return self.grey_of_words(words, rendering),
            // Without a negative value there is no sign: the same bits as unsigned ones.
            Values::I16(words) if words.iter().all(|word| *word >= 0) => {
                let words = words.into_iter().map(i16::cast_unsigned).collect();
                return self.grey_of_words(words, rendering);
            }
            Values::I8(values) => values.into_iter().map(f32::from).collect(),
            Values::I16(values) => values.into_iter().map(f32::from).collect(),
            Values::U32(values) => values.into_iter().map(|value| value as f32).collect(),
            Values::I32(values) => values.into_iter().map(|value| value as f32).collect(),
            Values::U64(values) => values.into_iter().map(|value| value as f32).collect(),
            Values::I64(values) => values.into_iter().map(|value| value as f32).collect(),
            Values::F16(values) => values.into_iter().map(f32::from).collect(),
            Values::F32(values) => values,
            Values::F64(values) => values.into_iter().map(|value| value as f32).collect(),
        };
        let numbers: Vec<f32> = self.interleaved(numbers)?;
        if self.layout.count > self.layout.colors {
            return Err(unsupported("opacity beside values that are not unsigned"));
        }
        let (data, reading) = grey_of_numbers(&numbers, rendering);
        Ok((data, Some(reading)))
    }

    fn grey_of_words(
        &self,
        words: Vec<u16>,
        rendering: Rendering,
    ) -> Result<(Vec<u8>, Option<Reading>), DecodeProblem> {
        let words = self.interleaved(words)?;
        let (data, reading) = grey_of_words(&words, self.layout, None, rendering);
        Ok((data, Some(reading)))
    }

    /// Brings the planes of a planar file together.
    fn interleaved<T: Copy>(&self, values: Vec<T>) -> Result<Vec<T>, DecodeProblem> {
        let pixel_count = self.width * self.height;
        if values.len() != pixel_count * self.layout.count {
            return Err(damaged("the decoder gave another number of values"));
        }
        if !self.is_planar {
            return Ok(values);
        }
        let value = |at: usize| {
            let (pixel, plane) = (at / self.layout.count, at % self.layout.count);
            values[plane * pixel_count + pixel]
        };
        Ok((0..values.len()).map(value).collect())
    }

    /// Values of 1, 2 or 4 bits, spread over `0..=255`.
    fn unpacked(&self, bytes: &[u8], bits: u8) -> Result<Vec<u8>, DecodeProblem> {
        let row_length = (self.width * usize::from(bits)).div_ceil(8);
        if bytes.len() != row_length * self.height {
            return Err(damaged("the decoder gave another number of values"));
        }
        let (per_byte, largest) = (usize::from(8 / bits), u8::MAX >> (8 - bits));
        let row = |row: &[u8]| -> Vec<u8> {
            let value = |column: usize| {
                let shift = 8 - usize::from(bits) * (column % per_byte + 1);
                (row[column / per_byte] >> shift & largest) * (u8::MAX / largest)
            };
            (0..self.width).map(value).collect()
        };
        Ok(bytes.chunks_exact(row_length).flat_map(row).collect())
    }
}

/// `(255 - C)(255 - K) / 255` and so on, as Pillow converts CMYK.
fn rgb_of_cmyk(data: &[u8]) -> Vec<u8> {
    let (pixels, _) = data.as_chunks::<4>();
    let rgb = |[cyan, magenta, yellow, black]: &[u8; 4]| {
        [cyan, magenta, yellow].map(|ink| {
            let light = u32::from(255 - ink) * u32::from(255 - black);
            ((light + 127) / 255) as u8
        })
    };
    pixels.iter().flat_map(rgb).collect()
}

fn unsupported(kind: &'static str) -> DecodeProblem {
    DecodeProblem::Unsupported {
        format: Format::Tiff,
        kind: kind.into(),
    }
}

fn damaged(what: &'static str) -> DecodeProblem {
    DecodeProblem::Damaged {
        format: Format::Tiff,
        cause: what.into(),
    }
}

fn problem(error: TiffError) -> DecodeProblem {
    let format = Format::Tiff;
    match error {
        TiffError::IoError(cause) if cause.kind() == ErrorKind::UnexpectedEof => {
            DecodeProblem::Truncated { format }
        }
        TiffError::UnsupportedError(cause) => DecodeProblem::Unsupported {
            format,
            kind: cause.to_string(),
        },
        cause => DecodeProblem::Damaged {
            format,
            cause: Box::new(cause),
        },
    }
}
