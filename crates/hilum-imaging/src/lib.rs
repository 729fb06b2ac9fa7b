//! Pixels: from a file to what a network sees.
//!
//! A file is decoded to 8-bit [`Pixels`] by its content, never by its name; a [`Recipe`] says
//! how they are windowed, resized and normalised.

mod augment;
mod clahe;
mod decode;
mod grey;
mod pixels;
mod prepare;
mod recipe;
mod resize;
mod series;
mod window;

pub use augment::{
    Augmentation, AugmentationError, Erasure, FillMode, RandomErasing, Transform, ZoomRange,
};
pub use decode::{
    DecodeError, DecodeLimits, DecodeProblem, DecoderCause, DicomInfo, DicomProblem, Format,
    Hounsfield, Slice, SourceColor, SourceInfo, decode, decode_file, decode_hounsfield,
};
pub use pixels::{Channels, Pixels};
pub use prepare::RecipeError;
pub use recipe::{Clahe, Fit, Interpolation, Normalisation, Recipe, Window};
pub use series::{SeriesOrder, series_order};
pub use window::{FileWindow, VoiFunction, WindowError};
