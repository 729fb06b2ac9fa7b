//! What frozen layers make of slices, computed once and kept from epoch to epoch.

mod cache;
mod frozen;

pub use cache::FeatureCache;
pub(crate) use cache::round;
pub(crate) use frozen::Frozen;
