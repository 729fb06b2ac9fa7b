//! Which algorithm says so.

use hilum_core::Classes;
use hilum_experiment::ModelOrigin;
use hilum_trust::Rule;

/// What an object says of the model behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelIdentity {
    /// What it is called: no path.
    pub name: String,
    /// Which of all files of that name: the first digits of the fingerprint.
    pub version: String,
    /// BLAKE3 over the bytes of its file, as hexadecimal digits.
    pub fingerprint: String,
    /// What it tells apart.
    pub(crate) classes: Classes,
    /// By which rule slices make one answer, a phrase that goes on from "by".
    pub(crate) rule: String,
}

/// Digits of a version.
const VERSION_DIGITS: usize = 12;

impl ModelIdentity {
    /// Of a model that comes from `origin` and tells `classes` apart. Reads its file once more, for
    /// its fingerprint: to be kept as long as the model is.
    pub fn of(origin: &ModelOrigin, classes: &Classes) -> Self {
        let fingerprint = origin.digest().unwrap_or_default();
        Self {
            name: name(origin),
            version: fingerprint.chars().take(VERSION_DIGITS).collect(),
            rule: Rule::of(classes).says(classes),
            fingerprint,
            classes: classes.clone(),
        }
    }
}

/// The bundled model's own name; of a file, its name, or that of its run where every run calls it
/// the same.
fn name(origin: &ModelOrigin) -> String {
    let ModelOrigin::File(path) = origin else {
        return origin.to_string();
    };
    let text = |part: &std::ffi::OsStr| part.to_string_lossy().into_owned();
    let stem = path.file_stem().map(text).unwrap_or_default();
    let folder = path.parent().and_then(|folder| folder.file_name());
    match folder {
        Some(folder) if stem == "model" => text(folder),
        _ => stem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_called_by_its_file_or_its_run_and_never_by_a_path() {
        let of = |path: &str| name(&path.parse().unwrap());
        assert_eq!(of("/srv/models/lungs.safetensors"), "lungs");
        assert_eq!(of("runs/chest/model.safetensors"), "chest");
        assert_eq!(of("model.safetensors"), "model");
        assert_eq!(of("bundled"), "bundled:mobilenet-v2-chest-ct");
    }
}
