//! What a model file remembers of how the model came about.
//!
//! Each record has a version, which grows when the meaning of what it holds changes; one without
//! is of version 1. What a newer hilum adds to a record stays in it: it is kept as it was read
//! and written again.

mod calibration;
mod known_slices;
mod rounding;
mod training;
mod validation;

use hilum_trust::detector::{DETECTOR_VERSION, DetectorRecord};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use calibration::{CalibrationRecord, CalibrationSlices, CalibrationSource};
pub use known_slices::{Acquaintance, KnownSlices};
pub use rounding::RoundingRecord;
pub use training::{
    DataRecord, ImportRecord, InitialWeightsRecord, NetworkRecord, SettingsRecord, TrainingRecord,
};
pub use validation::ValidationRecord;

/// An entry of the metadata that may change its meaning by itself.
pub(super) trait Record: Serialize + DeserializeOwned {
    /// The version that is written, and the latest that is read.
    const VERSION: u32;
}

impl Record for TrainingRecord {
    const VERSION: u32 = 1;
}

impl Record for ValidationRecord {
    const VERSION: u32 = 1;
}

impl Record for KnownSlices {
    const VERSION: u32 = 1;
}

impl Record for CalibrationRecord {
    const VERSION: u32 = 2;
}

impl Record for RoundingRecord {
    const VERSION: u32 = 1;
}

impl Record for DetectorRecord {
    const VERSION: u32 = DETECTOR_VERSION;
}

/// The version of a record that names none.
fn first_version() -> u32 {
    1
}
