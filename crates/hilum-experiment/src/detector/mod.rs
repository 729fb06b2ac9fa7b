//! Giving a model a detector of what is unlike its training data.

mod examples;
mod fit;
mod from_data;
mod network;

pub(crate) use fit::fit;
pub(crate) use from_data::from_data;
pub(crate) use network::Network;
