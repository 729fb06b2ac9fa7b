//! Between grey and RGB.

use crate::{Channels, Pixels};

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
        /// Pixels that are looked at before a difference ends it.
        const BLOCK: usize = 64;
        if self.channels() == Channels::Grey {
            return None;
        }
        let (pixels, _) = self.data().as_chunks::<3>();
        let mut data = vec![0; pixels.len()];
        for (pixels, greys) in pixels.chunks(BLOCK).zip(data.chunks_mut(BLOCK)) {
            let mut difference = 0;
            for ([red, green, blue], grey) in pixels.iter().zip(greys) {
                *grey = *red;
                difference |= (red ^ green) | (red ^ blue);
            }
            if difference != 0 {
                return None;
            }
        }
        Some(Self::new(self.width(), self.height(), Channels::Grey, data))
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

fn luma([red, green, blue]: [u8; 3]) -> u8 {
    let sum = 19595 * u32::from(red) + 38470 * u32::from(green) + 7471 * u32::from(blue);
    ((sum + 0x8000) >> 16) as u8
}
