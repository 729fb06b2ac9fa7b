//! Results for a person at a terminal.

mod cross_validation;
mod dataset;
mod evaluation;
mod figures;
mod search;
mod table;
mod training;

pub(crate) use cross_validation::{cross_validation, headline};
pub(crate) use dataset::class_table;
pub(crate) use evaluation::evaluation;
pub(crate) use figures::spread;
pub(crate) use search::search;
pub(crate) use table::Table;
pub(crate) use training::training;
