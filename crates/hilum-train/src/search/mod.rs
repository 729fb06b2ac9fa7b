//! Searching settings: a declared [`Space`], samples of it, and which trials go on.
//!
//! Nothing here trains. A trial is a set of values by name; whoever trains says what a name means
//! and hands back [`TrialScore`]s.

mod halving;
mod optimism;
mod ranking;
mod space;

pub use halving::{ETA, Halving, HalvingError, Rung};
pub use optimism::{Optimism, optimism};
pub use ranking::{TrialScore, best_first};
pub use space::{Dimension, Space, SpaceError, Values};
