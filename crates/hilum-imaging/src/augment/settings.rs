//! What may be varied, and how far.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What stands beyond the edge of an image, as in `scipy.ndimage.affine_transform`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FillMode {
    /// The edge goes on: `aaaa|abcd|dddd`.
    #[default]
    Nearest,
    /// [`Augmentation::cval`] everywhere: `kkkk|abcd|kkkk`.
    Constant,
    /// Mirrored about the edge of the last pixel: `dcba|abcd|dcba`.
    Reflect,
    /// Repeated: `abcd|abcd|abcd`.
    ///
    /// As in SciPy's `wrap`, which Keras calls, the first pixel of a repeat lies on the last
    /// one before it, so the period is one pixel shorter than the image.
    Wrap,
}

/// How far an axis is zoomed; each axis draws its own factor, as in Keras.
///
/// A factor below 1 enlarges what is seen, one above 1 shrinks it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ZoomRange {
    /// `z` stands for `[1 - z, 1 + z]`.
    Around(f64),
    /// The lowest and the highest factor.
    Between([f64; 2]),
}

impl ZoomRange {
    /// The lowest and the highest factor.
    pub fn factors(self) -> [f64; 2] {
        match self {
            Self::Around(spread) => [1.0 - spread, 1.0 + spread],
            Self::Between(factors) => factors,
        }
    }
}

/// A rectangle of one grey value over the image (Zhong et al., Random Erasing, AAAI 2020).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomErasing {
    /// How often an image is erased at all, in `0.0..=1.0`; the paper uses 0.5.
    pub probability: f64,
    /// Lowest and highest share of the image's area, in `0.0..=1.0`; the paper uses 0.02 and 0.4.
    pub area_range: [f64; 2],
    /// Lowest and highest height over width, positive; the paper uses 0.3 and 1 / 0.3.
    pub aspect_range: [f64; 2],
    /// The grey value of the rectangle, in `0.0..=255.0`.
    pub fill: f64,
}

/// What is varied while training; a range of zero (or none) switches a variation off.
///
/// Names and meaning are those of Keras's `ImageDataGenerator`
/// (`keras/src/legacy/preprocessing/image.py`), with what it lacks beside them. Two things
/// differ, on purpose: a shift is along the axis that its name says, and an image that is not
/// square turns about its own centre. Keras exchanges height and width in both places.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Augmentation {
    /// Degrees; an angle is drawn from `-r..r`.
    pub rotation_range: f64,
    /// Share of the width; a shift is drawn from `-s..s`. Below 1.
    pub width_shift_range: f64,
    /// Share of the height; a shift is drawn from `-s..s`. Below 1.
    pub height_shift_range: f64,
    /// Degrees, as in Keras: 0.1 is a tenth of a degree, hardly to be seen. Below 90.
    pub shear_range: f64,
    /// How far each axis is zoomed.
    pub zoom_range: ZoomRange,
    /// Whether half of the images are mirrored left to right.
    pub horizontal_flip: bool,
    /// Whether half of the images are mirrored top to bottom.
    pub vertical_flip: bool,
    /// What stands beyond the edge.
    pub fill_mode: FillMode,
    /// The grey value for [`FillMode::Constant`], in `0.0..=255.0`.
    pub cval: f64,
    /// Lowest and highest factor; grey values are multiplied and clipped to `0..=255`, as
    /// Pillow's `ImageEnhance.Brightness` does.
    pub brightness_range: Option<[f64; 2]>,
    /// Lowest and highest factor about the image's mean grey, clipped to `0..=255`, as
    /// torchvision's `adjust_contrast` does.
    pub contrast_range: Option<[f64; 2]>,
    /// Grey levels; one value from `-r..r` is added to every channel, clipped to the image's
    /// own lowest and highest value.
    pub channel_shift_range: f64,
    /// Largest standard deviation, in grey levels, of Gaussian noise, drawn anew for each slice
    /// from 0 on; the same for all channels of a
    /// pixel, since a slice is grey.
    pub noise_std: f64,
    /// A rectangle of one grey value over the image.
    pub random_erasing: Option<RandomErasing>,
    /// How often lungs and soft tissue get grey levels drawn anew, in `0.0..=1.0`.
    #[serde(skip_serializing_if = "is_never")]
    pub tone_change: f64,
    /// How often what lies outside of the body is drawn anew, in `0.0..=1.0`.
    #[serde(skip_serializing_if = "is_never")]
    pub background_change: f64,
    /// How often a lesion is drawn into a slice that shows none, which is then of another class,
    /// in `0.0..=1.0`; others get one half as often.
    #[serde(skip_serializing_if = "is_never")]
    pub planted_lesions: f64,
    /// How far a slice is blurred or sharpened; an amount is drawn from `-s..s`. At most 2.
    #[serde(skip_serializing_if = "is_never")]
    pub sharpness_range: f64,
}

/// Settings of an earlier version are written as they were.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_never(probability: &f64) -> bool {
    *probability == 0.0
}

impl Default for Augmentation {
    fn default() -> Self {
        Self::none()
    }
}

/// Why an augmentation cannot be drawn from.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum AugmentationError {
    /// A number outside of what its setting allows.
    #[error("augmentation setting `{setting}` is `{value}`\nhint: it must be {expected}")]
    OutOfRange {
        /// The name of the setting.
        setting: &'static str,
        /// What was given.
        value: f64,
        /// What it must be.
        expected: &'static str,
    },
    /// The lower end of a range lies above its upper end.
    #[error(
        "augmentation setting `{setting}` runs from `{low}` to `{high}`\n\
         hint: give the lower value first"
    )]
    Reversed {
        /// The name of the setting.
        setting: &'static str,
        /// The first value.
        low: f64,
        /// The second value.
        high: f64,
    },
}

