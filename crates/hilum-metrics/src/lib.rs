//! Classification metrics in scikit-learn's terms and values. Pure functions, no I/O.

mod history;

pub use history::{EpochRow, History, SplitRow};
