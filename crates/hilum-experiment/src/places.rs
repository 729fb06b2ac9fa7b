//! Where data and weights lay, without what that tells of the machine and its user.

use std::path::{Path, PathBuf};

use hilum_weights::ModelFile;
use serde_json::Value;

use crate::settings::RunSettings;
use crate::weights::WeightsSource;

/// The settings for files that are handed on: of an absolute path only its last part stays.
///
/// `settings.toml` keeps the whole path, since a run that goes on reads its data there.
pub(crate) fn without_places(settings: &RunSettings) -> RunSettings {
    let mut settings = settings.clone();
    settings.data.path = handed_on(&settings.data.path);
    if let Some(folder) = &mut settings.data.calibrate_on {
        *folder = handed_on(folder);
    }
    if let Some(weights) = &mut settings.network.weights
        && let WeightsSource::File(path) = &mut weights.source
    {
        *path = handed_on(path);
    }
    settings
}

/// The same for a model that an earlier hilum made.
pub(crate) fn remove_places(model: &mut ModelFile) {
    let settings = &mut model.training.settings;
    for name in ["path", "calibrate_on"] {
        if let Some(Value::String(path)) = settings.data.other.get_mut(name) {
            *path = handed_on_text(path);
        }
    }
    if let Some(weights) = &mut settings.network.weights {
        weights.source = handed_on_text(&weights.source);
    }
}

fn handed_on_text(text: &str) -> String {
    handed_on(Path::new(text)).to_string_lossy().into_owned()
}

/// `path` itself, or the last part of an absolute one.
pub(crate) fn handed_on(path: &Path) -> PathBuf {
    match path.file_name() {
        Some(name) if path.is_absolute() => name.into(),
        None if path.is_absolute() => PathBuf::from("."),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_absolute_path_the_last_part_stays() {
        for (path, stays) in [
            ("/home/ada/patients/slices", "slices"),
            ("/", "."),
            ("../slices", "../slices"),
            ("torchvision:mobilenet_v2", "torchvision:mobilenet_v2"),
            ("https://example.org/w.pth", "https://example.org/w.pth"),
        ] {
            assert_eq!(handed_on_text(path), stays);
        }
    }
}
