//! What values of more than eight bits stand for, and their grey levels.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::window::FileWindow;
use crate::{Recipe, Window};

/// What values of more than eight bits stand for, in files that do not say so themselves: PNG and
/// TIFF. Files of eight bits mean what they say, DICOM and NIfTI hold Hounsfield units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Depth {
    /// By what the file says of its bits (`sBIT`), the values that it uses, and whether they are
    /// spread as Hounsfield units are.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// Grey levels up to 255.
    #[serde(rename = "8")]
    Bits8,
    /// Grey levels up to 1023.
    #[serde(rename = "10")]
    Bits10,
    /// Grey levels up to 4095.
    #[serde(rename = "12")]
    Bits12,
    /// Grey levels up to 65535.
    #[serde(rename = "16")]
    Bits16,
    /// Hounsfield units, with 1024 (or 32768) added where they are stored without a sign.
    #[serde(rename = "hu")]
    Hounsfield,
}

impl Depth {
    /// Every depth with its name.
    const NAMES: [(Self, &str); 6] = [
        (Self::Auto, "auto"),
        (Self::Bits8, "8"),
        (Self::Bits10, "10"),
        (Self::Bits12, "12"),
        (Self::Bits16, "16"),
        (Self::Hounsfield, "hu"),
    ];

    /// Whether the file decides; what recipes of earlier versions mean.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
    pub(crate) fn is_auto(&self) -> bool {
        *self == Self::Auto
    }

    fn bits(self) -> Option<u8> {
        match self {
            Self::Bits8 => Some(8),
            Self::Bits10 => Some(10),
            Self::Bits12 => Some(12),
            Self::Bits16 => Some(16),
            Self::Auto | Self::Hounsfield => None,
        }
    }
}

impl FromStr for Depth {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim().to_ascii_lowercase();
        let named = Self::NAMES.iter().find(|(_, name)| *name == text);
        named
            .map(|(depth, _)| *depth)
            .ok_or("it is one of auto, 8, 10, 12, 16 and hu")
    }
}

impl fmt::Display for Depth {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = Self::NAMES.iter().find(|(depth, _)| depth == self);
        formatter.pad(named.map_or("auto", |(_, name)| name))
    }
}

/// How values become grey levels: which window, and what values of more than eight bits mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rendering {
    /// Which Hounsfield units become black and white.
    pub window: Window,
    /// What values of more than eight bits stand for.
    pub depth: Depth,
}

impl From<Window> for Rendering {
    /// The window, and [`Depth::Auto`].
    fn from(window: Window) -> Self {
        Self {
            window,
            depth: Depth::Auto,
        }
    }
}

impl From<&Recipe> for Rendering {
    fn from(recipe: &Recipe) -> Self {
        Self {
            window: recipe.window,
            depth: recipe.depth,
        }
    }
}

/// What a file's values of more than eight bits were taken for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceDepth {
    /// Grey levels from 0 to `2^bits - 1`.
    Grey {
        /// Significant bits.
        bits: u8,
    },
    /// Numbers between two, the lower one black and the higher one white.
    Between {
        /// What is black.
        black: f64,
        /// What is white.
        white: f64,
    },
    /// Hounsfield units, after `offset` was subtracted.
    Hounsfield {
        /// What was added to every value.
        offset: f64,
    },
}

impl fmt::Display for SourceDepth {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Grey { bits } => write!(formatter, "grey levels of {bits} bits"),
            Self::Between { black, white } => {
                write!(formatter, "grey levels from {black} to {white}")
            }
            Self::Hounsfield { offset: 0.0 } => formatter.write_str("Hounsfield units"),
            Self::Hounsfield { offset } => write!(formatter, "Hounsfield units + {offset}"),
        }
    }
}

/// A reading of values: what they are, and whether nothing but their spread says so.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reading {
    pub(super) depth: SourceDepth,
    pub(super) is_guess: bool,
}

impl Reading {
    fn sure(depth: SourceDepth) -> Self {
        Self {
            depth,
            is_guess: false,
        }
    }

    fn guess(depth: SourceDepth) -> Self {
        Self {
            depth,
            is_guess: true,
        }
    }

