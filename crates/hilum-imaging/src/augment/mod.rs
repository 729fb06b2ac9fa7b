//! Random variants of a training slice, in ImageDataGenerator's vocabulary.

mod affine;
pub(crate) mod draws;
mod resample;
mod settings;
mod staging;
mod tone;
mod transform;

pub use settings::{Augmentation, AugmentationError, FillMode, RandomErasing, ZoomRange};
pub use staging::{Finding, Staging};
pub use transform::{Erasure, Transform};
