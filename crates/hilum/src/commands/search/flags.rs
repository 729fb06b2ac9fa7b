//! From names in a space to flags of `hilum train`, and from values to settings.

use std::collections::BTreeMap;
use std::fmt;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args as _, Command, FromArgMatches as _};
use hilum_train::search::{Space, Values};
use thiserror::Error;
use toml::Value;

use super::names::flag_of;
use crate::commands::train::FitArguments;
use crate::error::CommandError;
use crate::settings::RunSettings;

#[derive(Debug, Error)]
enum FlagError {
    #[error("`{first}` and `{second}` in the space are one setting\nhint: leave one of them out")]
    Twice { first: String, second: String },
    #[error("trial {trial} cannot be trained with `{flags}`: {message}")]
    Refused {
        trial: usize,
        flags: String,
        message: String,
    },
    #[error(
        "trial {trial} would read slices by another recipe than the other trials\nhint: all trials share the decoded slices; give `--image-size`, `--channels` and `--normalise`, or search one architecture at a time"
    )]
    OtherRecipe { trial: usize },
}

/// One flag with its values, as it was or would be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flag {
    long: String,
    values: Vec<String>,
}

/// What every trial shares, and how the names of the space become flags.
pub(super) struct Flags {
    data: String,
    shared: Vec<Flag>,
    /// The flag of each searched setting.
    searched: BTreeMap<String, String>,
}

impl Flags {
    /// `given` are the matches of the command line of the search.
    pub(super) fn new(given: &ArgMatches, space: &Space) -> Result<Self, CommandError> {
        let command = command();
        let mut searched: BTreeMap<String, String> = BTreeMap::new();
        for name in space.dimensions().keys() {
            let flag = flag_of(name, &command)?;
            if let Some((first, _)) = searched.iter().find(|(_, other)| **other == flag) {
                let (first, second) = (first.clone(), name.clone());
                return Err(CommandError::bad_input(FlagError::Twice { first, second }));
            }
            searched.insert(name.clone(), flag);
        }
        let is_searched = |long: &str| searched.values().any(|flag| flag == long);
        let shared = command
            .get_arguments()
            .filter(|argument| argument.get_id() != "name")
            .flat_map(|argument| given_flags(argument, given))
            .filter(|flag| !is_searched(&flag.long))
            .collect();
        let data = given.get_raw("data").and_then(|mut values| values.next());
        Ok(Self {
            data: data.map_or(String::new(), |data| data.to_string_lossy().into_owned()),
            shared,
            searched,
        })
    }

    /// The settings of a trial with these values.
    pub(super) fn settings(
        &self,
        trial: usize,
        values: &Values,
    ) -> Result<RunSettings, CommandError> {
        let flags = self.with(values);
        let mut line = vec![self.data.clone()];
        for flag in &flags {
            match flag.values.as_slice() {
                [value] => line.push(format!("--{}={value}", flag.long)),
                values => {
                    line.push(format!("--{}", flag.long));
                    line.extend(values.iter().cloned());
                }
            }
        }
        let parsed = command()
            .try_get_matches_from(line)
            .and_then(|matches| FitArguments::from_arg_matches(&matches));
        let refused = |message: String| {
            CommandError::bad_input(FlagError::Refused {
                trial,
                flags: shown(&self.of_values(values)),
                message: without_frame(&message),
            })
        };
        let fit = parsed.map_err(|error| refused(error.to_string()))?;
        fit.checked_settings()
            .map_err(|error| refused(error.message().unwrap_or_default()))
    }

    /// The settings of all trials, which read their slices alike.
    pub(super) fn all_settings(&self, trials: &[Values]) -> Result<Vec<RunSettings>, CommandError> {
        let mut all: Vec<RunSettings> = Vec::with_capacity(trials.len());
        for (index, values) in trials.iter().enumerate() {
            let settings = self.settings(index + 1, values)?;
            if all
                .first()
                .is_some_and(|first| first.recipe != settings.recipe)
            {
                let trial = index + 1;
                return Err(CommandError::bad_input(FlagError::OtherRecipe { trial }));
            }
            all.push(settings);
        }
        Ok(all)
    }

    /// The command that trains with these values.
    pub(super) fn train_command(&self, values: &Values) -> String {
        let data = quoted(&self.data);
        format!("hilum train {data} {}", shown(&self.with(values)))
    }

