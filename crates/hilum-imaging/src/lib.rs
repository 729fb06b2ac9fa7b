//! Pixels: from a file to what a network sees.
//!
//! A file is decoded to 8-bit [`Pixels`] by its content, never by its name; a [`Recipe`] says
//! how they are windowed, resized and normalised.

mod pixels;
mod recipe;

pub use pixels::{Channels, Pixels};
pub use recipe::{Clahe, Fit, Interpolation, Normalisation, Recipe, Window};
