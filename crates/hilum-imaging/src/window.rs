//! Hounsfield units to grey.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use thiserror::Error;

use crate::Window;

impl Window {
    /// The lung window, centre -600 HU and width 1500 HU.
    pub const LUNG: Self = Self::Hounsfield {
        center_hu: -600.0,
        width_hu: 1500.0,
    };

    /// The mediastinum (soft tissue) window, centre 40 HU and width 400 HU.
    pub const MEDIASTINUM: Self = Self::Hounsfield {
        center_hu: 40.0,
        width_hu: 400.0,
    };

    /// The window where no file names one.
    pub(crate) fn of_no_file(self) -> FileWindow {
        let (center_hu, width_hu) = match self {
            Self::File => (-600.0, 1500.0),
            Self::Hounsfield {
                center_hu,
                width_hu,
            } => (center_hu, width_hu),
        };
        FileWindow {
            center_hu,
            width_hu,
            function: VoiFunction::Linear,
        }
    }

    /// Whether the centre is a number and the width a number of at least 1.
    pub(crate) fn is_valid(&self) -> bool {
        match self {
            Self::File => true,
            Self::Hounsfield {
                center_hu,
                width_hu,
            } => center_hu.is_finite() && width_hu.is_finite() && *width_hu >= 1.0,
        }
    }
}

/// Text that is no window.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{text}` is not a window\n\
     hint: `lung`, `mediastinum`, `file`, or CENTER/WIDTH in Hounsfield units such as `-600/1500`; \
     the width is 1 or more"
)]
pub struct WindowError {
    /// What was given.
    pub text: String,
}

impl FromStr for Window {
    type Err = WindowError;

    /// `lung` (-600/1500), `mediastinum` (40/400), `file`, or `CENTER/WIDTH`.
    fn from_str(text: &str) -> Result<Self, WindowError> {
        let error = || WindowError {
            text: text.to_owned(),
        };
        match text.trim().to_ascii_lowercase().as_str() {
            "lung" => Ok(Self::LUNG),
            "mediastinum" => Ok(Self::MEDIASTINUM),
            "file" => Ok(Self::File),
            numbers => {
                let (center, width) = numbers.split_once('/').ok_or_else(error)?;
                let number = |part: &str| part.trim().parse::<f64>().map_err(|_| error());
                let window = Self::Hounsfield {
                    center_hu: number(center)?,
                    width_hu: number(width)?,
                };
                window.is_valid().then_some(window).ok_or_else(error)
            }
        }
    }
}

impl fmt::Display for Window {
    /// What [`FromStr`] reads: a name where there is one.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::File => formatter.pad("file"),
            Self::LUNG => formatter.pad("lung"),
            Self::MEDIASTINUM => formatter.pad("mediastinum"),
            Self::Hounsfield {
                center_hu,
                width_hu,
            } => formatter.pad(&format!("{center_hu}/{width_hu}")),
        }
    }
}

/// VOI LUT Function (0028,1056), PS3.3 C.11.2.1.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VoiFunction {
    /// PS3.3 C.11.2.1.2.1, what a file means that says nothing.
    #[default]
    Linear,
    /// PS3.3 C.11.2.1.3.2.
    LinearExact,
    /// PS3.3 C.11.2.1.3.1.
    Sigmoid,
}

/// A window with the function that applies it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FileWindow {
    /// Window Center (0028,1050) in Hounsfield units.
    pub center_hu: f64,
    /// Window Width (0028,1051) in Hounsfield units.
    pub width_hu: f64,
    /// How the window is applied.
    pub function: VoiFunction,
}

impl FileWindow {
    /// Whether the formulas below are defined for it: `LINEAR` wants a width of at least 1, the
    /// others a positive one (PS3.3 C.11.2.1.2.1 and C.11.2.1.3).
    pub(crate) fn is_valid(&self) -> bool {
        let least = match self.function {
            VoiFunction::Linear => self.width_hu >= 1.0,
            VoiFunction::LinearExact | VoiFunction::Sigmoid => self.width_hu > 0.0,
        };
        least && self.center_hu.is_finite() && self.width_hu.is_finite()
    }

    /// The grey level of `value_hu`, in `0.0..=255.0`, not rounded.
    pub fn grey(&self, value_hu: f64) -> f64 {
        let Self {
            center_hu: center,
            width_hu: width,
            function,
        } = *self;
        let share = match function {
            // PS3.3 C.11.2.1.2.1: x <= c - 0.5 - (w - 1) / 2 is black,
            // x > c - 0.5 + (w - 1) / 2 is white, else ((x - (c - 0.5)) / (w - 1) + 0.5).
            VoiFunction::Linear => {
                let offset = value_hu - (center - 0.5);
                let half = (width - 1.0) / 2.0;
                if offset <= -half {
                    0.0
                } else if offset > half {
                    1.0
                } else {
                    offset / (width - 1.0) + 0.5
                }
            }
            // PS3.3 C.11.2.1.3.2: (x - c) / w + 0.5 between c - w / 2 and c + w / 2.
            VoiFunction::LinearExact => ((value_hu - center) / width + 0.5).clamp(0.0, 1.0),
            // PS3.3 C.11.2.1.3.1: 1 / (1 + exp(-4 (x - c) / w)).
            VoiFunction::Sigmoid => 1.0 / (1.0 + (-4.0 * (value_hu - center) / width).exp()),
        };
        share * 255.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_reads_what_it_prints() {
        for text in ["lung", "mediastinum", "file", "-500/1400", "40.5/80.25"] {
            assert_eq!(text.parse::<Window>().unwrap().to_string(), text);
        }
        assert_eq!("-600/1500".parse::<Window>().unwrap(), Window::LUNG);
        assert_eq!("-0600/01500".parse::<Window>().unwrap(), Window::LUNG);
        assert_eq!(" Lung ".parse::<Window>().unwrap(), Window::LUNG);
    }

    #[test]
    fn text_that_is_no_window_is_refused() {
        for text in [
            "", "bone", "40", "40/", "40/0", "40/-5", "nan/400", "0/inf", "1/2/3",
        ] {
            let error = text.parse::<Window>().unwrap_err();
            assert!(error.to_string().contains("hint: `lung`"), "of {text}");
        }
    }

    #[test]
    fn a_linear_window_of_width_one_is_a_threshold() {
        let window = FileWindow {
            center_hu: 10.0,
            width_hu: 1.0,
            function: VoiFunction::Linear,
        };
        assert_eq!(window.grey(9.5), 0.0);
        assert_eq!(window.grey(9.6), 255.0);
    }
}
