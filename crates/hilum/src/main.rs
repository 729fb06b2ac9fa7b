//! The `hilum` binary: one file per command under `commands`.
//!
//! Arguments become settings, settings go into one library call, and what comes back is printed:
//! data on stdout, everything else on stderr.

mod arguments;
mod cli;
mod commands;
mod config_file;
mod environment;
mod error;
mod layout;
mod narrator;
mod screen;
mod suggestion;
mod summary;
mod surroundings;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::run(std::env::args_os()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if let Some(message) = error.message() {
                screen::print_error(&message);
            }
            ExitCode::from(error.exit_code())
        }
    }
}
