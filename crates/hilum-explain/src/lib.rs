//! Heat maps: where a network looked, how far that can be believed, and pictures of it.

mod heat_map;

pub use heat_map::{HeatMap, Signal};
