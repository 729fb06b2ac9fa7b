//! Pictures of heat maps: a slice beside its map, sheets of many, a series on one page.
//!
//! Nothing here reads or writes a file. The same map gives the same pixels.

mod canvas;
mod caption;
mod color_bar;
mod color_map;
mod contour;
mod figure;
mod inferno;
mod numbers;
mod overlay;
mod page;
mod profile;
mod scale;
mod series;
mod sheet;
mod smooth;
mod thumbnail;

pub use caption::Caption;
pub use color_map::heat_color;
pub use contour::{LEVELS, contour};
pub use figure::{View, figure};
pub use overlay::overlay;
pub use scale::{Scale, Silence};
pub use series::{SeriesSlice, series_page};
pub use sheet::sheets;
pub use thumbnail::Thumbnail;
