//! The command line: parsed first, without side effects; carried out second.

use std::ffi::OsString;
use std::path::Path;

use clap::{ArgAction, CommandFactory, FromArgMatches, Parser};

use crate::commands::Command;
use crate::config_file;
use crate::error::CommandError;
use crate::screen::{Screen, Verbosity};

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
    after_help = "Defaults of a project go into `hilum.toml`: a table per command, a key per flag.\n\
                  Every flag has an environment variable: `HILUM_EPOCHS=12` is `--epochs 12`.\n\
                  Exit codes: 0 done, 1 findings or bad input, 2 failure."
)]
struct Cli {
    /// Print errors and results only
    #[arg(long, short, global = true, action = ArgAction::SetTrue, conflicts_with = "verbose")]
    quiet: bool,

    /// Say more about what happens
    #[arg(long, short, global = true, action = ArgAction::SetTrue)]
    verbose: bool,

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
            command.mut_subcommand(name, with_environment)
        })
}

/// Of a flag that is given twice the last counts, so that a line from the history can be extended.
fn with_environment(command: clap::Command) -> clap::Command {
    command
        .args_override_self(true)
        .mut_args(|argument| match argument.get_long() {
            Some(long) if !matches!(long, "help" | "version") => {
                let variable = variable(&argument, long);
                argument.env(variable).hide_env(true)
            }
            _ => argument,
        })
}

/// `HILUM_` and the flag; or a setting's place in `settings.toml`, if the environment has that.
fn variable(argument: &clap::Arg, long: &str) -> String {
    let of = |name: &str| format!("HILUM_{}", name.replace(['-', '.'], "_").to_uppercase());
    let aliases = argument.get_all_aliases().unwrap_or_default();
    let mut others = aliases.into_iter().map(of);
    let own = of(long);
    match std::env::var_os(&own) {
        Some(_) => own,
        None => others
            .find(|name| std::env::var_os(name).is_some())
            .unwrap_or(own),
    }
}

/// Runs the command line `arguments`, the first of which is the program's name.
pub(crate) fn run(arguments: impl IntoIterator<Item = OsString>) -> Result<(), CommandError> {
    let command = config_file::apply(command(), Path::new(config_file::FILE_NAME))?;
    let parsed = command
        .try_get_matches_from(arguments)
        .and_then(|matches| Cli::from_arg_matches(&matches).map(|cli| (cli, matches)));
    let (cli, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            error.print()?;
            return if error.use_stderr() {
                Err(CommandError::Findings)
            } else {
                Ok(())
            };
        }
    };
    let verbosity = match (cli.quiet, cli.verbose) {
        (true, _) => Verbosity::Quiet,
        (_, true) => Verbosity::Verbose,
        _ => Verbosity::Normal,
    };
    let screen = Screen::new(verbosity);
    let (_, given) = matches.subcommand().expect("clap insists on a command");
    cli.command.run(given, &screen)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::command().debug_assert();
    }
}
