//! The model that is part of the program.

use std::path::Path;

use hilum_weights::ModelFile;

use crate::ExperimentError;

/// What stands for it where a file's path could stand too.
pub const CHOICE: &str = "bundled";

/// What it is called wherever its predictions are shown: `bundled:mobilenet-v2-chest-ct`.
pub fn name() -> String {
    format!("{CHOICE}:{}", hilum_models::NAME)
}

/// The model itself.
pub(crate) fn read() -> Result<ModelFile, ExperimentError> {
    let name = name();
    Ok(ModelFile::from_bytes(
        Path::new(&name),
        hilum_models::bundled(),
    )?)
}
