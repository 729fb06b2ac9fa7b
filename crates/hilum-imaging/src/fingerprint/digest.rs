//! The name of a picture: what it shows, whatever its file is called.

use serde::{Deserialize, Serialize};

use crate::Pixels;

/// The first 128 bits of BLAKE3 over size and decoded pixels.
///
/// A grey image and one with three equal channels have the same digest: they look the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PixelDigest([u8; 16]);

impl PixelDigest {
    /// The same as a number.
    pub fn as_number(self) -> u128 {
        u128::from_le_bytes(self.0)
    }

    /// The digest of a decoded picture.
    pub fn of(pixels: &Pixels) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&(pixels.width() as u64).to_le_bytes());
        hasher.update(&(pixels.height() as u64).to_le_bytes());
        match pixels.single_channel() {
            Some(grey) => hasher.update(grey.data()),
            None => hasher.update(pixels.data()),
        };
        let mut digest = [0; 16];
        digest.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        Self(digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Channels;

    fn rgb(data: &[u8]) -> Pixels {
        Pixels::new(data.len() / 3, 1, Channels::Rgb, data.to_vec())
    }

    #[test]
    fn grey_and_equal_channels_are_one_picture_and_other_shapes_are_not() {
        let grey = Pixels::new(2, 1, Channels::Grey, vec![5, 9]);
        let tall = Pixels::new(1, 2, Channels::Grey, vec![5, 9]);
        let digest = PixelDigest::of(&grey);
        assert_eq!(PixelDigest::of(&rgb(&[5, 5, 5, 9, 9, 9])), digest);
        assert_ne!(PixelDigest::of(&rgb(&[5, 5, 6, 9, 9, 9])), digest);
        assert_ne!(PixelDigest::of(&tall), digest);
    }
}
