//! Depthwise convolution: every channel has a kernel of its own.
//!
//! Channels lie in the lanes. An image passes by row by row: a ring holds as many rows as the
//! kernel is high, with the zeros of the padding at both ends. Where stored values are the values
//! and no padding is in reach, the image itself is read.

mod forward;
mod gradient;
mod ring;
mod row;

pub(crate) use forward::{Inner, forward, forward_from, is_fast};
pub(crate) use gradient::{InputGradient, WeightGradient, flip, gradient_ring};
pub(crate) use ring::{Ring, padded_width};
pub(crate) use row::{Finish, spread};
