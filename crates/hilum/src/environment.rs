//! `HILUM_*` variables: which flags they stand for, and what is wrong with those that stand for
//! none.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command};

/// Variables that are no flag: what the machine is like.
const OF_THE_MACHINE: [&str; 7] = [
    "HILUM_CACHE",
    "HILUM_DICOMWEB_PASSWORD",
    "HILUM_DICOMWEB_TOKEN",
    "HILUM_DICOMWEB_USER",
    "HILUM_OFFLINE",
    "HILUM_SIMD",
    "HILUM_TORCHVISION_URL",
];

/// `HILUM_` and a name of a flag, or a setting's place in `settings.toml`.
fn variable_called(name: &str) -> String {
    format!("HILUM_{}", name.replace(['-', '.'], "_").to_uppercase())
}

/// Every name of a flag.
fn names(argument: &Arg) -> impl Iterator<Item = &str> {
    let aliases = argument.get_all_aliases().unwrap_or_default();
    argument.get_long().into_iter().chain(aliases)
}

/// The variable of a flag: the first of its names that the environment has, or its own.
pub(crate) fn variable(argument: &Arg) -> Option<String> {
    let own = variable_called(argument.get_long()?);
    let mut all = names(argument).map(variable_called);
    Some(
        all.find(|name| std::env::var_os(name).is_some())
            .unwrap_or(own),
    )
}

/// A line for each `HILUM_*` variable that no command of `program` knows.
pub(crate) fn unknown(program: &Command) -> Vec<String> {
    let set = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let known = known(program);
    let strange = set.filter(|name| name.starts_with("HILUM_") && !known.contains(name));
    let mut lines: Vec<String> = strange
        .map(|name| {
            let near = hilum_core::closest(&name, known.iter().map(String::as_str));
            let meant = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            format!("the variable `{name}` is no setting and changes nothing{meant}")
        })
        .collect();
    lines.sort();
    lines
}

fn known(program: &Command) -> Vec<String> {
    let commands = std::iter::once(program).chain(program.get_subcommands());
    let arguments = commands.flat_map(Command::get_arguments);
    let flags = arguments.filter(|argument| argument.get_long().is_some());
    let mut all: Vec<String> = flags.flat_map(names).map(variable_called).collect();
    all.extend(OF_THE_MACHINE.map(str::to_owned));
    all.sort();
    all.dedup();
    all
}

/// Blames a bad value on the variable that it stands in, if it was not typed.
pub(crate) fn blame(error: &mut clap::Error, command: &Command, typed: &[OsString]) {
    if !matches!(
        error.kind(),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation
    ) {
        return;
    }
    let Some(ContextValue::String(invalid)) = error.get(ContextKind::InvalidArg) else {
        return;
    };
    let mut arguments = command.get_arguments();
    let Some(argument) = arguments.find(|one| one.to_string() == *invalid) else {
        return;
    };
    let is_typed = names(argument).any(|name| {
        typed.iter().filter_map(|one| one.to_str()).any(|one| {
            let rest = one
                .strip_prefix("--")
                .and_then(|one| one.strip_prefix(name));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
        })
    });
    let Some(variable) = variable(argument).filter(|_| !is_typed) else {
        return;
    };
    if std::env::var_os(&variable).is_some() {
        error.insert(ContextKind::InvalidArg, ContextValue::String(variable));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flag_of_every_command_is_known_under_all_its_names() {
        let known = known(&crate::cli::command());
        for name in [
            "HILUM_EPOCHS",
            "HILUM_LR",
            "HILUM_BATCH_SIZE",
            "HILUM_DATA",
            "HILUM_TRAINING_EPOCHS",
            "HILUM_QUIET",
            "HILUM_SIMD",
        ] {
            assert!(known.iter().any(|one| one == name), "{name}");
        }
        assert!(!known.iter().any(|one| one == "HILUM_EPOCH"));
    }
}
