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

use clap::{Arg, ArgAction, Command};
use hilum_experiment::{Choices, SETTINGS};
use thiserror::Error;
use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

use crate::arguments::{DATA, DATA_FLAG, positional};

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
    #[error("`{}`, line {line}, sets `{key}`, which is no {kind}{}", path.display(), suggestion.as_deref().map(|name| format!("\nhint: did you mean `{name}`?")).unwrap_or_default())]
    Unknown {
        /// Its path.
        path: PathBuf,
        /// Where it stands; the first is 1.
        line: usize,
        /// What was set.
        key: String,
        /// `command` or `flag of ...`.
        kind: String,
        /// The nearest known name.
        suggestion: Option<String>,
    },
    /// A value that the flag does not take.
    #[error("`{}`, line {line}, `{key}`: {reason}", path.display())]
    Value {
        /// Its path.
        path: PathBuf,
        /// Where it stands; the first is 1.
        line: usize,
        /// What was set.
        key: String,
        /// Why not.
        reason: String,
    },
}

/// The file that is applied.
struct File<'a> {
    path: &'a Path,
    text: &'a str,
}

impl File<'_> {
    /// The line of a key, by the names of all that it lies in.
    fn line(&self, keys: &[&str]) -> usize {
        let start = DeTable::parse(self.text)
            .ok()
            .and_then(|table| start_of(table.get_ref(), keys));
        let before = start.and_then(|start| self.text.get(..start));
        before.map_or(1, |before| before.matches('\n').count() + 1)
    }
}

fn start_of(table: &DeTable<'_>, keys: &[&str]) -> Option<usize> {
    let (first, rest) = keys.split_first()?;
    let (key, value) = table
        .iter()
        .find(|(key, _)| key.get_ref().as_ref() == *first)?;
    match (rest, value.get_ref()) {
        ([], _) => Some(key.span().start),
        (rest, DeValue::Table(inner)) => start_of(inner, rest),
        _ => None,
    }
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
    let file = File { path, text: &text };
    let mut command = command;
    for (key, value) in table {
        command = match value {
            Value::Table(flags) => apply_to_subcommand(command, &file, &key, flags)?,
            value => set_default(command, &file, &[&key], value)?,
        };
    }
    Ok(command)
}

fn apply_to_subcommand(
    command: Command,
    file: &File<'_>,
    name: &str,
    flags: Table,
) -> Result<Command, ConfigFileError> {
    if command.find_subcommand(name).is_none() {
        let names = command.get_subcommands().map(Command::get_name);
        let suggestion = hilum_core::closest(name, names).map(str::to_owned);
        return Err(ConfigFileError::Unknown {
            path: file.path.to_owned(),
            line: file.line(&[name]),
            key: name.to_owned(),
            kind: "command".to_owned(),
            suggestion,
        });
    }
    let mut failure = None;
    let command = command.mut_subcommand(name, |mut subcommand| {
        for (flag, value) in flags {
            match set_default(subcommand.clone(), file, &[name, &flag], value) {
                Ok(changed) => subcommand = changed,
                Err(error) => failure = Some(error),
            }
        }
        subcommand
    });
    failure.map_or(Ok(command), Err)
}

/// Sets the flag that the last of `keys` names, of `command`; the keys before are the tables that
/// it lies in.
fn set_default(
    command: Command,
    file: &File<'_>,
    keys: &[&str],
    value: Value,
) -> Result<Command, ConfigFileError> {
    if let Value::Table(inner) = value {
        // A setting by its place in `settings.toml`.
        return inner
            .into_iter()
            .try_fold(command, |command, (name, value)| {
                set_default(command, file, &[keys, &[&name]].concat(), value)
            });
    }
    // The first key of a command's table is the command.
    let of_command = usize::from(keys[0] == command.get_name());
    let key = keys[of_command.min(keys.len() - 1)..].join(".");
    let longs = || command.get_arguments().flat_map(names);
    let found = command
        .get_arguments()
        .find(|argument| names(argument).any(|name| is_same(name, &key)));
    let Some(argument) = found else {
        return Err(ConfigFileError::Unknown {
            path: file.path.to_owned(),
            line: file.line(keys),
            kind: format!("flag of `{}`", command.get_name()),
            suggestion: hilum_core::closest(&key, longs()).map(str::to_owned),
            key,
        });
    };
    let values: Vec<String> = match value {
        Value::Array(values) => values.iter().map(as_text).collect(),
        value => vec![as_text(&value)],
    };
    check(argument, &values).map_err(|reason| ConfigFileError::Value {
        path: file.path.to_owned(),
        line: file.line(keys),
        key,
        reason,
    })?;
    let id = argument.get_id().clone();
    let command = if id == DATA_FLAG {
        // What the file gives need not be typed.
        command.mut_arg(DATA, |_| positional())
    } else {
        command
    };
    Ok(command.mut_arg(id, |argument| {
        argument.required(false).default_values(values)
    }))
}

/// Whether a flag takes `values`; if not, why.
fn check(argument: &Arg, values: &[String]) -> Result<(), String> {
    let id = argument.get_id().as_str();
    if matches!(argument.get_action(), ArgAction::SetTrue) {
        let is_switch = matches!(values, [one] if matches!(one.as_str(), "true" | "false"));
        return is_switch
            .then_some(())
            .ok_or_else(|| "it is `true` or `false`".to_owned());
    }
    if let Some(setting) = SETTINGS.iter().find(|setting| setting.name == id) {
        let read = setting.choose_text(&mut Choices::default(), values);
        return read.map_err(|error| error.to_string());
    }
    let alone = Arg::new("value")
        .long("value")
        .allow_hyphen_values(true)
        .num_args(values.len().max(1))
        .value_parser(argument.get_value_parser().clone());
    let parser = Command::new("value").no_binary_name(true).arg(alone);
    let words = std::iter::once("--value").chain(values.iter().map(String::as_str));
    let parsed = parser.try_get_matches_from(words);
    parsed.map(|_| ()).map_err(|error| {
        let text = error.to_string();
        let said = text.split("\n\n").next().unwrap_or_default();
        let said = said.strip_prefix("error: ").unwrap_or(said);
        said.replace(" for '--value <value>'", "")
            .replace("\n  ", " ")
    })
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
