//! Giving a model a detector of what is unlike its training data.

mod body;
mod examples;
mod fit;
mod from_data;
mod network;

pub(crate) use body::seen_body;
pub(crate) use examples::affordable;
pub(crate) use fit::fit;
pub(crate) use from_data::from_data;
pub(crate) use network::Network;