    /// The same as a `[train]` table of `hilum.toml`.
    pub(super) fn train_table(&self, values: &Values) -> toml::Table {
        let entry = |flag: &Flag| {
            let value = |text: &String| match text.parse::<Value>() {
                Ok(value @ (Value::Integer(_) | Value::Float(_) | Value::Boolean(_))) => value,
                _ => Value::String(text.clone()),
            };
            let value = match flag.values.as_slice() {
                [] => Value::Boolean(true),
                [one] => value(one),
                several => Value::Array(several.iter().map(value).collect()),
            };
            (flag.long.clone(), value)
        };
        let flags = self.with(values);
        let train: toml::Table = flags.iter().map(entry).collect();
        [("train".to_owned(), Value::Table(train))]
            .into_iter()
            .collect()
    }

    /// What a person reads of a trial.
    pub(super) fn show(&self, values: &Values) -> String {
        shown(&self.of_values(values))
    }

    fn with(&self, values: &Values) -> Vec<Flag> {
        let mut flags = self.shared.clone();
        flags.extend(self.of_values(values));
        flags
    }

    fn of_values(&self, values: &Values) -> Vec<Flag> {
        let flags = values.iter().map(|(name, value)| Flag {
            long: self.searched[name].clone(),
            values: match value {
                Value::Array(several) => several.iter().map(text).collect(),
                one => vec![text(one)],
            },
        });
        let command = command();
        flags.filter_map(|flag| as_switch(flag, &command)).collect()
    }
}

/// What an error says, without what stands around it when it is printed alone.
fn without_frame(message: &str) -> String {
    let lines = message.lines().filter(|line| {
        let is_advice = line.starts_with("For more information") || line.starts_with("Usage:");
        !is_advice && !line.trim().is_empty()
    });
    let text: Vec<&str> = lines.collect();
    text.join("\n").trim_start_matches("error: ").to_owned()
}

/// A flag without values stands or does not.
fn as_switch(flag: Flag, command: &Command) -> Option<Flag> {
    let mut arguments = command.get_arguments();
    let argument = arguments.find(|argument| argument.get_long() == Some(&flag.long));
    if argument.is_none_or(|argument| argument.get_action().takes_values()) {
        return Some(flag);
    }
    let is_on = flag.values == ["true"];
    is_on.then_some(Flag {
        values: Vec::new(),
        ..flag
    })
}

/// The part of `hilum train` that decides how a network is trained.
fn command() -> Command {
    let command = Command::new("train")
        .no_binary_name(true)
        .args_override_self(true);
    FitArguments::augment_args(command)
}

/// The flag as often as it was given; not at all if it says what is the default anyway.
fn given_flags(argument: &Arg, given: &ArgMatches) -> Vec<Flag> {
    let id = argument.get_id().as_str();
    let (Some(long), Some(source)) = (argument.get_long(), given.value_source(id)) else {
        return Vec::new();
    };
    let occurrences = given.get_raw_occurrences(id).into_iter().flatten();
    let occurrences: Vec<Vec<String>> = occurrences
        .map(|values| {
            let values = values.map(|value| value.to_string_lossy().into_owned());
            values.collect()
        })
        .collect();
    if source == ValueSource::DefaultValue {
        let defaults = argument.get_default_values().iter();
        let defaults = defaults.map(|value| value.to_string_lossy().into_owned());
        if occurrences
            .iter()
            .flatten()
            .eq(defaults.collect::<Vec<_>>().iter())
        {
            return Vec::new();
        }
    }
    let long = long.to_owned();
    if !argument.get_action().takes_values() {
        let is_on = given.get_flag(id);
        let values = Vec::new();
        return is_on.then_some(Flag { long, values }).into_iter().collect();
    }
    let flag = |values| Flag {
        long: long.clone(),
        values,
    };
    occurrences.into_iter().map(flag).collect()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn shown(flags: &[Flag]) -> String {
    let flags: Vec<String> = flags.iter().map(Flag::to_string).collect();
    flags.join(" ")
}

/// `text` as a shell reads it back.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./=:,+@%".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

impl fmt::Display for Flag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "--{}", self.long)?;
        match self.values.as_slice() {
            // What begins with a dash would be taken for a flag.
            [one] if one.starts_with('-') => write!(formatter, "={}", quoted(one)),
            values => values
                .iter()
                .try_for_each(|value| write!(formatter, " {}", quoted(value))),
        }
    }
}
