//! A graph as the steps that run: what can be computed together is one step.
//!
//! Inference folds batch norms into the convolutions before them and lets activations, additions
//! and pools happen while a result is in registers. Training leaves batch norms and activations
//! to the readers of a value: see [`View`](crate::kernel::view::View).

mod compiler;
mod fusion;
mod step;

pub(crate) use compiler::compile;
pub(crate) use step::{Convolution, Mode, Norm, Program, Step, Value, ValueId, Work};
