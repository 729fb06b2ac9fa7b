//! Rows of a picture as they come from a decoder, in one channel for as long as none has colour.

use super::png::composite_on_black;
use crate::grey::is_colourless;
use crate::{Channels, Pixels};

/// In which channels a picture is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// In those of its file.
    OfFile,
    /// In one, where red, green and blue are equal everywhere.
    Fewest,
}

impl Wanted {
    /// A picture that is in the channels of its file.
    pub(super) fn of(self, pixels: Pixels) -> Pixels {
        match self {
            Self::OfFile => pixels,
            Self::Fewest => pixels.in_fewest_channels(),
        }
    }
}

/// Rows that were gathered so far.
pub(super) struct Gathered {
    width: usize,
    height: usize,
    channels: Channels,
    data: Vec<u8>,
    /// A row without opacity.
    opaque: Vec<u8>,
}

impl Gathered {
    /// No row yet of a colour picture.
    pub(super) fn new(width: usize, height: usize, wanted: Wanted) -> Self {
        let channels = match wanted {
            Wanted::OfFile => Channels::Rgb,
            Wanted::Fewest => Channels::Grey,
        };
        Self {
            width,
            height,
            channels,
            data: Vec::with_capacity(width * height * channels.count()),
            opaque: Vec::new(),
        }
    }

    /// Adds a row of red, green and blue.
    pub(super) fn add_rgb(&mut self, row: &[u8]) {
        if self.channels == Channels::Grey {
            if is_colourless(row) {
                let (pixels, _) = row.as_chunks::<3>();
                self.data.extend(pixels.iter().map(|pixel| pixel[0]));
                return;
            }
            self.spread();
        }
        self.data.extend_from_slice(row);
    }

    /// Adds a row of red, green, blue and opacity, composited on black.
    pub(super) fn add_rgba(&mut self, row: &[u8]) {
        let (pixels, _) = row.as_chunks::<4>();
        if self.channels == Channels::Grey {
            let start = self.data.len();
            let mut differs = 0;
            self.data.extend(pixels.iter().map(|pixel| {
                let values = u32::from_le_bytes(*pixel);
                differs |= uneven(values);
                values as u8
            }));
            if differs == 0 {
                return;
            }
            self.data.truncate(start);
        }
        let mut opaque = std::mem::take(&mut self.opaque);
        opaque.clear();
        opaque.extend_from_slice(pixels.as_flattened());
        composite_on_black::<3, 4>(&mut opaque);
        self.add_rgb(&opaque);
        self.opaque = opaque;
    }

    /// The picture, when all rows are there.
    pub(super) fn into_pixels(self) -> Pixels {
        Pixels::new(self.width, self.height, self.channels, self.data)
    }

    /// Three channels of the rows so far.
    fn spread(&mut self) {
        let mut data = Vec::with_capacity(self.width * self.height * 3);
        data.extend(self.data.iter().flat_map(|grey| [*grey; 3]));
        self.data = data;
        self.channels = Channels::Rgb;
    }
}

/// Zero for a pixel of equal red, green and blue (the low bytes) that is opaque.
fn uneven(values: u32) -> u32 {
    ((values ^ (values << 8)) & 0x00ff_ff00) | (!values >> 24)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gathered(wanted: Wanted, rows: &[[[u8; 4]; 2]]) -> Pixels {
        let mut gathered = Gathered::new(2, rows.len(), wanted);
        for row in rows {
            gathered.add_rgba(row.as_flattened());
        }
        gathered.into_pixels()
    }

    #[test]
    fn rows_stay_one_channel_until_one_has_colour() {
        let grey = [[9, 9, 9, 255], [7, 7, 7, 255]];
        let coloured = [[3, 3, 3, 255], [1, 2, 2, 255]];
        let single = gathered(Wanted::Fewest, &[grey, grey]);
        assert_eq!(single.channels(), Channels::Grey);
        assert_eq!(single.data(), [9, 7, 9, 7]);
        let three = gathered(Wanted::Fewest, &[grey, coloured, grey]);
        assert_eq!(three.channels(), Channels::Rgb);
        assert_eq!(three, gathered(Wanted::OfFile, &[grey, coloured, grey]));
        let expected = [9, 9, 9, 7, 7, 7, 3, 3, 3, 1, 2, 2, 9, 9, 9, 7, 7, 7];
        assert_eq!(three.data(), expected);
    }

    #[test]
    fn opacity_is_composited_before_colour_is_looked_for() {
        // Half of 200 is 100; colour that cannot be seen is none.
        let row = [[200, 200, 200, 128], [1, 2, 3, 0]];
        let single = gathered(Wanted::Fewest, &[row]);
        assert_eq!(single.channels(), Channels::Grey);
        assert_eq!(single.data(), [100, 0]);
        let of_file = gathered(Wanted::OfFile, &[row]);
        assert_eq!(of_file.data(), [100, 100, 100, 0, 0, 0]);
    }

    #[test]
    fn one_uneven_value_of_a_pixel_is_enough() {
        assert_eq!(uneven(u32::from_le_bytes([5, 5, 5, 255])), 0);
        for pixel in [
            [4, 5, 5, 255],
            [5, 4, 5, 255],
            [5, 5, 4, 255],
            [5, 5, 5, 254],
        ] {
            assert_ne!(uneven(u32::from_le_bytes(pixel)), 0, "{pixel:?}");
        }
    }
}
