//! The command line: parsed first, without side effects; carried out second.

use std::ffi::OsString;
use std::path::Path;

use clap::{ArgAction, CommandFactory, FromArgMatches, Parser};

use crate::arguments::DATA;
use crate::commands::Command;
use crate::error::CommandError;
use crate::screen::{Screen, Verbosity};
use crate::{config_file, environment, screen, suggestion};

/// Flags of every command; they come last.
const GENERAL: &str = "General";

/// Train, audit, evaluate and run classifiers of chest-CT slices.
///
/// Start with `hilum demo`, which needs nothing else. Then point `hilum train` at a folder with one
/// sub-folder of images per class. Research software, not a medical device.
#[derive(Debug, Parser)]
#[command(
    name = "hilum",
    version,
    propagate_version = true,
    max_term_width = 100,
    disable_help_flag = true,
    disable_version_flag = true,
    after_help = "Defaults of a project go into `hilum.toml`: a table per command, a key per flag.\n\
                  Every flag has an environment variable: `HILUM_EPOCHS=12` is `--epochs 12`.\n\
                  Exit codes: 0 done, 1 findings or bad input, 2 failure."
)]
struct Cli {
    /// Print errors and results only
    #[arg(long, short, global = true, action = ArgAction::SetTrue, conflicts_with = "verbose", help_heading = GENERAL)]
    quiet: bool,

    /// Say more about what happens
    #[arg(long, short, global = true, action = ArgAction::SetTrue, help_heading = GENERAL)]
    verbose: bool,

    /// Print help; `-h` prints less of it
    #[arg(long, short, global = true, action = ArgAction::Help, help_heading = GENERAL)]
    help: Option<bool>,

    /// Print version
    #[arg(long, short = 'V', global = true, action = ArgAction::Version, help_heading = GENERAL)]
    version: Option<bool>,

    #[command(subcommand)]
    command: Command,
}

/// The command line as clap knows it, with an environment variable for every flag.
pub(crate) fn command() -> clap::Command {
    let command = Cli::command();
    let names: Vec<String> = command
        .get_subcommands()
        .map(|subcommand| subcommand.get_name().to_owned())
        .collect();
    names
        .into_iter()
        .fold(with_environment(command), |command, name| {
            command.mut_subcommand(name, |command| with_usage(with_environment(command)))
        })
}

/// What a command works on comes first, then what it cannot do without, then the rest.
fn with_usage(command: clap::Command) -> clap::Command {
    let mut words = vec![format!("hilum {}", command.get_name())];
    for argument in command.get_positionals() {
        let name = argument.get_id().as_str().to_uppercase();
        let names = argument.get_value_names().and_then(|names| names.first());
        let name = names.map_or(name, ToString::to_string);
        let is_needed = argument.is_required_set() || argument.get_id() == DATA;
        let word = if is_needed {
            format!("<{name}>")
        } else {
            format!("[{name}]")
        };
        let many = matches!(argument.get_action(), ArgAction::Append);
        words.push(if many { format!("{word}...") } else { word });
    }
    let needed = command
        .get_opts()
        .filter(|argument| argument.is_required_set());
    words.extend(needed.filter_map(|argument| {
        let value = argument.get_value_names()?.first()?;
        Some(format!("--{} <{value}>", argument.get_long()?))
    }));
    words.push("[OPTIONS]".to_owned());
    command.override_usage(words.join(" "))
}

/// Of a flag that is given twice the last counts, so that a line from the history can be extended.
fn with_environment(command: clap::Command) -> clap::Command {
    command
        .args_override_self(true)
        .mut_args(|argument| match argument.get_long() {
            Some("help" | "version") | None => argument,
            Some(_) => match environment::variable(&argument) {
                Some(variable) => argument.env(variable).hide_env(true),
                None => argument,
            },
        })
}

/// Runs the command line `arguments`, the first of which is the program's name.
pub(crate) fn run(arguments: impl IntoIterator<Item = OsString>) -> Result<(), CommandError> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let mut command = config_file::apply(command(), Path::new(config_file::FILE_NAME))?;
    let parsed = command
        .try_get_matches_from_mut(arguments.iter())
        .and_then(|matches| Cli::from_arg_matches(&matches).map(|cli| (cli, matches)));
    let (cli, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return refused(error, &mut command, &arguments),
    };
    let verbosity = match (cli.quiet, cli.verbose) {
        (true, _) => Verbosity::Quiet,
        (_, true) => Verbosity::Verbose,
        _ => Verbosity::Normal,
    };
    let screen = Screen::new(verbosity);
    for line in environment::unknown(&command) {
        screen.warn(line);
    }
    let (_, given) = matches.subcommand().expect("clap insists on a command");
    cli.command.run(given, &screen)
}

/// Prints help where it was asked for; else what is wrong, with who is to blame and what may have
/// been meant.
fn refused(
    mut error: clap::Error,
    program: &mut clap::Command,
    arguments: &[OsString],
) -> Result<(), CommandError> {
    let names = arguments.iter().skip(1).filter_map(|one| one.to_str());
    let name = names
        .into_iter()
        .find(|name| program.find_subcommand(name).is_some());
    let command = match name.and_then(|name| program.find_subcommand_mut(name)) {
        Some(command) => command,
        None => program,
    };
    environment::blame(&mut error, command, arguments);
    suggestion::correct(&mut error, command);
    let error = error.format(command);
    screen::print_refusal(&error)?;
    if error.use_stderr() {
        Err(CommandError::Findings)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::command().debug_assert();
    }
}
