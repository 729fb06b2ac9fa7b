//! Heat maps: where a network looked, how far that can be believed, and pictures of it.

mod heat_map;
mod layer;
mod method;
mod npy;
mod picture;
pub mod sanity;

pub use heat_map::{HeatMap, Signal};
pub use layer::{LayerError, default_layer, layer};
pub use method::{
    Choose, ExplainError, Explained, IntegratedGradients, Method, Occlusion, Settings, SmoothGrad,
    UnknownMethod, explain, gauss_legendre,
};
pub use npy::{npy, npy_of};
pub use picture::{
    Caption, LEVELS, Scale, SeriesSlice, Silence, Thumbnail, View, contour, figure, heat_color,
    overlay, series_page, sheets,
};
