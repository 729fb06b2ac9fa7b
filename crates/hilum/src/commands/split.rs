//! `hilum split`: a stratified, group-aware split as a manifest.

use std::io::{self, Write as _};
use std::path::PathBuf;

use hilum_dataset::{Overwrite, SplitFractions, resplit, write_manifest};

use crate::arguments::{DataArguments, GateArguments};
use crate::data;
use crate::error::CommandError;
use crate::screen::Screen;

/// What `hilum split` takes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hilum split slices/ --out manifest.csv\n  hilum train manifest.csv"
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    data: DataArguments,

    /// Where the manifest is written
    #[arg(long, value_name = "FILE")]
    out: PathBuf,

    /// Shares of train, valid and test in percent
    #[arg(long, value_name = "TRAIN/VALID/TEST", default_value = "70/10/20")]
    fractions: SplitFractions,

    /// Replace the manifest if it exists
    #[arg(long)]
    force: bool,
}

/// Divides the data and writes the manifest.
pub(crate) fn run(arguments: &Arguments, screen: &Screen) -> Result<(), CommandError> {
    let settings = arguments.data.settings(&GateArguments::default());
    let dataset = data::read(&settings, screen)?;
    if dataset.layout().has_own_split() {
        screen.warn("the data has a split of its own, which is not kept");
    }
    let dataset = resplit(&dataset, arguments.fractions, settings.split_seed)
        .map_err(CommandError::bad_input)?;
    let overwrite = if arguments.force {
        Overwrite::Replace
    } else {
        Overwrite::Never
    };
    write_manifest(&arguments.out, &dataset, overwrite).map_err(CommandError::bad_input)?;
    screen.note(format_args!("wrote `{}`", arguments.out.display()));
    writeln!(io::stdout().lock(), "{}", data::class_table(&dataset))?;
    Ok(())
}
