//! Everything that is needed to go on after the last complete epoch, in one file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hilum_graph::{OptimizerState, Parameters, Tensor};
use hilum_metrics::History;
use hilum_weights::{TensorFileError, read_tensors, write_tensors};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use super::differences::differences;
use crate::schedules::{Patience, Plateau};

const VERSION: &str = "1";
const VERSION_KEY: &str = "hilum.checkpoint";
const IDENTITY_KEY: &str = "hilum.checkpoint.identity";
const PROGRESS_KEY: &str = "hilum.checkpoint.progress";
const STEPS_KEY: &str = "hilum.checkpoint.optimizer_steps";
const PARAMETER: &str = "parameter/";
const MOMENT: &str = "moment/";
const AVERAGE: &str = "average/";
const BEST: &str = "best/";

/// Why a run cannot go on.
#[derive(Debug, Error)]
pub enum CheckpointError {
    /// The file cannot be written or read, is truncated or was altered.
    #[error("the checkpoint cannot be used")]
    File {
        /// Which file, and why.
        #[source]
        source: TensorFileError,
    },
    /// The file holds something else, or is of another version.
    #[error(
        "`{}` is no checkpoint that this version of hilum can go on from: {reason}",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What is missing or unknown.
        reason: String,
    },
    /// Something about the run has changed since.
    #[error(
        "the run in `{}` cannot be resumed, since something else would come out:\n{}\n\
         hint: undo the change, or start a new run without `--resume`",
        path.display(),
        differences.join("\n")
    )]
    Differs {
        /// The file.
        path: PathBuf,
        /// What was and what is, a line each.
        differences: Vec<String>,
    },
}

/// Where a run stands after its last complete epoch.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// Every epoch so far, and which one is the best.
    pub(crate) history: History,
    /// Steps taken so far.
    pub(crate) steps: usize,
    /// How far the learning rate has shrunk.
    pub(crate) plateau: Plateau,
    /// How long nothing got better.
    pub(crate) patience: Patience,
}

impl Progress {
    /// Complete epochs.
    pub(crate) fn epochs(&self) -> usize {
        self.history.rows.len()
    }
}

/// Everything that is needed to go on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Checkpoint {
    pub(crate) progress: Progress,
    /// After the last epoch.
    pub(crate) parameters: Parameters,
    pub(crate) optimizer: OptimizerState,
    /// The running average of the parameters, if there is one.
    pub(crate) average: Option<Parameters>,
    /// Of the best epoch; `None` if that is the last one.
    pub(crate) best: Option<Parameters>,
}

/// Writes a checkpoint, atomically.
///
/// `identity` holds all that must be the same when the run goes on.
pub(crate) fn write_checkpoint(
    path: &Path,
    identity: &Value,
    progress: &Progress,
    parameters: &Parameters,
    optimizer: &OptimizerState,
    average: Option<&Parameters>,
    best: Option<&Parameters>,
) -> Result<(), CheckpointError> {
    let json = |value: serde_json::Result<String>| value.expect("text and numbers become JSON");
    let metadata = BTreeMap::from([
        (VERSION_KEY.to_owned(), VERSION.to_owned()),
        (IDENTITY_KEY.to_owned(), identity.to_string()),
        (
            PROGRESS_KEY.to_owned(),
            json(serde_json::to_string(progress)),
        ),
        (
            STEPS_KEY.to_owned(),
            json(serde_json::to_string(&optimizer.steps)),
        ),
    ]);
    let sets = [
        (PARAMETER, Some(parameters)),
        (MOMENT, Some(&optimizer.moments)),
        (AVERAGE, average),
        (BEST, best),
    ];
    let named: Vec<(String, &Tensor)> = sets
        .into_iter()
        .filter_map(|(prefix, set)| Some((prefix, set?)))
        .flat_map(|(prefix, set)| {
            set.iter()
                .map(move |(name, t)| (format!("{prefix}{name}"), t))
        })
        .collect();
    let tensors = named.iter().map(|(name, tensor)| (name.as_str(), *tensor));
    write_tensors(path, tensors, &metadata).map_err(|source| CheckpointError::File { source })
}

