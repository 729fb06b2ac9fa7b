//! `hilum evaluate`: what a model is worth on slices that it has not seen.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::ArgMatches;
use hilum_core::Split;
use hilum_experiment::settings::Word;
use hilum_experiment::{
    Evaluate, EvaluationPlace, ExperimentError, Method, Model, ModelOrigin, StressGrid, bundled,
    evaluate,
};
use hilum_metrics::Bootstrap;

use crate::arguments::{
    AnswerArguments, Chosen, DataArgument, Format, OfEvaluation, PlotArguments, one_of,
};
use crate::error::CommandError;
use crate::narrator::Narrator;
use crate::screen::{self, Screen};
use crate::summary;
use crate::surroundings::session;

const GRIDS: &[Word] = &[
    Word {
        name: StressGrid::Off.name(),
        says: "None",
    },
    Word {
        name: StressGrid::Fast.name(),
        says: "15 usual changes, of 100 slices at most",
    },
    Word {
        name: StressGrid::Full.name(),
        says: "33 changes, of all slices",
    },
];

/// What `hilum evaluate` takes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hilum evaluate slices/ --model runs/NAME/model.safetensors\n  hilum evaluate slices/ --split valid"
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    data: DataArgument,

    /// The model, as `hilum train` wrote it, or the one that comes with hilum
    #[arg(long, value_name = "FILE", default_value = bundled::CHOICE)]
    model: ModelOrigin,

    /// The slices that are judged; nothing else is read
    #[arg(long, default_value_t = Split::Test)]
    split: Split,

    /// Folder of the results; if left out, `evaluation` beside the model, or here for the bundled
    /// one, with a number where that is taken
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Replace what an earlier evaluation wrote into the folder
    #[arg(long)]
    force: bool,

    /// What is printed, a table or what `metrics.json` holds; the files are the same
    #[arg(long, value_parser = Format::text_or_json(), value_name = "FORMAT", default_value = "text")]
    format: Format,

    /// Slices that go through the network at once
    #[arg(
        long,
        visible_alias = "batch-size",
        value_name = "COUNT",
        default_value = "16"
    )]
    batch: NonZeroUsize,

    /// Judge the slices again after changes of brightness, contrast, window, noise, JPEG, size,
    /// rotation and sharpness
    ///
    /// The report and `metrics.json` say what each does to macro-F1. What is changed are the clean
    /// slices, where any is clean.
    #[arg(long, value_name = "CHANGES", value_parser = one_of::<StressGrid>(GRIDS), default_value_t = StressGrid::default())]
    stress: StressGrid,

    /// Say where the model looks: the share of heat in the lungs and outside of the body by class,
    /// with maps of the slices that are shown [possible values: as `hilum explain --method`]
    #[arg(long, value_name = "METHOD", num_args = 0..=1, require_equals = true, default_missing_value = Method::GradCam.name())]
    explain: Option<Method>,

    /// Seed of the bootstrap
    #[arg(long, default_value_t = 32)]
    seed: u64,

    #[command(flatten)]
    plots: PlotArguments,

    #[command(flatten)]
    answers: AnswerArguments,

    #[command(flatten)]
    chosen: Chosen<OfEvaluation>,
}

/// Evaluates and prints.
pub(super) fn run(
    arguments: &Arguments,
    _given: &ArgMatches,
    screen: &Screen,
) -> Result<(), CommandError> {
    let policy = arguments.answers.policy().map_err(ExperimentError::from)?;
    let narrator = Narrator::new(screen);
    let session = session(&narrator)?.drawn_as(arguments.plots.plots);
    let (origin, choices) = (&arguments.model, &arguments.chosen.choices);
    let mut model = Model::open(origin, &choices.machine(), &session)?;
    let request = Evaluate {
        split: arguments.split,
        split_seed: choices.split_seed,
        place: match (arguments.out.clone(), arguments.force) {
            (out, true) => EvaluationPlace::Over(out.unwrap_or_else(|| origin.evaluation_folder())),
            (Some(out), false) => EvaluationPlace::At(out),
            (None, false) => EvaluationPlace::Fresh(origin.evaluation_folder()),
        },
        batch: arguments.batch,
        bootstrap: Bootstrap {
            seed: arguments.seed,
            ..Bootstrap::default()
        },
        policy,
        explain: arguments.explain,
        stress: arguments.stress,
        ..Evaluate::new(choices.data(&arguments.data.path), origin)
    };
    screen.note(policy);
    let report = evaluate(&mut model, &request, &session)?;
    match arguments.format {
        Format::Json => screen::print_json(&serde_json::to_string_pretty(&report)?)?,
        _ => screen::print(summary::evaluation(&report))?,
    }
    Ok(())
}
