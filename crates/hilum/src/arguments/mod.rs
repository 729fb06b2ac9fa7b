//! Flags that several commands share, and how they become settings.

mod augmentation;
mod data;
mod device;
mod model;
mod recipe;
mod training;

pub(crate) use augmentation::AugmentationArguments;
pub(crate) use data::{DataArguments, GateArguments, LimitArguments};
pub(crate) use device::{DeviceArguments, start_threads};
pub(crate) use model::ModelChoice;
pub(crate) use recipe::RecipeArguments;
pub(crate) use training::TrainingArguments;

use clap::ValueEnum;

/// How results are printed on stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs: JSON.
    Json,
    /// For programs: comma-separated values with a header.
    Csv,
}
