//! Batch norm of whole tensors: folding, statistics of a batch, and what backward needs of them.

mod batch;
mod blocks;
mod coefficients;
mod moments;

pub(super) use batch::ActivationBackprop;
pub(super) use blocks::{Blocks, Tally};
pub(super) use coefficients::{Coefficients, Line, fold};
