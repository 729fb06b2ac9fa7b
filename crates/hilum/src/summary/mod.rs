//! Results for a person at a terminal.

mod answers;
mod by_group;
mod comparison;
mod cross_validation;
mod dataset;
mod evaluation;
mod figures;
mod markdown;
mod search;
mod stamp;
mod stress;
mod table;
mod training;

pub(crate) use comparison::comparison;
pub(crate) use cross_validation::{cross_validation, headline};
pub(crate) use dataset::class_table;
pub(crate) use evaluation::evaluation;
pub(crate) use figures::spread;
pub(crate) use markdown::markdown_as_text;
pub(crate) use search::search;
pub(crate) use stamp::stamp;
pub(crate) use stress::cost;
pub(crate) use table::{Table, broken};
pub(crate) use training::{BUNDLED_BEGINNING, BUNDLED_KNOWS, training};
