//! A recipe at work: from a decoded slice to a network's numbers.

use std::borrow::Cow;
use std::path::Path;

use thiserror::Error;

use crate::decode::decode_file;
use crate::resize::margins;
use crate::{
    Anatomy, Channels, Clahe, DecodeError, DecodeLimits, DecodeProblem, Depth, Extent, Fit, Frame,
    Interpolation, Normalisation, Pixels, Recipe, Slice, SliceFile, SourceNote, Views, Window,
};

/// The longest side of a network's input.
const LARGEST_SIDE: usize = 4096;

/// A recipe that cannot be followed.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum RecipeError {
    /// An input of no pixels or of absurdly many.
    #[error("an input of {width} x {height} pixels is not possible\nhint: 1 to 4096 per side")]
    Size {
        /// Width of the input.
        width: usize,
        /// Height of the input.
        height: usize,
    },
    /// A window without a width.
    #[error(
        "a window of centre {center_hu} and width {width_hu} is not possible\n\
         hint: the width is 1 Hounsfield unit or more"
    )]
    Window {
        /// Its centre.
        center_hu: f64,
        /// Its width.
        width_hu: f64,
    },
    /// Equalisation without a limit or without tiles.
    #[error(
        "CLAHE with clip limit {clip_limit} and {tile_count} tiles per side is not possible\n\
         hint: a clip limit of 1 or more (2 is usual), 1 to 256 tiles and at most one per pixel"
    )]
    Clahe {
        /// The clip limit.
        clip_limit: f64,
        /// Tiles per side.
        tile_count: usize,
    },
    /// Another number of means or deviations than channels.
    #[error("`{name}` holds {found} values for {expected} channels\nhint: one value per channel")]
    ChannelCount {
        /// `mean` or `std`.
        name: &'static str,
        /// How many channels there are.
        expected: usize,
        /// How many values were given.
        found: usize,
    },
    /// A mean that is no number, or a deviation that is not positive.
    #[error("`{name}` of channel {channel_index} is {value}\nhint: {expected}")]
    Value {
        /// `mean` or `std`.
        name: &'static str,
        /// Which channel, from 0.
        channel_index: usize,
        /// What was given.
        value: f32,
        /// What may be given.
        expected: &'static str,
    },
}

/// What the network sees of a slice, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sight {
    /// The part of the slice that is brought in.
    pub seen: Extent,
    /// The part of the prepared image that it fills; the rest is black.
    pub filled: Extent,
}

impl Recipe {
    /// What the reference CNN is fed: 200x200 grey, `byte / 255`, both sides stretched.
    ///
    /// Resampling is bilinear with antialiasing: slices of 512 pixels shrink by 2.6, and the
    /// nearest pixel alone, Keras's default, would drop most of a fine vessel. DICOM goes through
    /// the lung window, the same for every scanner, and not through whatever the file names.
    pub fn reference() -> Self {
        Self {
            height: 200,
            width: 200,
            channels: Channels::Grey,
            window: Window::LUNG,
            depth: Depth::Auto,
            frame: Frame::None,
            fit: Fit::Stretch,
            interpolation: Interpolation::Bilinear,
            clahe: None,
            normalisation: Normalisation::Scale,
            views: Views::Single,
        }
    }

    /// What torchvision's ImageNet weights expect: RGB of `size x size` (224 for most), bilinear
    /// with antialiasing, mean (0.485, 0.456, 0.406) and deviation (0.229, 0.224, 0.225).
    pub fn imagenet(size: usize) -> Self {
        Self {
            height: size,
            width: size,
            channels: Channels::Rgb,
            normalisation: Normalisation::MeanStd {
                mean: vec![0.485, 0.456, 0.406],
                std: vec![0.229, 0.224, 0.225],
            },
            ..Self::reference()
        }
    }

    /// How many numbers a prepared slice holds: `height * width * channels`.
    pub fn value_count(&self) -> usize {
        self.height * self.width * self.channels.count()
    }

    /// Whether the recipe can be followed; whoever reads one from a file asks.
    pub fn validate(&self) -> Result<(), RecipeError> {
        let (width, height) = (self.width, self.height);
        let is_side = |side: usize| (1..=LARGEST_SIDE).contains(&side);
        if !is_side(width) || !is_side(height) {
            return Err(RecipeError::Size { width, height });
        }
        if let Window::Hounsfield {
            center_hu,
            width_hu,
        } = self.window
            && !self.window.is_valid()
        {
            return Err(RecipeError::Window {
                center_hu,
                width_hu,
            });
        }
        if let Some(Clahe {
            clip_limit,
            tile_count,
        }) = self.clahe
        {
            let tile_limit = width.min(height).min(256);
            let is_possible = clip_limit.is_finite()
                && clip_limit >= 1.0
                && (1..=tile_limit).contains(&tile_count);
            if !is_possible {
                return Err(RecipeError::Clahe {
                    clip_limit,
                    tile_count,
                });
            }
        }
        self.normalisation.validate(self.channels.count())
    }

