//! Which model is served, and under which name.

use std::path::Path;
use std::str::FromStr;

use hilum_experiment::{ModelOrigin, bundled};
use thiserror::Error;

/// A run's model is called by its folder.
const MODEL: &str = "model.safetensors";

/// Which model is served, and under which name: `NAME=FILE`, or `FILE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelSource {
    /// What clients call it.
    pub name: String,
    /// Where it lies.
    pub origin: ModelOrigin,
}

/// Text that names no model.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{text}` names no model\n\
     hint: write `NAME=FILE`; a name is of letters, digits, `.`, `_` and `-`"
)]
pub struct ModelSourceError {
    /// What was given.
    text: String,
}

impl ModelSource {
    /// The one that comes with the program.
    pub fn bundled() -> Self {
        Self {
            name: own_name(&ModelOrigin::Bundled),
            origin: ModelOrigin::Bundled,
        }
    }

    /// What answers call it: never where it lies.
    pub(crate) fn name_in_answers(&self) -> String {
        match self.origin {
            ModelOrigin::Bundled => bundled::name(),
            ModelOrigin::File(_) => self.name.clone(),
        }
    }
}

impl FromStr for ModelSource {
    type Err = ModelSourceError;

    fn from_str(text: &str) -> Result<Self, ModelSourceError> {
        let (name, file) = match text.split_once('=') {
            Some((name, file)) => (Some(name), file),
            None => (None, text),
        };
        let Ok(origin) = file.parse::<ModelOrigin>();
        let name = name.map_or_else(|| own_name(&origin), str::to_owned);
        if file.is_empty() || !is_name(&name) {
            let text = text.to_owned();
            return Err(ModelSourceError { text });
        }
        Ok(Self { name, origin })
    }
}

/// Its run's for the model of a run, else that of the file.
fn own_name(origin: &ModelOrigin) -> String {
    let path = match origin {
        ModelOrigin::Bundled => {
            let name = bundled::name();
            let own = name.rsplit(':').next().unwrap_or(&name);
            return own.to_owned();
        }
        ModelOrigin::File(path) => path,
    };
    let is_of_run = path.file_name().is_some_and(|name| name == MODEL);
    let run = path.parent().and_then(Path::file_name);
    let name = match run {
        Some(run) if is_of_run => run,
        _ => path.file_stem().unwrap_or_default(),
    };
    let name = name.to_string_lossy();
    name.chars()
        .map(|char| if is_of_name(char) { char } else { '-' })
        .collect()
}

fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.chars().all(is_of_name) && !name.starts_with('.')
}

fn is_of_name(char: char) -> bool {
    char.is_ascii_alphanumeric() || "._-".contains(char)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_called_as_it_was_asked_for_or_by_its_run_or_file() {
        for (text, name) in [
            ("lung=runs/first/model.safetensors", "lung"),
            ("runs/first/model.safetensors", "first"),
            ("models/my model.safetensors", "my-model"),
            ("bundled", "mobilenet-v2-chest-ct"),
            ("a=bundled", "a"),
        ] {
            assert_eq!(text.parse::<ModelSource>().unwrap().name, name);
        }
        for text in ["", "=", "a=", "a/b=file", "../x=file", "ä=file", ".=file"] {
            assert!(text.parse::<ModelSource>().is_err(), "{text}");
        }
    }
}
