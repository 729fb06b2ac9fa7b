//! A program with its memory, ready to run on one instruction set.

mod algorithm;
mod arena;
mod backward;
mod context;
mod convolution;
mod expected;
mod factors;
mod forward;
mod gradient;
mod normalise;
mod packed;
mod plan;
mod planes;
mod state;
mod workspace;

pub(crate) use backward::BatchMoments;
pub(crate) use state::{Machine, Results};