impl Augmentation {
    /// For CT slices and pre-trained weights: what scanners, windows and positions vary, and no
    /// more. Patients do not lie on their heads, so that nothing is turned upside down. Tones drawn
    /// anew and lesions drawn into slices without any keep a network from going by the look of a
    /// hospital.
    pub fn transfer() -> Self {
        Self {
            rotation_range: 15.0,
            zoom_range: ZoomRange::Around(0.1),
            width_shift_range: 0.05,
            height_shift_range: 0.05,
            horizontal_flip: true,
            brightness_range: Some([0.75, 1.25]),
            contrast_range: Some([0.75, 1.25]),
            tone_change: 0.5,
            planted_lesions: 0.5,
            ..Self::none()
        }
    }

    /// Changes nothing: every sample is what its file holds.
    pub fn none() -> Self {
        Self {
            rotation_range: 0.0,
            width_shift_range: 0.0,
            height_shift_range: 0.0,
            shear_range: 0.0,
            zoom_range: ZoomRange::Around(0.0),
            horizontal_flip: false,
            vertical_flip: false,
            fill_mode: FillMode::Nearest,
            cval: 0.0,
            brightness_range: None,
            contrast_range: None,
            channel_shift_range: 0.0,
            noise_std: 0.0,
            random_erasing: None,
            tone_change: 0.0,
            background_change: 0.0,
            planted_lesions: 0.0,
            sharpness_range: 0.0,
        }
    }

    /// The reference recipe: rotation 60 degrees, shear 0.1 (degrees), zoom 0.1, both flips,
    /// fill nearest.
    pub fn reference() -> Self {
        Self {
            rotation_range: 60.0,
            shear_range: 0.1,
            zoom_range: ZoomRange::Around(0.1),
            horizontal_flip: true,
            vertical_flip: true,
            ..Self::none()
        }
    }

    /// Whether every sample stays what it is.
    pub fn is_none(&self) -> bool {
        let same = Self {
            fill_mode: self.fill_mode,
            cval: self.cval,
            ..Self::none()
        };
        *self == same
    }

    /// Checks every range.
    ///
    /// # Errors
    /// [`AugmentationError`] names the first setting that cannot be used.
    pub fn validate(&self) -> Result<(), AugmentationError> {
        let limits = [
            ("rotation_range", self.rotation_range, 360.0),
            ("width_shift_range", self.width_shift_range, 1.0),
            ("height_shift_range", self.height_shift_range, 1.0),
            ("cval", self.cval, 255.0),
            ("channel_shift_range", self.channel_shift_range, 255.0),
            ("noise_std", self.noise_std, 255.0),
            ("tone_change", self.tone_change, 1.0),
            ("background_change", self.background_change, 1.0),
            ("planted_lesions", self.planted_lesions, 1.0),
            ("sharpness_range", self.sharpness_range, 2.0),
        ];
        for (setting, value, limit) in limits {
            within(setting, value, limit)?;
        }
        check(
            "shear_range",
            self.shear_range,
            (0.0..90.0).contains(&self.shear_range),
            "at least 0 and below 90 degrees",
        )?;
        ordered("zoom_range", self.zoom_range.factors(), Lowest::AboveZero)?;
        if let Some(range) = self.brightness_range {
            ordered("brightness_range", range, Lowest::Zero)?;
        }
        if let Some(range) = self.contrast_range {
            ordered("contrast_range", range, Lowest::Zero)?;
        }
        self.random_erasing.map_or(Ok(()), RandomErasing::validate)
    }
}

impl RandomErasing {
    /// Black rectangles in the paper's ranges; none with a probability of 0.
    pub fn black(probability: f64) -> Option<Self> {
        (probability != 0.0).then_some(Self {
            probability,
            area_range: [0.02, 0.4],
            aspect_range: [0.3, 1.0 / 0.3],
            fill: 0.0,
        })
    }

    fn validate(self) -> Result<(), AugmentationError> {
        within("random_erasing.probability", self.probability, 1.0)?;
        ordered(
            "random_erasing.area_range",
            self.area_range,
            Lowest::AboveZero,
        )?;
        within("random_erasing.area_range", self.area_range[1], 1.0)?;
        ordered(
            "random_erasing.aspect_range",
            self.aspect_range,
            Lowest::AboveZero,
        )?;
        within("random_erasing.fill", self.fill, 255.0)
    }
}

/// The least that the lower end of a range may be.
#[derive(Clone, Copy)]
enum Lowest {
    Zero,
    AboveZero,
}

fn within(setting: &'static str, value: f64, limit: f64) -> Result<(), AugmentationError> {
    let expected = match limit {
        360.0 => "at least 0 and at most 360 degrees",
        255.0 => "at least 0 and at most 255 grey levels",
        2.0 => "at least 0 and at most 2",
        _ => "at least 0 and at most 1",
    };
    check(setting, value, (0.0..=limit).contains(&value), expected)
}

fn ordered(
    setting: &'static str,
    [low, high]: [f64; 2],
    lowest: Lowest,
) -> Result<(), AugmentationError> {
    let (valid, expected) = match lowest {
        Lowest::Zero => (low >= 0.0, "finite and at least 0"),
        Lowest::AboveZero => (low > 0.0, "finite and above 0"),
    };
    check(setting, low, valid && low.is_finite(), expected)?;
    check(setting, high, high.is_finite(), expected)?;
    if low > high {
        return Err(AugmentationError::Reversed { setting, low, high });
    }
    Ok(())
}

fn check(
    setting: &'static str,
    value: f64,
    valid: bool,
    expected: &'static str,
) -> Result<(), AugmentationError> {
    if valid {
        return Ok(());
    }
    Err(AugmentationError::OutOfRange {
        setting,
        value,
        expected,
    })
}
