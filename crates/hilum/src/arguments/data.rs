//! The data that a command works on: given as it is, or as `--data`, which other tools have.

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches, value_parser};

/// What clap and `hilum.toml` call the argument itself,
pub(crate) const DATA: &str = "data";
/// and its flag.
pub(crate) const DATA_FLAG: &str = "data_flag";

/// A folder or a manifest.
#[derive(Debug, Clone)]
pub(crate) struct DataArgument {
    /// As it was given; the current folder where a command does without.
    pub(crate) path: PathBuf,
}

impl Args for DataArgument {
    fn augment_args(command: Command) -> Command {
        command
            .arg(positional().required_unless_present(DATA_FLAG))
            .arg(
                Arg::new(DATA_FLAG)
                    .long("data")
                    .value_name("DATA")
                    .value_parser(value_parser!(PathBuf))
                    .hide(true),
            )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for DataArgument {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let is_typed = |id| matches.value_source(id) == Some(ValueSource::CommandLine);
        let (given, flag) = (
            matches.get_one::<PathBuf>(DATA),
            matches.get_one::<PathBuf>(DATA_FLAG),
        );
        if let (Some(given), Some(flag)) = (given, flag)
            && is_typed(DATA)
            && is_typed(DATA_FLAG)
        {
            let (given, flag) = (given.display(), flag.display());
            let message = format!("the data is given twice, as `{given}` and `--data {flag}`\n");
            return Err(Error::raw(ErrorKind::ArgumentConflict, message));
        }
        let path = given.or(flag).cloned();
        Ok(Self {
            path: path.unwrap_or_else(|| PathBuf::from(".")),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The argument, which may be left out.
pub(crate) fn positional() -> Arg {
    Arg::new(DATA)
        .value_name("DATA")
        .value_parser(value_parser!(PathBuf))
        // Under no heading of the flags before it.
        .help_heading(None)
        .help(
            "Folder `{train,valid,test}/CLASS/*` or `CLASS/*`, or a CSV manifest \
             `path,class[,split][,group]`",
        )
}
