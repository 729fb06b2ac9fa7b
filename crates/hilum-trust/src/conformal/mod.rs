//! Sets of classes that hold the truth as often as they say.
//!
//! Split-conformal prediction (Vovk, Gammerman, Shafer, Algorithmic learning in a random world,
//! 2005; Papadopoulos et al., Inductive confidence machines for regression, 2002): a score says how
//! ill a class fits a slice, held-out slices say which scores the truth has, and a set holds the
//! classes whose score is no higher than that of nine in ten of them. It promises that of slices
//! and held-out slices in any order, and of nothing else.

mod scores;
mod sets;

pub use scores::{ClassScores, ConformalScores};
pub use sets::{SetMethod, Sets, UnknownSetMethod};
