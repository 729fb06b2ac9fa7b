//! What a network could look at instead of the disease, and how far that would bring it.

mod property;
mod stump;

pub(super) use property::{PROPERTIES, Property};
pub(super) use stump::{CrossValidated, cross_validate};
