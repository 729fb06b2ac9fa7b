//! How a picture is turned before it is shown (tag 274 of TIFF 6.0 and EXIF 2.3).

use crate::Pixels;

/// Where the first row and the first column of the stored picture are, when it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Orientation {
    /// Whether rows of the file are columns of the picture.
    is_transposed: bool,
    /// Whether the picture's left and right are exchanged, after that.
    is_mirrored: bool,
    /// Whether its top and bottom are, after that.
    is_flipped: bool,
}

impl Orientation {
    /// By the tag's value; what is no value of it is 1, as it lies.
    pub(super) fn of_tag(value: u16) -> Self {
        let (is_transposed, is_mirrored, is_flipped) = match value {
            2 => (false, true, false),
            3 => (false, true, true),
            4 => (false, false, true),
            5 => (true, false, false),
            6 => (true, true, false),
            7 => (true, true, true),
            8 => (true, false, true),
            _ => (false, false, false),
        };
        Self {
            is_transposed,
            is_mirrored,
            is_flipped,
        }
    }

    /// By the tag in the first directory of EXIF data, which is a TIFF without a picture.
    pub(super) fn of_exif(exif: &[u8]) -> Self {
        Self::of_tag(tag_in_exif(exif).unwrap_or(1))
    }

    /// The picture as it is shown.
    pub(super) fn apply(self, pixels: Pixels) -> Pixels {
        if self == Self::of_tag(1) {
            return pixels;
        }
        let (stored_width, stored_height) = (pixels.width(), pixels.height());
        let channels = pixels.channels();
        let (width, height) = if self.is_transposed {
            (stored_height, stored_width)
        } else {
            (stored_width, stored_height)
        };
        let source = pixels.into_data();
        let mut data = Vec::with_capacity(source.len());
        for row in 0..height {
            let row = if self.is_flipped {
                height - 1 - row
            } else {
                row
            };
            for column in 0..width {
                let column = if self.is_mirrored {
                    width - 1 - column
                } else {
                    column
                };
                let at = if self.is_transposed {
                    column * stored_width + row
                } else {
                    row * stored_width + column
                };
                data.extend_from_slice(&source[at * channels.count()..][..channels.count()]);
            }
        }
        Pixels::new(width, height, channels, data)
    }
}

fn tag_in_exif(exif: &[u8]) -> Option<u16> {
    const ORIENTATION: u16 = 274;
    const SHORT: u16 = 3;
    let is_little_endian = match exif.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let short = |at: usize| -> Option<u16> {
        let bytes = *exif.get(at..at.checked_add(2)?)?.first_chunk()?;
        Some(if is_little_endian {
            u16::from_le_bytes(bytes)
        } else {
            u16::from_be_bytes(bytes)
        })
    };
    let long = |at: usize| -> Option<usize> {
        let bytes = *exif.get(at..at.checked_add(4)?)?.first_chunk()?;
        Some(if is_little_endian {
            u32::from_le_bytes(bytes)
        } else {
            u32::from_be_bytes(bytes)
        } as usize)
    };
    let directory = long(4)?;
    let entries = 0..usize::from(short(directory)?);
    entries
        .map(|index| directory + 2 + 12 * index)
        .find(|entry| short(*entry) == Some(ORIENTATION) && short(entry + 2) == Some(SHORT))
        .and_then(|entry| short(entry + 8))
}

#[cfg(test)]
mod tests {
    use crate::Channels;

    use super::*;

    /// By hand, of the picture `ab / cd / ef` as EXIF 2.3 describes each value: 6 is shown after a
    /// quarter turn to the right, 8 to the left.
    #[test]
    fn every_orientation_is_applied() {
        let shown = [
            (1, 2, "abcdef"),
            (2, 2, "badcfe"),
            (3, 2, "fedcba"),
            (4, 2, "efcdab"),
            (5, 3, "acebdf"),
            (6, 3, "ecafdb"),
            (7, 3, "fdbeca"),
            (8, 3, "bdface"),
        ];
        for (value, width, text) in shown {
            let stored = Pixels::new(2, 3, Channels::Grey, b"abcdef".to_vec());
            let picture = Orientation::of_tag(value).apply(stored);
            assert_eq!(picture.width(), width, "of {value}");
            assert_eq!(picture.data(), text.as_bytes(), "of {value}");
        }
    }

    #[test]
    fn exif_that_is_cut_or_turned_in_circles_is_as_it_lies() {
        let exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0";
        assert_eq!(Orientation::of_exif(exif), Orientation::of_tag(6));
        for length in 0..exif.len() - 2 {
            assert_eq!(
                Orientation::of_exif(&exif[..length]),
                Orientation::of_tag(1)
            );
        }
        assert_eq!(
            Orientation::of_exif(b"II*\0\xff\xff\xff\xff"),
            Orientation::of_tag(1)
        );
    }
}
