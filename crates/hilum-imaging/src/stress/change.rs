//! The changes, and what they are called.

use std::fmt;

use super::window::WindowChange;
use super::{brightness, contrast, jpeg, noise, rotation, sharpness, size};
use crate::{DecodeProblem, Pixels, Recipe, SourceInfo, Window};

/// One change of a slice's pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Change {
    /// Every grey level times this; Pillow's `ImageEnhance.Brightness`.
    Brightness(f64),
    /// So many grey levels added.
    Offset(f64),
    /// Every grey level away from the image's mean by this factor; Pillow's
    /// `ImageEnhance.Contrast`.
    Contrast(f64),
    /// The centre of the window moved, in shares of its width: to denser tissue above 0.
    WindowCentre(f64),
    /// The width of the window times this.
    WindowWidth(f64),
    /// Gaussian noise of this deviation in grey levels.
    Noise(f64),
    /// Saved as JPEG at this quality, from 1 to 100.
    Jpeg(u8),
    /// Both sides of the file times this.
    Size(f64),
    /// Turned about the middle by these degrees, counter-clockwise as seen.
    Rotation(f64),
    /// Fine detail times this: softer below 1, sharper above.
    Sharpness(f64),
}

impl Change {
    /// The name in `metrics.json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Brightness(_) | Self::Offset(_) => "brightness",
            Self::Contrast(_) => "contrast",
            Self::WindowCentre(_) => "window_centre",
            Self::WindowWidth(_) => "window_width",
            Self::Noise(_) => "noise",
            Self::Jpeg(_) => "jpeg",
            Self::Size(_) => "size",
            Self::Rotation(_) => "rotation",
            Self::Sharpness(_) => "sharpness",
        }
    }

    /// How much, in [`unit`](Self::unit)s.
    pub fn amount(self) -> f64 {
        match self {
            Self::Brightness(amount)
            | Self::Offset(amount)
            | Self::Contrast(amount)
            | Self::WindowCentre(amount)
            | Self::WindowWidth(amount)
            | Self::Noise(amount)
            | Self::Size(amount)
            | Self::Rotation(amount)
            | Self::Sharpness(amount) => amount,
            Self::Jpeg(quality) => f64::from(quality),
        }
    }

    /// What [`amount`](Self::amount) counts.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Brightness(_)
            | Self::Contrast(_)
            | Self::WindowWidth(_)
            | Self::Size(_)
            | Self::Sharpness(_) => "factor",
            Self::Offset(_) => "grey levels",
            Self::WindowCentre(_) => "widths of the window",
            Self::Noise(_) => "grey levels, standard deviation",
            Self::Jpeg(_) => "quality",
            Self::Rotation(_) => "degrees",
        }
    }

    /// What is left of `pixels`, as their file holds them. Equal for equal arguments; `key` tells
    /// slices apart, so that each has noise of its own.
    ///
    /// # Errors
    /// [`DecodeProblem`] where they cannot be saved as JPEG and read again.
    pub fn apply(self, pixels: &Pixels, key: u64) -> Result<Pixels, DecodeProblem> {
        Ok(match self {
            Self::Brightness(factor) => brightness::scaled(pixels, factor),
            Self::Offset(levels) => brightness::raised(pixels, levels),
            Self::Contrast(factor) => contrast::scaled(pixels, factor),
            Self::Noise(deviation) => noise::added(pixels, deviation, key),
            Self::Jpeg(quality) => jpeg::saved(pixels, quality)?,
            Self::Size(factor) => size::scaled(pixels, factor),
            Self::Rotation(degrees) => rotation::turned(pixels, degrees),
            Self::Sharpness(factor) => sharpness::scaled(pixels, factor),
            Self::WindowCentre(_) | Self::WindowWidth(_) => match self.of_window() {
                Some(change) => change.of_ramp(pixels),
                None => pixels.clone(),
            },
        })
    }

    /// The window that a slice is to be decoded through instead, if this changes the window and the
    /// slice was made of Hounsfield units; [`apply`](Self::apply) changes the grey ramp of others.
    pub fn window(self, info: &SourceInfo, recipe: &Recipe) -> Option<Window> {
        self.of_window()?.of_hounsfield(info, recipe)
    }

    fn of_window(self) -> Option<WindowChange> {
        let unchanged = WindowChange {
            shift: 0.0,
            factor: 1.0,
        };
        match self {
            Self::WindowCentre(shift) => Some(WindowChange { shift, ..unchanged }),
            Self::WindowWidth(factor) => Some(WindowChange {
                factor,
                ..unchanged
            }),
            _ => None,
        }
    }
}

impl fmt::Display for Change {
    /// Change and amount, as a person reads them.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = |amount: f64| if amount < 0.0 { '-' } else { '+' };
        let said = match *self {
            Self::Brightness(factor) => format!("brightness x {factor}"),
            Self::Offset(levels) => format!("brightness {} {}", sign(levels), levels.abs()),
            Self::Contrast(factor) => format!("contrast x {factor}"),
            Self::WindowCentre(shift) => {
                let percent = (shift.abs() * 100.0).round();
                format!("window centre {} {percent}%", sign(shift))
            }
            Self::WindowWidth(factor) => format!("window width x {factor}"),
            Self::Noise(deviation) => format!("noise of {deviation} levels"),
            Self::Jpeg(quality) => format!("JPEG, quality {quality}"),
            Self::Size(factor) => format!("size x {factor}"),
            Self::Rotation(degrees) => format!("rotation {degrees:+} degrees"),
            Self::Sharpness(factor) => format!("sharpness x {factor}"),
        };
        formatter.pad(&said)
    }
}
