//! `hilum compare`: several models side by side, on the same slices.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::ArgMatches;
use hilum_core::Split;
use hilum_experiment::{
    Compare, CompareError, ComparedData, ComparisonPlace, ExperimentError, Subject, compare,
};
use hilum_metrics::Bootstrap;

use crate::arguments::{Chosen, Format, OfEvaluation};
use crate::error::CommandError;
use crate::narrator::Narrator;
use crate::screen::{self, Screen};
use crate::summary;
use crate::surroundings::session;

/// What `hilum compare` takes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hilum compare runs/seed-1 runs/seed-2 --data slices/ --split valid\n  hilum compare runs/a/evaluation runs/b/evaluation --out comparison/"
)]
pub(crate) struct Arguments {
    /// Two or more: `runs/NAME`, a folder that `hilum evaluate` wrote, or a model file
    #[arg(required = true, value_name = "RUN|MODEL|EVALUATION")]
    subjects: Vec<PathBuf>,

    /// Ask every model anew on this folder or manifest; if left out, what their evaluations say is
    /// compared
    #[arg(long, value_name = "DATA")]
    data: Option<PathBuf>,

    /// The slices of `--data`, `test` if left out; without it, the split whose evaluation of a run
    /// is meant
    #[arg(long)]
    split: Option<Split>,

    /// Leave out slices that not all have judged, in place of refusing
    #[arg(long)]
    shared: bool,

    /// Folder of `compare.json`, the page `comparison.html` and its plots
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Replace what an earlier comparison wrote into the folder
    #[arg(long, requires = "out")]
    force: bool,

    /// What is printed, tables or what `compare.json` holds
    #[arg(long, value_parser = Format::text_or_json(), value_name = "FORMAT", default_value = "text")]
    format: Format,

    /// Slices that go through a network at once
    #[arg(
        long,
        visible_alias = "batch-size",
        value_name = "COUNT",
        default_value = "16"
    )]
    batch: NonZeroUsize,

    /// Resamples of the bootstrap
    #[arg(long, value_name = "COUNT", default_value = "1000")]
    resamples: NonZeroUsize,

    /// Seed of the bootstrap
    #[arg(long, default_value_t = 32)]
    seed: u64,

    #[command(flatten)]
    chosen: Chosen<OfEvaluation>,
}

/// Compares and prints.
pub(super) fn run(
    arguments: &Arguments,
    _given: &ArgMatches,
    screen: &Screen,
) -> Result<(), CommandError> {
    let subjects = arguments.subjects.iter().map(|given| Subject::at(given));
    let subjects: Result<Vec<Subject>, CompareError> = subjects.collect();
    let choices = &arguments.chosen.choices;
    let narrator = Narrator::new(screen);
    let session = session(&narrator)?;
    let subjects = subjects.map_err(ExperimentError::from)?;
    let request = Compare {
        data: arguments.data.as_ref().map(|path| ComparedData {
            settings: choices.data(path),
            split: arguments.split.unwrap_or(Split::Test),
            split_seed: choices.split_seed,
        }),
        split: arguments.split,
        on_shared: arguments.shared,
        batch: arguments.batch,
        bootstrap: Bootstrap {
            seed: arguments.seed,
            resample_count: arguments.resamples.get(),
            ..Bootstrap::default()
        },
        max_pixels: choices.data(&PathBuf::new()).max_pixels,
        out: match (arguments.out.clone(), arguments.force) {
            (Some(out), true) => Some(ComparisonPlace::Over(out)),
            (Some(out), false) => Some(ComparisonPlace::At(out)),
            (None, _) => None,
        },
        ..Compare::new(subjects, choices.machine())
    };
    let report = compare(&request, &session)?;
    match arguments.format {
        Format::Json => screen::print_json(&serde_json::to_string_pretty(&report)?)?,
        _ => screen::print(summary::comparison(&report))?,
    }
    Ok(())
}
