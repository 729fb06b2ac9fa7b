//! The loops that compute, one file per idea.
//!
//! Kernels are generic over the instruction set and take pointers, strides and extents: whoever
//! calls them has checked that these lie within its buffers.

pub(crate) mod activation;
pub(crate) mod depthwise;
pub(crate) mod matrix;
pub(crate) mod norm;
pub(crate) mod outer;
pub(crate) mod pool;
pub(crate) mod stem;
pub(crate) mod view;
pub(crate) mod window;
pub(crate) mod winograd;
