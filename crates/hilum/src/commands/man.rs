//! `hilum man`: the manual page, in roff.

use std::io;

use crate::cli;
use crate::error::{ArgumentError, CommandError};
use crate::screen::Screen;
use clap::ArgMatches;

/// What `hilum man` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  hilum man | man -l -\n  hilum man train > hilum-train.1")]
pub(crate) struct Arguments {
    /// A command; the whole program if left out
    command: Option<String>,
}

/// Writes the page to stdout.
pub(super) fn run(
    arguments: &Arguments,
    _given: &ArgMatches,
    _screen: &Screen,
) -> Result<(), CommandError> {
    let mut whole = cli::command();
    whole.build();
    let page = match &arguments.command {
        None => clap_mangen::Man::new(whole),
        Some(name) => {
            let Some(found) = whole.find_subcommand(name) else {
                let name = name.clone();
                return Err(ArgumentError::Command { name }.into());
            };
            let full_name = format!("hilum-{name}");
            clap_mangen::Man::new(found.clone().name(full_name))
        }
    };
    page.render(&mut io::stdout().lock())?;
    Ok(())
}
