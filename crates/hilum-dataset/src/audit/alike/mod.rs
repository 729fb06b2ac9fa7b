//! Which pictures are one, or neighbours in one scan.
//!
//! Candidates are found by their lowest spatial frequencies, which hardly change when a slice is
//! saved again, brightened or cropped a little. They say no more than that two chests are alike,
//! so a pair counts only after registration: one thumbnail is shifted and scaled onto the other,
//! and what is left above the lowest frequencies, vessels and edges, must correlate.

mod descriptor;
mod flip;
mod groups;
mod moments;
mod nearest;
mod neighbours;
mod overlap;
mod plane;
mod register;

pub(super) use groups::inferred_groups;
pub use groups::is_inferred;
pub use neighbours::AlikePair;
pub(super) use neighbours::alike_pairs;
