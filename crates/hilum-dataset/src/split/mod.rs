//! Dividing a dataset: into train, valid and test, and into folds.

mod folds;
mod fractions;
mod groups;
mod set_aside;
mod stratify;

pub use folds::{Divisible, FoldsError, hold_out, stratified_folds};
pub use fractions::{FractionsError, SplitFractions};
pub use set_aside::set_aside_valid;
pub use stratify::{StratifyError, all_in, resplit};
