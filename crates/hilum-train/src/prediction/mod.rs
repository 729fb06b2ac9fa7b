//! What a network says of slices, and what that amounts to.

mod cross_entropy;
mod judge;
mod measure;
mod predict;
mod views;

pub use cross_entropy::CrossEntropy;
pub(crate) use judge::{Judged, finite};
pub(crate) use measure::Measure;
pub use predict::{PredictError, TappedSlices, predict_slices, slice_logits, tapped_slices};
pub use views::{is_settled, of_two_views};