    /// Reads a file of one slice and prepares it: [`decode_file`] with this recipe's window and depth, then
    /// [`Recipe::prepare`]. The info speaks of the file, not of the prepared pixels.
    pub fn read_file(&self, path: &Path, limits: &DecodeLimits) -> Result<Slice, DecodeError> {
        let slice = decode_file(path, self, limits)?;
        Ok(self.prepared(slice))
    }

    /// The same of the slice at `index`, from 0, of a file that may hold several.
    pub fn read(&self, file: &SliceFile, index: usize) -> Result<Slice, DecodeProblem> {
        let slice = file.decode_in_fewest_channels(index, self)?;
        Ok(self.prepared(slice))
    }

    /// The same of a slice that is decoded already, through this recipe's window.
    #[must_use]
    pub fn prepared(&self, Slice { pixels, mut info }: Slice) -> Slice {
        let pixels = pixels.in_fewest_channels();
        let framed = self.frame.of(&pixels);
        if !framed.has_body {
            info.notes.push(SourceNote::NoBody);
        } else if !framed.has_lungs {
            info.notes.push(SourceNote::NoLungs);
        }
        Slice {
            pixels: self.fitted(&framed.pixels),
            info,
        }
    }

    /// Exactly `height x width` of this recipe, from pixels of any size.
    ///
    /// First the frame; then to grey, where grey is asked for, and the size, as Keras's
    /// `load_img(color_mode="grayscale", target_size=...)`; then CLAHE, on the image without its
    /// letterbox. Where RGB is asked for, a slice without colour stays one channel, a third of the
    /// memory and of the work; [`Recipe::normalise`] repeats it.
    ///
    /// # Panics
    /// If [`Recipe::validate`] would have refused the recipe.
    pub fn prepare(&self, pixels: &Pixels) -> Pixels {
        let single = pixels.single_channel();
        let pixels = single.as_ref().unwrap_or(pixels);
        self.fitted(&self.frame.of(pixels).pixels)
    }

    /// The slice in its frame, and no more: of the size and the channels that it has.
    #[must_use]
    pub fn framed(&self, pixels: &Pixels) -> Pixels {
        self.frame.of(pixels).pixels.into_owned()
    }

    /// Where the network sees what of a slice: the part of `pixels` that [`Recipe::prepare`] brings
    /// in, and the part of the prepared image that it fills.
    pub fn sight(&self, pixels: &Pixels) -> Sight {
        let (width, height) = (pixels.width(), pixels.height());
        let whole = Extent {
            top: 0,
            left: 0,
            height,
            width,
        };
        let body = self.frame.is_cut().then(|| Anatomy::of(pixels)).flatten();
        let seen = body.map_or(whole, |body| body.extent(width, height));
        let sides = (seen.width, seen.height);
        let (width, height) = self.fit.content_size(sides, self.width, self.height);
        let (left, top) = margins((width, height), (self.width, self.height));
        Sight {
            seen,
            filled: Extent {
                top,
                left,
                height,
                width,
            },
        }
    }

    /// The same of pixels that are in their frame, and in no more channels than they need.
    fn fitted(&self, pixels: &Pixels) -> Pixels {
        let source = match (self.channels, pixels.channels()) {
            (Channels::Grey, Channels::Rgb) => Cow::Owned(pixels.to_grey()),
            (Channels::Grey | Channels::Rgb, _) => Cow::Borrowed(pixels),
        };
        let sides = (source.width(), source.height());
        let (width, height) = self.fit.content_size(sides, self.width, self.height);
        let mut content = source.resize(width, height, self.interpolation);
        if let Some(clahe) = &self.clahe {
            content = clahe.apply(&content);
        }
        if (width, height) != (self.width, self.height) {
            content = content.centred_on_black(self.width, self.height);
        }
        content
    }
}

impl Normalisation {
    fn validate(&self, channel_count: usize) -> Result<(), RecipeError> {
        let Self::MeanStd { mean, std } = self else {
            return Ok(());
        };
        for (name, values) in [("mean", mean), ("std", std)] {
            if values.len() != channel_count {
                return Err(RecipeError::ChannelCount {
                    name,
                    expected: channel_count,
                    found: values.len(),
                });
            }
            for (channel_index, value) in values.iter().enumerate() {
                let expected = match name {
                    "mean" if !value.is_finite() => "a number, in the scale of 0 to 1",
                    "std" if !(value.is_finite() && *value > 0.0) => "a positive number",
                    _ => continue,
                };
                return Err(RecipeError::Value {
                    name,
                    channel_index,
                    value: *value,
                    expected,
                });
            }
        }
        Ok(())
    }
}
