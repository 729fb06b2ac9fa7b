//! `hilum completions`: completion scripts for shells.

use std::io;

use clap::ArgMatches;
use clap_complete::Shell;

use crate::cli;
use crate::error::CommandError;
use crate::screen::Screen;

/// What `hilum completions` takes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: hilum completions bash > ~/.local/share/bash-completion/completions/hilum"
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
    clap_complete::generate(arguments.shell, &mut cli::command(), "hilum", &mut script);
    io::Write::write_all(&mut io::stdout().lock(), &script)?;
    Ok(())
}
