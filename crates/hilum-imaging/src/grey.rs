//! Between grey and RGB.

use crate::{Channels, Pixels};

/// Pixels whose channels are compared together.
const BLOCK: usize = 64;

impl Pixels {
    /// One grey value per pixel, `0.299 R + 0.587 G + 0.114 B` (ITU-R BT.601-2 luma), in Pillow's
    /// fixed point: `(19595 R + 38470 G + 7471 B + 32768) >> 16`, equal to `convert("L")` to the
    /// bit. Grey pixels are copied.
    #[must_use]
    pub fn to_grey(&self) -> Self {
        if self.channels() == Channels::Grey {
            return self.clone();
        }
        if let Some(single) = self.single_channel() {
            return single;
        }
        let (pixels, _) = self.data().as_chunks::<3>();
        let data = pixels.iter().map(|pixel| luma(*pixel)).collect();
        Self::new(self.width(), self.height(), Channels::Grey, data)
    }

    /// One of three equal channels; `None` if they differ anywhere or there is only one.
    ///
    /// Equal channels are their own luma: the three factors add up to one.
    pub(crate) fn single_channel(&self) -> Option<Self> {
        if self.channels() == Channels::Grey {
            return None;
        }
        if !is_colourless(self.data()) {
            return None;
        }
        let mut data = vec![0; self.width() * self.height()];
        for (pixel, grey) in self.data().as_chunks::<3>().0.iter().zip(&mut data) {
            *grey = pixel[0];
        }
        let (width, height) = (self.width(), self.height());
        Some(Self::new(width, height, Channels::Grey, data))
    }

    /// The same picture in as few channels as it takes: one where red, green and blue are equal
    /// everywhere.
    #[must_use]
    pub fn in_fewest_channels(self) -> Self {
        self.single_channel().unwrap_or(self)
    }

    /// Three values per pixel; a grey value is repeated. RGB pixels are copied.
    #[must_use]
    pub fn to_rgb(&self) -> Self {
        if self.channels() == Channels::Rgb {
            return self.clone();
        }
        let mut data = Vec::with_capacity(self.data().len() * 3);
        for grey in self.data() {
            data.extend_from_slice(&[*grey; 3]);
        }
        Self::new(self.width(), self.height(), Channels::Rgb, data)
    }
}

/// Whether red equals green and green equals blue in all pixels.
///
/// Every byte but the last of a pixel is compared with the one behind it, a block at a time.
pub(crate) fn is_colourless(data: &[u8]) -> bool {
    const COMPARED: [u8; 3 * BLOCK] = {
        let mut compared = [u8::MAX; 3 * BLOCK];
        let mut last = 2;
        while last < compared.len() {
            compared[last] = 0;
            last += 3;
        }
        compared
    };
    let (blocks, rest) = data[..data.len() - 1].as_chunks::<{ 3 * BLOCK }>();
    let (blocks_behind, rest_behind) = data[1..].as_chunks::<{ 3 * BLOCK }>();
    let differs = |((a, b), mask): ((&u8, &u8), &u8)| (a ^ b) & mask;
    let is_equal = |block: &[u8], behind: &[u8]| {
        let pairs = block.iter().zip(behind).zip(&COMPARED);
        pairs
            .map(differs)
            .fold(0, |all, difference| all | difference)
            == 0
    };
    let mut pairs = blocks.iter().zip(blocks_behind);
    pairs.all(|(block, behind)| is_equal(block, behind)) && is_equal(rest, rest_behind)
}

fn luma([red, green, blue]: [u8; 3]) -> u8 {
    let sum = 19595 * u32::from(red) + 38470 * u32::from(green) + 7471 * u32::from(blue);
    ((sum + 0x8000) >> 16) as u8
}