    /// The grey level of `value`, `0..=255`.
    ///
    /// Grey levels keep their eight highest bits, as libpng's `png_set_strip_16` and Pillow do.
    pub(super) fn grey(self, value: f64, window: &FileWindow) -> u8 {
        match self.depth {
            SourceDepth::Grey { bits: 8 } => (value + 0.5) as u8,
            SourceDepth::Grey { bits } => (value / f64::from(1_u32 << (bits.min(32) - 8))) as u8,
            SourceDepth::Between { black, white } => {
                ((value - black) / (white - black) * 255.0 + 0.5) as u8
            }
            SourceDepth::Hounsfield { offset } => (window.grey(value - offset) + 0.5) as u8,
        }
    }
}

/// How a file lays out what is read: how many values a pixel has, and how many of them are colour
/// (the rest is opacity).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PixelValues {
    pub(super) count: usize,
    pub(super) colors: usize,
}

/// Grey levels of 16-bit values, in their order; opacity is brought to eight bits as well.
///
/// `significant_bits` is what the file says (`sBIT` of PNG).
pub(super) fn grey_of_words(
    words: &[u16],
    layout: PixelValues,
    significant_bits: Option<u8>,
    rendering: Rendering,
) -> (Vec<u8>, Reading) {
    let histogram = Histogram::of(words, layout);
    let is_grey = layout.colors == 1;
    let reading = histogram.reading(rendering.depth, is_grey, significant_bits);
    let window = rendering.window.of_no_file();
    let table: Vec<u8> = (0..=u16::MAX)
        .map(|value| reading.grey(f64::from(value), &window))
        .collect();
    let opacity_shift = match reading.depth {
        SourceDepth::Grey { bits } if histogram.opacity_fits(bits) => bits.clamp(8, 16) - 8,
        _ => 8,
    };
    let mut data = Vec::with_capacity(words.len());
    for pixel in words.chunks(layout.count) {
        let (colors, opacity) = pixel.split_at(layout.colors.min(pixel.len()));
        data.extend(colors.iter().map(|value| table[usize::from(*value)]));
        data.extend(opacity.iter().map(|value| (value >> opacity_shift) as u8));
    }
    (data, reading)
}

/// Grey levels of numbers that may be signed or have fractions, in their order; what is no number
/// is black.
pub(super) fn grey_of_numbers(values: &[f32], rendering: Rendering) -> (Vec<u8>, Reading) {
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let lowest = finite().reduce(f32::min).unwrap_or(0.0);
    let highest = finite().reduce(f32::max).unwrap_or(0.0);
    let depth = match rendering.depth {
        Depth::Hounsfield => Some(SourceDepth::Hounsfield { offset: 0.0 }),
        depth => depth.bits().map(|bits| SourceDepth::Grey { bits }),
    };
    let reading = match depth {
        Some(depth) => Reading::sure(depth),
        None if lowest < -1.0 => Reading::guess(SourceDepth::Hounsfield { offset: 0.0 }),
        None if lowest < 0.0 && highest <= 1.0 => Reading::guess(SourceDepth::Between {
            black: -1.0,
            white: 1.0,
        }),
        None if lowest < 0.0 => Reading::guess(SourceDepth::Hounsfield { offset: 0.0 }),
        None if highest <= 1.0 => Reading::guess(SourceDepth::Between {
            black: 0.0,
            white: 1.0,
        }),
        None if highest > 65535.0 => Reading::guess(SourceDepth::Grey { bits: 32 }),
        None => {
            let word = |value: f32| (value + 0.5) as u16;
            let words: Vec<u16> = values.iter().map(|value| word(*value)).collect();
            let one = PixelValues {
                count: 1,
                colors: 1,
            };
            let (data, reading) = grey_of_words(&words, one, None, rendering);
            return (data, Reading::guess(reading.depth));
        }
    };
    let window = rendering.window.of_no_file();
    let grey = |value: &f32| {
        if value.is_finite() {
            reading.grey(f64::from(*value), &window)
        } else {
            0
        }
    };
    (values.iter().map(grey).collect(), reading)
}

/// How often each 16-bit value of a colour occurs.
struct Histogram {
    counts: Vec<u32>,
    /// All bits that any colour has.
    used: u16,
    largest: u16,
    largest_opacity: u16,
}

impl Histogram {
    fn of(words: &[u16], layout: PixelValues) -> Self {
        let mut counts = vec![0; 1 << 16];
        let (mut used, mut largest, mut largest_opacity) = (0, 0, 0);
        for pixel in words.chunks(layout.count) {
            let (colors, opacity) = pixel.split_at(layout.colors.min(pixel.len()));
            for value in colors {
                counts[usize::from(*value)] += 1;
                used |= value;
                largest = largest.max(*value);
            }
            for value in opacity {
                largest_opacity = largest_opacity.max(*value);
            }
        }
        Self {
            counts,
            used,
            largest,
            largest_opacity,
        }
    }

