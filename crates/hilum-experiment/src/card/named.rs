//! Which model is meant, and what it is called.

use std::path::Path;

use hilum_weights::{Precision, stored_precision};

use super::error::CardError;
use super::from_model::Extra;
use crate::{ExperimentError, ModelOrigin};

const MODEL: &str = "model.safetensors";

/// The model itself, where the folder of its run was given.
pub(super) fn found(origin: &ModelOrigin) -> Result<ModelOrigin, CardError> {
    match origin {
        ModelOrigin::File(folder) if folder.is_dir() => {
            let path = folder.join(MODEL);
            if path.is_file() {
                Ok(ModelOrigin::File(path))
            } else {
                let folder = folder.clone();
                Err(CardError::NoModel { folder })
            }
        }
        other => Ok(other.clone()),
    }
}

/// What its card tells beyond the model: of the bundled one what lies in the repository.
pub(super) fn extra(origin: &ModelOrigin) -> Result<Extra, ExperimentError> {
    match origin {
        ModelOrigin::Bundled => Ok(Extra {
            name: hilum_models::NAME.to_owned(),
            precision: stored_precision(hilum_models::bundled()).unwrap_or(Precision::Half),
            command: fenced(hilum_models::card()),
            notes: Some(hilum_models::notes().to_owned()),
        }),
        ModelOrigin::File(path) => Ok(Extra {
            name: name(path),
            precision: precision(path)?,
            command: None,
            notes: None,
        }),
    }
}

fn precision(path: &Path) -> Result<Precision, ExperimentError> {
    let file = fs_err::File::open(path).map_err(ExperimentError::Input)?;
    Ok(stored_precision(std::io::BufReader::new(file)).unwrap_or_default())
}

/// The run's name for a run's model, else that of the file.
fn name(path: &Path) -> String {
    let is_of_run = path.file_name().is_some_and(|name| name == MODEL);
    let run = path.parent().and_then(Path::file_name);
    let name = match run {
        Some(run) if is_of_run => run,
        _ => path.file_stem().unwrap_or_default(),
    };
    name.to_string_lossy().into_owned()
}

/// The commands of a card.
fn fenced(card: &str) -> Option<String> {
    let (_, after) = card.split_once("```sh\n")?;
    let (commands, _) = after.split_once("\n```")?;
    Some(commands.to_owned())
}
