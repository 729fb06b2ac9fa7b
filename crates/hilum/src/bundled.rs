//! The model that is part of the program.

use std::path::Path;

use hilum_weights::ModelFile;

use crate::error::CommandError;

/// What stands for it on the command line, where a file's path could stand too.
pub(crate) const CHOICE: &str = "bundled";

/// What it is called wherever its predictions are shown: `bundled:mobilenet-v2-chest-ct`.
pub(crate) fn name() -> String {
    format!("{CHOICE}:{}", hilum_models::NAME)
}

/// The model itself.
pub(crate) fn read() -> Result<ModelFile, CommandError> {
    let name = name();
    // Damage here is damage of the program, which the user cannot mend.
    ModelFile::from_bytes(Path::new(&name), hilum_models::bundled()).map_err(CommandError::failure)
}