    fn opacity_fits(&self, bits: u8) -> bool {
        u32::from(self.largest_opacity) < 1 << bits
    }

    fn reading(&self, depth: Depth, is_grey: bool, significant_bits: Option<u8>) -> Reading {
        if let Some(bits) = depth.bits() {
            return Reading::sure(SourceDepth::Grey { bits });
        }
        if depth == Depth::Hounsfield && is_grey {
            let offset = self.stored_offset();
            return Reading::sure(SourceDepth::Hounsfield { offset });
        }
        if is_grey && let Some(offset) = self.hounsfield_offset() {
            return Reading::guess(SourceDepth::Hounsfield { offset });
        }
        // PNG 11.3.2.4 wants values spread over all 16 bits, and tells how many there were;
        // writers that do not spread them say the truth by the same number.
        let said = significant_bits.filter(|bits| (8..16).contains(bits));
        match said {
            Some(bits) if u32::from(self.largest) < 1 << bits => {
                Reading::sure(SourceDepth::Grey { bits })
            }
            Some(_) => Reading::sure(SourceDepth::Grey { bits: 16 }),
            None => match self.largest {
                0..256 => Reading::guess(SourceDepth::Grey { bits: 8 }),
                256..1024 => Reading::guess(SourceDepth::Grey { bits: 10 }),
                1024..4096 => Reading::guess(SourceDepth::Grey { bits: 12 }),
                4096..16384 => Reading::guess(SourceDepth::Grey { bits: 14 }),
                16384.. => Reading::sure(SourceDepth::Grey { bits: 16 }),
            },
        }
    }

    /// 32768 if most values lie about it, else 1024.
    fn stored_offset(&self) -> f64 {
        let beyond = self.share(30_000, 65_536, self.total(0));
        if beyond > 0.5 { 32_768.0 } else { 1024.0 }
    }

    /// What was added to Hounsfield units, if values are spread as those of a CT slice of the
    /// trunk are: much water, fat and muscle within 150 units of zero, lung and air far below, and
    /// next to nothing as dense as bone.
    ///
    /// A windowed slice is spread otherwise at any number of bits: air and lung, or muscle and
    /// bone, are clipped to one value, and its whites lie far above.
    fn hounsfield_offset(&self) -> Option<f64> {
        // A value of eight bits, moved up or repeated in the low byte, is grey.
        if self.used.trailing_zeros() >= 4 {
            return None;
        }
        [1024_u32, 32_768].into_iter().find_map(|offset| {
            let at = |hu: i32| offset.saturating_add_signed(hu);
            // Padding outside the field of view, and air that was clipped, say nothing.
            let first = if offset == 1024 { 1 } else { 16_384 };
            let total = self.total(first);
            if total < 0.1 * self.total(0) {
                return None;
            }
            let soft = self.share(at(-150), at(151), total);
            let air = self.share(first, at(-400), total);
            let contrast = self.share(at(200), at(600), total);
            let bone = self.share(at(600), 65_536, total);
            // No trunk is without bone; grey levels up to 1023 end below it.
            let has_bone = u32::from(self.largest) >= at(200);
            let beyond_ct = self.share(at(8192), 65_536, total);
            let fits = soft >= 0.12
                && air >= 0.05
                && bone <= 0.08
                && has_bone
                && beyond_ct == 0.0
                && contrast <= soft / 2.0
                && !self.is_clipped(total);
            fits.then_some(f64::from(offset))
        })
    }

    /// Whether many pixels hold the largest value, and it is that of a whole number of bits.
    fn is_clipped(&self, total: f64) -> bool {
        let white = f64::from(self.counts[usize::from(self.largest)]) / total;
        (self.largest + u16::from(self.largest < u16::MAX)).is_power_of_two() && white >= 0.005
    }

    fn total(&self, first: u32) -> f64 {
        let counts = self.counts[first as usize..].iter();
        counts.map(|count| f64::from(*count)).sum()
    }

    /// Of `total`, the share of values from `first` up to `end`.
    fn share(&self, first: u32, end: u32, total: f64) -> f64 {
        let (first, end) = (first.min(65_536) as usize, end.min(65_536) as usize);
        let counts = self.counts[first..end.max(first)].iter();
        counts.map(|count| f64::from(*count)).sum::<f64>() / total.max(1.0)
    }
}
