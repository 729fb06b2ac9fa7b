//! What decides how a network is trained, whichever command trains it.

use std::path::PathBuf;

use super::{Chosen, Selection};

/// The data, where runs go, and every setting of a run.
#[derive(Debug, clap::Args)]
pub(crate) struct FitArguments<S: Selection> {
    /// Folder `{train,valid,test}/CLASS/*` or `CLASS/*`, or a CSV manifest `path,class[,split][,group]`
    pub(crate) data: PathBuf,

    /// Name of the run; made of the architecture's if left out
    #[arg(long, help_heading = "Run")]
    pub(crate) name: Option<String>,

    /// Folder of all runs
    #[arg(long, value_name = "DIR", default_value = "runs", help_heading = "Run")]
    pub(crate) runs: PathBuf,

    #[command(flatten)]
    pub(crate) chosen: Chosen<S>,
}
