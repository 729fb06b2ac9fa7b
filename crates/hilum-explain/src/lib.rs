//! Heat maps: where a network looked, how far that can be believed, and pictures of it.

mod heat_map;
mod layer;
mod method;
pub mod sanity;

pub use heat_map::{HeatMap, Signal};
pub use layer::{LayerError, default_layer, layer};
pub use method::{
    Choose, ExplainError, Explained, IntegratedGradients, Method, Occlusion, Settings, SmoothGrad,
    UnknownMethod, explain, gauss_legendre,
};
