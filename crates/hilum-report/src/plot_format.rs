//! In which formats plots are written.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// In which formats plots are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlotFormat {
    /// SVG only.
    #[default]
    Svg,
    /// SVG, and beside it PNG with 192 pixels an inch, as [`raster`](crate::raster) makes it.
    Png,
}

/// A name that is no format's.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{name}` is no format of plots; expected `svg` or `png`")]
pub struct PlotFormatError {
    /// What was given.
    name: String,
}

impl FromStr for PlotFormat {
    type Err = PlotFormatError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "svg" => Ok(Self::Svg),
            "png" => Ok(Self::Png),
            _ => Err(PlotFormatError {
                name: name.to_owned(),
            }),
        }
    }
}

impl fmt::Display for PlotFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Svg => "svg",
            Self::Png => "png",
        })
    }
}