/// Reads a checkpoint of the run that `identity` describes.
pub(crate) fn read_checkpoint(
    path: &Path,
    identity: &Value,
) -> Result<Checkpoint, CheckpointError> {
    let (tensors, metadata) =
        read_tensors(path).map_err(|source| CheckpointError::File { source })?;
    let foreign = |reason: String| CheckpointError::Foreign {
        path: path.to_owned(),
        reason,
    };
    let entry = |key: &str| {
        let entry = metadata.get(key).map(String::as_str);
        entry.ok_or_else(|| foreign(format!("`{key}` is missing")))
    };
    let unreadable = |key: &str, error: &serde_json::Error| foreign(format!("`{key}`: {error}"));
    let version = entry(VERSION_KEY)?;
    if version != VERSION {
        return Err(foreign(format!(
            "its version is `{version}`, expected `{VERSION}`"
        )));
    }
    let before: Value = serde_json::from_str(entry(IDENTITY_KEY)?)
        .map_err(|error| unreadable(IDENTITY_KEY, &error))?;
    let differences = differences(&without_length(&before), &without_length(identity));
    if !differences.is_empty() {
        return Err(CheckpointError::Differs {
            path: path.to_owned(),
            differences,
        });
    }
    let progress = serde_json::from_str(entry(PROGRESS_KEY)?)
        .map_err(|error| unreadable(PROGRESS_KEY, &error))?;
    let steps =
        serde_json::from_str(entry(STEPS_KEY)?).map_err(|error| unreadable(STEPS_KEY, &error))?;
    let set = |prefix| Some(with_prefix(&tensors, prefix)).filter(|set| !set.is_empty());
    Ok(Checkpoint {
        progress,
        parameters: with_prefix(&tensors, PARAMETER),
        optimizer: OptimizerState {
            steps,
            moments: with_prefix(&tensors, MOMENT),
        },
        average: set(AVERAGE),
        best: set(BEST),
    })
}

/// An identity without the number of epochs, where no epoch depends on how many there are: such a
/// run may be made longer.
fn without_length(identity: &Value) -> Value {
    let mut identity = identity.clone();
    let kind = identity.pointer("/settings/schedule/kind");
    if matches!(kind.and_then(Value::as_str), Some("constant" | "plateau")) {
        let settings = identity.get_mut("settings").and_then(Value::as_object_mut);
        settings.and_then(|settings| settings.remove("epochs"));
    }
    identity
}

fn with_prefix(tensors: &Parameters, prefix: &str) -> Parameters {
    let of_set = |(name, tensor): (&str, &Tensor)| {
        Some((name.strip_prefix(prefix)?.to_owned(), tensor.clone()))
    };
    tensors.iter().filter_map(of_set).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn example() -> Checkpoint {
        let tensors = |value: f32| {
            let tensor = Tensor::new(vec![2], vec![value, f32::MIN_POSITIVE]);
            Parameters::from_iter([("fc.weight".to_owned(), tensor)])
        };
        let moment = (
            "fc.weight/first".to_owned(),
            Tensor::new(vec![2], vec![0.1, 1e-40]),
        );
        Checkpoint {
            progress: Progress {
                steps: 12,
                ..Progress::default()
            },
            parameters: tensors(0.3),
            optimizer: OptimizerState {
                steps: BTreeMap::from([("fc.weight".to_owned(), u64::MAX)]),
                moments: Parameters::from_iter([moment]),
            },
            average: Some(tensors(0.5)),
            best: Some(tensors(0.7)),
        }
    }

    fn write(path: &Path, identity: &Value, checkpoint: &Checkpoint) {
        write_checkpoint(
            path,
            identity,
            &checkpoint.progress,
            &checkpoint.parameters,
            &checkpoint.optimizer,
            checkpoint.average.as_ref(),
            checkpoint.best.as_ref(),
        )
        .unwrap();
    }

    #[test]
    fn a_checkpoint_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint");
        let identity = json!({"mean": 0.485_f32});
        let mut checkpoint = example();
        write(&path, &identity, &checkpoint);
        assert_eq!(read_checkpoint(&path, &identity).unwrap(), checkpoint);
        (checkpoint.average, checkpoint.best) = (None, None);
        write(&path, &identity, &checkpoint);
        assert_eq!(read_checkpoint(&path, &identity).unwrap(), checkpoint);
    }

    #[test]
    fn what_has_changed_is_listed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint");
        write(
            &path,
            &json!({"settings": {"batch": 16, "seed": 32}, "data": "a"}),
            &example(),
        );
        let now = json!({"settings": {"batch": 8, "seed": 32}, "data": "b"});
        let error = read_checkpoint(&path, &now).unwrap_err().to_string();
        assert!(error.contains("`settings.batch` was 16, is 8\n  `data` was \"a\", is \"b\""));
        assert!(!error.contains("seed"), "{error}");
    }

    #[test]
    fn a_run_may_get_longer_where_no_epoch_knows_how_many_there_are() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint");
        let run = |kind: &str, epochs: usize| json!({"settings": {"schedule": {"kind": kind}, "epochs": epochs}});
        for (kind, may) in [
            ("constant", true),
            ("plateau", true),
            ("one-cycle", false),
            ("cosine", false),
        ] {
            write(&path, &run(kind, 3), &example());
            assert_eq!(read_checkpoint(&path, &run(kind, 5)).is_ok(), may, "{kind}");
        }
    }

    #[test]
    fn another_tensor_file_is_no_checkpoint() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        write_tensors(&path, [], &BTreeMap::new()).unwrap();
        let error = read_checkpoint(&path, &Value::Null)
            .unwrap_err()
            .to_string();
        assert!(error.contains("`hilum.checkpoint` is missing"), "{error}");
    }
}
