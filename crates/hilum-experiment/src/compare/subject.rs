//! What is compared: the folder of a run, the folder of an evaluation, or a model.

use std::path::{Path, PathBuf};

use hilum_core::Split;
use hilum_metrics::ComparedKind;

use super::error::CompareError;
use crate::{ModelOrigin, bundled};

/// What is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The folder of a run: its model, or the last evaluation of it.
    Run(PathBuf),
    /// The folder of an evaluation.
    Evaluation(PathBuf),
    /// A model.
    Model(ModelOrigin),
}

const METRICS: &str = "metrics.json";
const PREDICTIONS: &str = "predictions.csv";
const MODEL: &str = "model.safetensors";
const EVALUATION: &str = "evaluation";

impl Subject {
    /// What `given` names: `bundled`, a model file, a folder, or a run's name under `runs`.
    ///
    /// # Errors
    /// [`CompareError::Unknown`] if it is none of these.
    pub fn at(given: &Path) -> Result<Self, CompareError> {
        if given == Path::new(bundled::CHOICE) {
            return Ok(Self::Model(ModelOrigin::Bundled));
        }
        let path = if given.exists() {
            given.to_owned()
        } else {
            Path::new("runs").join(given)
        };
        let holds = |name: &str| path.join(name).is_file();
        let is_file_of_evaluation =
            path.is_file() && (path.ends_with(METRICS) || path.ends_with(PREDICTIONS));
        if is_file_of_evaluation && let Some(folder) = path.parent() {
            return Ok(Self::Evaluation(folder.to_owned()));
        }
        if path.is_file() {
            return Ok(Self::Model(ModelOrigin::File(path)));
        }
        if holds(METRICS) && holds(PREDICTIONS) {
            return Ok(Self::Evaluation(path));
        }
        if holds(MODEL) || !evaluations(&path).is_empty() {
            return Ok(Self::Run(path));
        }
        Err(CompareError::Unknown {
            path: given.to_owned(),
        })
    }

    pub(super) fn kind(&self) -> ComparedKind {
        match self {
            Self::Run(_) => ComparedKind::Run,
            Self::Evaluation(_) => ComparedKind::Evaluation,
            Self::Model(_) => ComparedKind::Model,
        }
    }

    /// The model that can be asked anew; `None` where there is none.
    pub(super) fn model(&self) -> Option<ModelOrigin> {
        match self {
            Self::Run(path) => {
                let file = path.join(MODEL);
                file.is_file().then_some(ModelOrigin::File(file))
            }
            Self::Evaluation(_) => None,
            Self::Model(origin) => Some(origin.clone()),
        }
    }

    /// The folder that holds what was said of the slices: of a run, the last evaluation of `split`.
    pub(super) fn evaluation(&self, split: Option<Split>) -> Result<PathBuf, CompareError> {
        let not_evaluated = |path: &Path, model: PathBuf| CompareError::NotEvaluated {
            path: path.to_owned(),
            model,
            split,
        };
        match self {
            Self::Evaluation(path) => Ok(path.clone()),
            Self::Run(path) => {
                let fitting = evaluations(path)
                    .into_iter()
                    .rev()
                    .find(|folder| split.is_none_or(|split| split_of(folder) == Some(split)));
                fitting.ok_or_else(|| not_evaluated(path, path.join(MODEL)))
            }
            Self::Model(origin) => {
                let path = PathBuf::from(origin.to_string());
                Err(not_evaluated(&path, path.clone()))
            }
        }
    }

    /// The folder of the run, if it is known.
    pub(super) fn run(&self) -> Option<PathBuf> {
        let path = match self {
            Self::Run(path) => return Some(path.clone()),
            Self::Evaluation(path) | Self::Model(ModelOrigin::File(path)) => path,
            Self::Model(ModelOrigin::Bundled) => return None,
        };
        let folder = path.parent()?;
        let is_run = folder.join("settings.toml").is_file() || folder.join(MODEL).is_file();
        is_run.then(|| folder.to_owned())
    }

