//! The graph in plain loops over `f64`, straight from the definitions: what an engine is
//! measured against. Activations are NHWC, as in `hilum-graph`.
//!
//! A file for each kind of operation says what it computes, what it gives back, and which small
//! networks try it.

mod functions;
mod given;
pub mod graphs;
mod inputs;
mod joins;
mod loss;
mod network;
mod norm;
mod pass;
mod pooling;
mod products;
mod value;
mod weights;
mod window;

pub use inputs::{images, noise, parameters, truth};
pub use pass::{Mode, Pass, run};
pub use weights::Weights;
