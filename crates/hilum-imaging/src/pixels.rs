//! Eight-bit pixels in memory.

use serde::{Deserialize, Serialize};

/// How many values a pixel has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channels {
    /// One grey value.
    Grey,
    /// Red, green, blue.
    Rgb,
}

impl Channels {
    /// 1 or 3.
    pub fn count(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb => 3,
        }
    }
}

/// A decoded slice: `height x width x channels` bytes, row by row, channels innermost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pixels {
    width: usize,
    height: usize,
    channels: Channels,
    data: Vec<u8>,
}

impl Pixels {
    /// Wraps bytes.
    ///
    /// # Panics
    /// If `data` does not hold `width * height * channels` bytes, or a side is zero.
    pub fn new(width: usize, height: usize, channels: Channels, data: Vec<u8>) -> Self {
        assert!(width > 0 && height > 0, "an image has at least one pixel");
        assert_eq!(
            data.len(),
            width * height * channels.count(),
            "bytes of the whole image"
        );
        Self {
            width,
            height,
            channels,
            data,
        }
    }

    /// Pixels from left to right.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Pixels from top to bottom.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Grey or RGB.
    pub fn channels(&self) -> Channels {
        self.channels
    }

    /// The bytes, row by row, channels innermost.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// The same, to be changed.
    pub(crate) fn data_mut(&mut self) -> &mut [u8] {
        &mut self.data
    }

    /// Gives the bytes away.
    pub fn into_data(self) -> Vec<u8> {
        self.data
    }
}
