//! Keras's configuration as layers that call one another.

mod arguments;
mod network;
mod place;
mod settings;

pub(crate) use arguments::{Argument, Reference};
pub(crate) use network::{Layer, Network};
pub(crate) use place::Place;
pub(crate) use settings::Settings;
