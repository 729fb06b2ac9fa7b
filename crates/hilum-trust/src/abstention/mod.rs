//! When "I don't know" is the answer.

mod policy;
mod reason;

pub use policy::{Abstain, Policy, PolicyError, UnknownAbstain};
pub use reason::Reason;
