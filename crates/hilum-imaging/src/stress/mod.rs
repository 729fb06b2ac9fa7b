//! Changes of a slice that a radiologist reads past: what another scanner, another export or another
//! hand on the window would have made of it.
//!
//! Each is a pure function of the pixels as their file holds them, before a recipe resizes them.

mod brightness;
mod change;
mod contrast;
mod jpeg;
mod levels;
mod noise;
mod rotation;
mod sharpness;
mod size;
mod slice;
mod window;

pub use change::Change;
pub use slice::StressedSlice;
