//! Every way in which a command ends badly, and the exit code that says so.

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

use hilum_arrow::FolderError;
use hilum_experiment::{ErrorKind, ExperimentError, Interruptible, Said};
use hilum_imaging::DatasetWriteError;
use hilum_node::NodeError;
use hilum_serve::ServeError;
use thiserror::Error;

use crate::config_file::ConfigFileError;

/// The exit code after Ctrl-C, as shells have it.
pub(crate) const INTERRUPTED: u8 = 130;

/// Why a command stopped.
///
/// Exit code 1 is for findings and bad input, which the user can mend; 2 is for failures of the
/// machine or the program.
#[derive(Debug, Error)]
pub(crate) enum CommandError {
    /// What the library says; it knows whose fault it is.
    #[error(transparent)]
    Experiment(Box<ExperimentError>),
    /// A server cannot start.
    #[error(transparent)]
    Serve(Box<ServeError>),
    /// A DICOM node cannot start.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// Arguments that the command itself cannot use.
    #[error(transparent)]
    Arguments(#[from] ArgumentError),
    /// `hilum.toml` cannot be used.
    #[error(transparent)]
    ConfigFile(#[from] ConfigFileError),
    /// A folder that does not take answers.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// What the command makes itself cannot be written.
    #[error(transparent)]
    Output(io::Error),
    /// A result does not fit its format.
    #[error("a result cannot be printed")]
    Format(#[from] serde_json::Error),
    /// Synthetic slices cannot be written.
    #[error(transparent)]
    Phantoms(#[from] DatasetWriteError),
    /// What had to be said is said; only the exit code is left.
    #[error("findings")]
    Findings,
    /// The reader of our output went away; nobody is left to tell.
    #[error("broken pipe")]
    BrokenPipe,
}

/// Arguments that no flag can check by itself.
#[derive(Debug, Error)]
pub(crate) enum ArgumentError {
    /// No network has that name.
    #[error(transparent)]
    Architecture(#[from] hilum_graph::UnknownArchitecture),
    /// No rule has that name.
    #[error(transparent)]
    Rule(#[from] hilum_dataset::audit::UnknownRule),
    /// `HILUM_SIMD` names no instruction set.
    #[error(transparent)]
    InstructionSet(#[from] hilum_experiment::InstructionSetError),
    /// A flag that another format asks for.
    #[error("`--{}` has no meaning with `{format}`\nhint: leave it out", flag.replace('_', "-"))]
    OtherFormat {
        /// What clap calls it.
        flag: &'static str,
        /// What was chosen.
        format: &'static str,
    },
    /// Files are to be written, and nobody says where.
    #[error("`--format parquet` writes files\nhint: name a folder for them with `--out`")]
    NoOutFolder,
    /// A file stands where a folder of files was to be.
    #[error("`{}` is a file\nhint: `--format parquet` takes a folder for `--out`", path.display())]
    OutIsFile {
        /// The file.
        path: PathBuf,
    },
    /// The model's file went away meanwhile.
    #[error("`{model}` cannot be read again\nhint: leave it in its place until all is answered")]
    ModelGone {
        /// What it is called.
        model: String,
    },
    /// A folder stands where a file was to be written.
    #[error("`{}` is a folder\nhint: name a file in it with `--out`", path.display())]
    OutIsFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The file is there already.
    #[error("`{}` exists\nhint: replace it with `--force`, or choose another `--out`", path.display())]
    OutExists {
        /// The file.
        path: PathBuf,
    },
    /// The file's folder is not there.
    #[error("there is no folder `{}`\nhint: make it, or choose another `--out`", folder.display())]
    NoFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// A file stands where a folder was to be.
    #[error("`{}` is a file\nhint: name a folder with `--sr`", path.display())]
    SrIsFile {
        /// The file.
        path: PathBuf,
    },
    /// No command has that name.
    #[error("no command is called `{name}`\nhint: `hilum --help` lists all")]
    Command {
        /// What was given.
        name: String,
    },
}

impl CommandError {
    /// 0, 1, 2, or 130 after Ctrl-C.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::BrokenPipe => 0,
            Self::Serve(error) => of_serving(error),
            Self::Output(_)
            | Self::Format(_)
            | Self::Phantoms(_)
            | Self::Node(NodeError::Queue { .. } | NodeError::Thread { .. }) => 2,
            Self::Arguments(_) | Self::ConfigFile(_) | Self::Findings | Self::Node(_) => 1,
            Self::Folder(error) => {
                if error.is_bad_input() {
                    1
                } else {
                    2
                }
            }
            Self::Experiment(error) => of_kind(error.kind()),
        }
    }

    /// What the user reads: the error, its causes, and the hints of all of them last.
    pub(crate) fn message(&self) -> Option<String> {
        match self {
            Self::Findings | Self::BrokenPipe => None,
            Self::Experiment(error) if error.kind() == ErrorKind::Cancelled => how_to_go_on(error),
            error => Some(describe(error)),
        }
    }
}

fn of_serving(error: &ServeError) -> u8 {
    match error {
        ServeError::Model(error) => of_kind(error.kind()),
        ServeError::Listen { .. } | ServeError::Threads { .. } | ServeError::Jobs { .. } => 2,
        _ => 1,
    }
}

fn of_kind(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::BadInput => 1,
        ErrorKind::Failure => 2,
        ErrorKind::Cancelled => INTERRUPTED,
    }
}

/// What is left of an interrupted call, if there is anything to go on with.
fn how_to_go_on(error: &ExperimentError) -> Option<String> {
    let ExperimentError::Interrupted { work, .. } = error else {
        return None;
    };
    let how = match work {
        Interruptible::Run => "go on with the same command and `--resume`",
        Interruptible::Folds => "go on with the same command",
    };
    Some(format!("{error}\n{how}"))
}

fn describe(error: &(dyn std::error::Error + 'static)) -> String {
    let Said { parts, hints } = Said::of(error);
    let mut text = format!("error: {}", parts.join("\n  cause: "));
    for hint in hints {
        let _ = write!(text, "\nhint: {hint}");
    }
    text
}

impl From<ExperimentError> for CommandError {
    fn from(error: ExperimentError) -> Self {
        Self::Experiment(Box::new(error))
    }
}

impl From<ServeError> for CommandError {
    fn from(error: ServeError) -> Self {
        Self::Serve(Box::new(error))
    }
}

impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::BrokenPipe
        } else {
            Self::Output(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Error)]
    #[error("cannot read `a.png`\nhint: remove it")]
    struct Unreadable(#[source] EmptyFile);

    #[derive(Debug, Error)]
    #[error("the file is empty")]
    struct EmptyFile;

    #[test]
    fn causes_come_before_hints() {
        assert_eq!(
            describe(&Unreadable(EmptyFile)),
            "error: cannot read `a.png`\n  cause: the file is empty\nhint: remove it"
        );
    }

    #[test]
    fn a_broken_pipe_is_no_error() {
        let error = CommandError::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!((error.exit_code(), error.message()), (0, None));
    }

    #[test]
    fn the_library_says_whose_fault_it_is() {
        let of = |error: ExperimentError| CommandError::from(error).exit_code();
        assert_eq!(of(ExperimentError::NoImages), 1);
        assert_eq!(of(ExperimentError::Output(io::Error::other("full"))), 2);
        assert_eq!(of(ExperimentError::Cancelled(hilum_core::Cancelled)), 130);
    }
}
