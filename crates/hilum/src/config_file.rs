//! `hilum.toml`: defaults of a project, below flags and `HILUM_*`, above the built-in ones.
//!
//! A table is a command, a key is one of its flags, or a setting by its place in `settings.toml`:
//!
//! ```toml
//! quiet = true
//!
//! [train]
//! arch = "mobilenet-v2"
//! epochs = 12
//! augmentation.rotation_range = 10
//! ```

use std::io;
use std::path::{Path, PathBuf};

use clap::{Arg, Command};
use thiserror::Error;
use toml::{Table, Value};

/// Where it is looked for: the current folder.
pub(crate) const FILE_NAME: &str = "hilum.toml";

/// Why `hilum.toml` cannot be used.
#[derive(Debug, Error)]
pub(crate) enum ConfigFileError {
    /// It is there but cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// Its path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is not TOML.
    #[error("`{}` is not valid TOML", path.display())]
    Syntax {
        /// Its path.
        path: PathBuf,
        /// Where and what.
        source: toml::de::Error,
    },
    /// A table or key that no command knows.
    #[error("`{}` sets `{key}`, which is no {kind}{}", path.display(), suggestion.as_deref().map(|name| format!("\nhint: did you mean `{name}`?")).unwrap_or_default())]
    Unknown {
        /// Its path.
        path: PathBuf,
        /// What was set.
        key: String,
        /// `command` or `flag of ...`.
        kind: String,
        /// The nearest known name.
        suggestion: Option<String>,
    },
}

/// Puts the values of `path` in place of the built-in defaults; without such a file, changes
/// nothing.
pub(crate) fn apply(command: Command, path: &Path) -> Result<Command, ConfigFileError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(command),
        Err(source) => {
            return Err(ConfigFileError::Read {
                path: path.to_owned(),
                source,
            });
        }
    };
    let table: Table = text.parse().map_err(|source| ConfigFileError::Syntax {
        path: path.to_owned(),
        source,
    })?;
    let mut command = command;
    for (key, value) in table {
        command = match value {
            Value::Table(flags) => apply_to_subcommand(command, path, &key, flags)?,
            value => set_default(command, path, &key, value)?,
        };
    }
    Ok(command)
}

fn apply_to_subcommand(
    command: Command,
    path: &Path,
    name: &str,
    flags: Table,
) -> Result<Command, ConfigFileError> {
    if command.find_subcommand(name).is_none() {
        let names = command.get_subcommands().map(Command::get_name);
        let suggestion = hilum_core::closest(name, names).map(str::to_owned);
        let kind = "command".to_owned();
        return Err(ConfigFileError::Unknown {
            path: path.to_owned(),
            key: name.to_owned(),
            kind,
            suggestion,
        });
    }
    let mut failure = None;
    let command = command.mut_subcommand(name, |mut subcommand| {
        for (flag, value) in flags {
            match set_default(subcommand.clone(), path, &flag, value) {
                Ok(changed) => subcommand = changed,
                Err(error) => failure = Some(error),
            }
        }
        subcommand
    });
    failure.map_or(Ok(command), Err)
}

fn set_default(
    command: Command,
    path: &Path,
    key: &str,
    value: Value,
) -> Result<Command, ConfigFileError> {
    if let Value::Table(inner) = value {
        // A setting by its place in `settings.toml`.
        return inner
            .into_iter()
            .try_fold(command, |command, (name, value)| {
                set_default(command, path, &format!("{key}.{name}"), value)
            });
    }
    let longs = || command.get_arguments().flat_map(names);
    let id = command
        .get_arguments()
        .find(|argument| names(argument).any(|name| is_same(name, key)))
        .map(|argument| argument.get_id().clone());
    let Some(id) = id else {
        return Err(ConfigFileError::Unknown {
            path: path.to_owned(),
            key: key.to_owned(),
            kind: format!("flag of `{}`", command.get_name()),
            suggestion: hilum_core::closest(key, longs()).map(str::to_owned),
        });
    };
    let values: Vec<String> = match value {
        Value::Array(values) => values.iter().map(as_text).collect(),
        value => vec![as_text(&value)],
    };
    Ok(command.mut_arg(id, |argument| {
        argument.required(false).default_values(values)
    }))
}

fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// Every name of a flag.
fn names(argument: &Arg) -> impl Iterator<Item = &str> {
    let aliases = argument.get_all_aliases().unwrap_or_default();
    argument.get_long().into_iter().chain(aliases)
}

/// `learning_rate`, as `settings.toml` has it, is `learning-rate`.
fn is_same(name: &str, key: &str) -> bool {
    name.replace('_', "-") == key.replace('_', "-")
}
