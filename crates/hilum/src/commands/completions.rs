//! `hilum completions`: completion scripts for shells.

use std::io;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Command};
use clap_complete::Shell;
use hilum_dataset::audit::RULES;
use hilum_graph::Architecture;

use crate::cli;
use crate::error::CommandError;
use crate::screen::Screen;

/// What `hilum completions` takes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hilum completions bash > ~/.local/share/bash-completion/completions/hilum"
)]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
}

/// Writes the script to stdout.
pub(super) fn run(
    arguments: &Arguments,
    _given: &ArgMatches,
    _screen: &Screen,
) -> Result<(), CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut completed(), "hilum", &mut script);
    io::Write::write_all(&mut io::stdout().lock(), &script)?;
    Ok(())
}

/// The command line with the words that a flag may take, where the library reads them itself.
fn completed() -> Command {
    let command = cli::command();
    let names: Vec<String> = command
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .collect();
    names.iter().fold(command, |command, name| {
        command.mut_subcommand(name, |command| {
            command.mut_args(|argument| match words(name, &argument, &names) {
                Some(words) => argument.value_parser(PossibleValuesParser::new(words)),
                None => argument,
            })
        })
    })
}

/// What an argument of `command` may be, where that is a list of words.
fn words(command: &str, argument: &Arg, commands: &[String]) -> Option<Vec<String>> {
    let architectures = || Architecture::ALL.iter().map(ToString::to_string);
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    Some(match (command, argument.get_id().as_str()) {
        ("arch", "name") | ("bench", "arch") => architectures().collect(),
        (_, "network.architecture") => std::iter::once("auto".to_owned())
            .chain(architectures())
            .collect(),
        ("audit", "explain") | (_, "data.allow") => {
            RULES.iter().map(|rule| rule.name.to_owned()).collect()
        }
        ("man", "command") => commands.to_vec(),
        ("evaluate", "split") => owned(&["train", "valid", "test"]),
        (_, "splits") => owned(&["train", "valid"]),
        (_, "training.freeze.kind") => owned(&["none", "backbone", "staged"]),
        (_, "recipe.window") => owned(&["lung", "mediastinum", "file"]),
        _ => return None,
    })
}
