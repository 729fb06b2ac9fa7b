//! Dividing a dataset into train, valid and test.

mod fractions;
mod groups;
mod stratify;

pub use fractions::{FractionsError, SplitFractions};
pub use stratify::{StratifyError, resplit};
