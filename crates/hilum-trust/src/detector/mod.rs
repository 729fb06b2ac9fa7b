//! Whether a slice is like those that a network learned from.
//!
//! Seen are the means over cells that layers on the way hand out (`hilum_graph::Tap`). Two members
//! judge them, and their standardised scores add up:
//!
//! - [`Density`], the Mahalanobis distance from the training slices: what is of another texture;
//! - [`Contrast`], a multinomial logistic regression that tells the training slices from
//!   themselves turned, inverted or cut up, and from pictures that a program draws: what is of the
//!   right texture in the wrong place.
//!
//! Before either is asked, a [`BodyRule`] looks at what is seen of the patient: a slice without lungs
//! is no slice of a chest.
//!
//! Other scores that were tried stand in `docs/trust.md`.

mod body;
mod contrast;
mod density;
mod features;
mod minimise;
mod packed;
mod record;
mod symmetric;

pub use body::{BodyRule, Departure, SeenBody};
pub use contrast::{Contrast, ContrastSettings};
pub use density::Density;
pub use features::{Part, Rows};
pub use record::{
    DETECTOR_VERSION, DetectorRecord, Examples, FitError, ThresholdSource, Typicality,
};