    /// Its path.
    pub(super) fn source(&self) -> String {
        match self {
            Self::Run(path) | Self::Evaluation(path) => path.display().to_string(),
            Self::Model(origin) => origin.to_string(),
        }
    }

    /// The shortest name that a person would give it: that of the run, if there is one.
    fn short_name(&self) -> String {
        let (path, is_in_run) = match self {
            Self::Run(path) => (path, false),
            Self::Model(ModelOrigin::Bundled) => return bundled::CHOICE.to_owned(),
            Self::Evaluation(path) => (path, name(path).starts_with(EVALUATION)),
            Self::Model(ModelOrigin::File(path)) => (path, path.ends_with(MODEL)),
        };
        let run = path.parent().filter(|_| is_in_run);
        let path = run.unwrap_or(path);
        let name = name(path);
        name.strip_suffix(".safetensors")
            .unwrap_or(&name)
            .to_owned()
    }
}

/// A name for each, no two the same: a short one where that tells them apart, else the path, and
/// where that was given twice a number behind it.
pub(super) fn names(subjects: &[Subject]) -> Vec<String> {
    let short: Vec<String> = subjects.iter().map(Subject::short_name).collect();
    let count = |names: &[String], name: &String| names.iter().filter(|one| *one == name).count();
    let longer = short.iter().zip(subjects).map(|(name, subject)| {
        if name.is_empty() || count(&short, name) > 1 {
            subject.source()
        } else {
            name.clone()
        }
    });
    let longer: Vec<String> = longer.collect();
    let numbered = longer
        .iter()
        .enumerate()
        .map(|(at, name)| match count(&longer[..at], name) {
            0 => name.clone(),
            before => format!("{name} ({})", before + 1),
        });
    numbered.collect()
}

fn name(path: &Path) -> String {
    // `.` and `..` have no name of their own.
    let path = match path.file_name() {
        Some(_) => path.to_owned(),
        None => fs_err::canonicalize(path).unwrap_or_else(|_| path.to_owned()),
    };
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// `evaluation`, `evaluation-2`, ... of a run, in the order in which they were made.
fn evaluations(run: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs_err::read_dir(run) else {
        return Vec::new();
    };
    let numbered = entries.filter_map(|entry| {
        let path = entry.ok()?.path();
        let name = path.file_name()?.to_str()?;
        let number = match name.strip_prefix(EVALUATION)? {
            "" => 1,
            number => number.strip_prefix('-')?.parse::<u64>().ok()?,
        };
        path.join(METRICS).is_file().then_some((number, path))
    });
    let mut numbered: Vec<(u64, PathBuf)> = numbered.collect();
    numbered.sort();
    numbered.into_iter().map(|(_, path)| path).collect()
}

/// The split of an evaluation; `None` if it cannot be read.
fn split_of(folder: &Path) -> Option<Split> {
    let text = fs_err::read_to_string(folder.join(METRICS)).ok()?;
    let metrics: serde_json::Value = serde_json::from_str(&text).ok()?;
    metrics.get("split")?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(paths: &[&str]) -> Vec<String> {
        let run = |path: &&str| Subject::Run(PathBuf::from(path));
        names(&paths.iter().map(run).collect::<Vec<_>>())
    }

    #[test]
    fn no_two_have_one_name() {
        assert_eq!(named(&["runs/a", "runs/b"]), ["a", "b"]);
        assert_eq!(named(&["old/a", "new/a"]), ["old/a", "new/a"]);
        assert_eq!(named(&["runs/a", "runs/a"]), ["runs/a", "runs/a (2)"]);
    }

    #[test]
    fn an_evaluation_and_a_model_are_called_after_their_run() {
        let evaluation = Subject::Evaluation(PathBuf::from("runs/a/evaluation-2"));
        let model = Subject::Model(ModelOrigin::File("runs/b/model.safetensors".into()));
        let other = Subject::Model(ModelOrigin::File("c.safetensors".into()));
        let elsewhere = Subject::Evaluation(PathBuf::from("judged/today"));
        assert_eq!(
            names(&[evaluation, model, other, elsewhere]),
            ["a", "b", "c", "today"]
        );
    }
}
