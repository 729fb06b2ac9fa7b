//! Eight-bit PNG.

use std::path::Path;

use hilum_files::write_atomically;
use png::{BitDepth, ColorType, Compression, Encoder, EncodingError};

use super::WriteError;
use crate::{Channels, Pixels};

/// Writes `pixels` as an 8-bit grey or RGB PNG, whole or not at all.
///
/// # Errors
/// [`WriteError`] if the disk refuses; what stood at `path` before is still there then.
pub fn write_png(path: &Path, pixels: &Pixels) -> Result<(), WriteError> {
    let bytes = encode(pixels, Compression::Balanced).map_err(|source| WriteError::Png {
        path: path.to_owned(),
        source,
    })?;
    Ok(write_atomically(path, |file| file.write_all(&bytes))?)
}

/// The bytes of `pixels` as an 8-bit grey or RGB PNG; equal pixels give equal bytes.
///
/// # Panics
/// If a side has more pixels than PNG can count, 2^31 - 1.
pub fn encode_png(pixels: &Pixels) -> Vec<u8> {
    encode(pixels, Compression::Fast).expect("memory takes every PNG whose sides it can count")
}

fn encode(pixels: &Pixels, compression: Compression) -> Result<Vec<u8>, EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, pixels.width() as u32, pixels.height() as u32);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_color(match pixels.channels() {
        Channels::Grey => ColorType::Grayscale,
        Channels::Rgb => ColorType::Rgb,
    });
    encoder.set_compression(compression);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels.data())?;
    writer.finish()?;
    Ok(bytes)
}
