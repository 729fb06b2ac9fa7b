//! `hilum split`: a stratified, group-aware split as a manifest.

use std::path::PathBuf;

use clap::ArgMatches;
use hilum_dataset::{Overwrite, SplitFractions};
use hilum_experiment::{SplitRequest, split};

use crate::arguments::{Chosen, DataArgument, OfData};
use crate::error::CommandError;
use crate::narrator::Narrator;
use crate::screen::{self, Screen};
use crate::summary::class_table;
use crate::surroundings::session;

/// What `hilum split` takes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hilum split slices/ --out manifest.csv\n  hilum train manifest.csv\n  hilum split slices/ --infer-groups --out manifest.csv"
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    data: DataArgument,

    /// Where the manifest is written
    #[arg(long, value_name = "FILE")]
    out: PathBuf,

    /// Shares of train, valid and test in percent
    #[arg(long, value_name = "TRAIN/VALID/TEST", default_value = "70/10/20")]
    fractions: SplitFractions,

    /// Where no patient is named, keep slices together that look like one scan; the groups are a
    /// guess and called `inferred-0001`, ...
    #[arg(long)]
    infer_groups: bool,

    /// Replace the manifest if it exists
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    chosen: Chosen<OfData>,
}

/// Divides the data, writes the manifest and prints what is in each split.
pub(super) fn run(
    arguments: &Arguments,
    _given: &ArgMatches,
    screen: &Screen,
) -> Result<(), CommandError> {
    let narrator = Narrator::new(screen);
    let choices = &arguments.chosen.choices;
    let request = SplitRequest {
        data: choices.data(&arguments.data.path),
        machine: choices.machine(),
        fractions: arguments.fractions,
        infers_groups: arguments.infer_groups,
        out: arguments.out.clone(),
        overwrite: Overwrite::when(arguments.force),
    };
    let dataset = split(&request, &session(&narrator)?)?;
    screen::print(class_table(&dataset))?;
    Ok(())
}
