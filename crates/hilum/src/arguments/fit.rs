//! What decides how a network is trained, whichever command trains it.

use std::path::PathBuf;

use super::{Chosen, DataArgument, Selection};

/// The data, where runs go, and every setting of a run.
#[derive(Debug, clap::Args)]
pub(crate) struct FitArguments<S: Selection> {
    #[command(flatten)]
    pub(crate) data: DataArgument,

    /// Name of the run; made of the architecture's if left out
    #[arg(long, help_heading = "Run")]
    pub(crate) name: Option<String>,

    /// Folder of all runs
    #[arg(
        long,
        visible_alias = "project",
        value_name = "DIR",
        default_value = "runs",
        help_heading = "Run"
    )]
    pub(crate) runs: PathBuf,

    #[command(flatten)]
    pub(crate) chosen: Chosen<S>,
}
