//! The model file: a network's parameters, and all that it takes to use them rightly.

mod description;
mod error;
mod file;
mod metadata;
mod model;
mod record;

pub use description::ArchitectureDescription;
pub use error::ModelFileError;
pub use model::{INTENDED_USE, ModelFile};
pub use record::{
    Acquaintance, CalibrationRecord, CalibrationSlices, CalibrationSource, DataRecord,
    ImportRecord, InitialWeightsRecord, KnownSlices, NetworkRecord, RoundingRecord, SettingsRecord,
    TrainingRecord, ValidationRecord,
};

#[cfg(test)]
mod tests;
