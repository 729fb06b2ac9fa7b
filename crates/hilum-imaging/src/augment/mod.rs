//! Random variants of a training slice, in ImageDataGenerator's vocabulary.

mod affine;
mod resample;
mod settings;
mod tone;
mod transform;

pub use settings::{Augmentation, AugmentationError, FillMode, RandomErasing, ZoomRange};
pub use transform::{Erasure, Transform};
