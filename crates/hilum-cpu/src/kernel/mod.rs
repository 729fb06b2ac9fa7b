//! The loops that compute, one file per idea.
//!
//! Kernels are generic over the instruction set. They take slices, or memory of which a task has some
//! places, and check extents once before they loop.

pub(crate) mod activation;
pub(crate) mod depthwise;
pub(crate) mod matrix;
pub(crate) mod narrow;
pub(crate) mod norm;
pub(crate) mod outer;
pub(crate) mod pool;
pub(crate) mod stem;
pub(crate) mod term;
pub(crate) mod view;
pub(crate) mod window;
pub(crate) mod winograd;

#[cfg(test)]
mod tests;
