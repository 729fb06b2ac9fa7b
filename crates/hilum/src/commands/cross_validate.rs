//! `hilum cross-validate`: what to expect of a model that is trained like this.

mod summary;

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Instant;

use clap::ValueEnum;
use hilum_core::Split;
use hilum_files::write_atomically;
use hilum_metrics::{Bootstrap, CrossValidated, CrossValidationReport, Headline, OutOfFold};
use hilum_report::confusion_matrix;
use hilum_train::RunFolder;
use serde::{Deserialize, Serialize};

use crate::arguments::start_threads;
use crate::commands::train::{FitArguments, network, write_audit};
use crate::cross_validation::{
    FoldRun, Grouping, InnerValid, Part, Plan, Pool, Progress, begin_or_go_on, gather, inner_share,
    out_of_fold, parse_split, write_predictions,
};
use crate::error::CommandError;
use crate::screen::Screen;
use crate::settings::RunSettings;
use crate::weights;

use summary::{caption, headline, summary};

/// What `hilum cross-validate` takes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The test split is never read. What is held out chooses nothing: settings that choose by\n\
validation (`--keep best`, `--patience` above 0, `--schedule plateau`) choose by an inner part of\n\
what is trained on, 10% unless `--inner-valid` says otherwise; with none of them all of it is\n\
trained on. The same command again goes on where it was stopped.\n\n\
Examples:\n  hilum cross-validate slices/ --arch compact-cnn --epochs 20\n  hilum cross-validate slices/ --arch mobilenet-v2 --weights mobilenet_v2.safetensors --epochs 12 \\\n      --optimizer adamw --schedule one-cycle --keep last --patience 0 --repeats 3"
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    fit: FitArguments,

    #[command(flatten)]
    folds: FoldArguments,

    /// Rounds of folds; each has its own seed, for folds and training
    #[arg(
        long,
        value_name = "COUNT",
        default_value = "1",
        help_heading = "Folds"
    )]
    repeats: NonZeroUsize,

    /// Folds of each round
    #[arg(
        long = "folds",
        value_name = "COUNT",
        default_value_t = 5,
        help_heading = "Folds"
    )]
    fold_count: usize,

    /// Keep the model and the checkpoint of each fold; else only logs, curves and predictions stay
    #[arg(long, help_heading = "Folds")]
    keep_models: bool,

    /// What is printed; the files are the same
    #[arg(long, value_enum, default_value_t = CrossValidateFormat::Text, help_heading = "Output")]
    format: CrossValidateFormat,
}

/// How folds are made, whichever command makes them.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Folds")]
pub(crate) struct FoldArguments {
    /// What is divided into folds: `train`, `valid`, or both
    #[arg(long, value_name = "SPLITS", value_delimiter = ',', default_value = "train,valid", value_parser = parse_split)]
    pub(crate) splits: Vec<Split>,

    /// What stays on one side of every fold
    #[arg(long, value_enum, default_value_t = Grouping::Inferred)]
    pub(crate) group: Grouping,

    /// Share of what is trained on that chooses epoch and learning rate; 10% if anything is chosen
    #[arg(long, value_name = "PERCENT")]
    pub(crate) inner_valid: Option<InnerValid>,
}

/// What `hilum cross-validate` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CrossValidateFormat {
    /// A table of folds and the headline figures.
    Text,
    /// What `metrics.json` holds.
    Json,
}

/// What decides a cross-validation, as `settings.toml` keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CrossValidationSettings {
    folds: usize,
    repeats: usize,
    splits: Vec<Split>,
    group: Grouping,
    /// The share that chooses; absent if nothing is chosen.
    inner_valid: Option<f64>,
    /// Stands for what is divided.
    data_fingerprint: String,
    /// What each fold is trained with; repeat `r` adds `r - 1` to the seed.
    run: RunSettings,
}

/// Trains every fold that is not done yet, then says what all predictions amount to.
pub(crate) fn run(arguments: &Arguments, screen: &Screen) -> Result<(), CommandError> {
    let fit = &arguments.fit;
    let mut settings = fit.checked_settings()?;
    let inner_valid = inner_share(arguments.folds.inner_valid, &settings.training)?;
    start_threads(settings.machine.threads);
    weights::prepare(&mut settings.network, screen)?;
    let splits = arguments.folds.splits();
    let pool = gather(
        &settings.data,
        &settings.recipe,
        &splits,
        arguments.folds.group,
        &fit.runs,
        screen,
    )?;
    let plan = Plan::new(
        &pool,
        arguments.fold_count,
        arguments.repeats.get(),
        settings.training.seed,
        inner_valid,
    )?;
    // Weights that do not fit are told before there is a folder.
    network::build(&settings, pool.dataset.classes(), screen)?;
    let settings = CrossValidationSettings {
        folds: arguments.fold_count,
        repeats: arguments.repeats.get(),
        splits,
        group: arguments.folds.group,
        inner_valid,
        data_fingerprint: pool.fingerprint(),
        run: settings,
    };
    let name = fit
        .name
        .clone()
        .unwrap_or_else(|| format!("{}-cross-validation", fit.arch.name()));
    let begun = begin_or_go_on(&fit.runs, &name, &settings, screen)?;
    let folder = &begun.folder;
    write_audit(folder, &pool.audit)?;
    plan.write(&pool, &folder.path().join("folds.csv"))?;
    let predictions = train_folds(
        &plan,
        &pool,
        &settings.run,
        folder,
        arguments.keep_models,
        screen,
    )?;
    let report = judge(&pool, &settings, &predictions);
    write_results(folder, &pool, &plan, &predictions, &report)?;
    screen.note(format_args!("results are in `{}`", folder.path().display()));
    let text = match arguments.format {
        CrossValidateFormat::Text => summary(&report),
        CrossValidateFormat::Json => {
            serde_json::to_string_pretty(&report).map_err(CommandError::failure)?
        }
    };
    writeln!(io::stdout().lock(), "{text}")?;
    Ok(())
}

impl FoldArguments {
    /// Each split once, in the usual order.
    pub(crate) fn splits(&self) -> Vec<Split> {
        let mut splits = self.splits.clone();
        splits.sort();
        splits.dedup();
        splits
    }
}

fn train_folds(
    plan: &Plan,
    pool: &Pool,
    settings: &RunSettings,
    folder: &RunFolder,
    keeps_models: bool,
    screen: &Screen,
) -> Result<Vec<OutOfFold>, CommandError> {
    let groups = pool.group_numbers();
    let epochs = settings.training.epochs;
    let bar = screen.bar(plan.parts.len() * epochs, "folds");
    let mut predictions = Vec::new();
    for (number, part) in plan.parts.iter().enumerate() {
        let fold = FoldRun {
            pool,
            groups: &groups,
            part,
            settings,
            parent: folder.path(),
            keeps_models,
        };
        let label = label(part, plan);
        let (was_done, start) = (fold.is_done(), Instant::now());
        let mut progress = Progress {
            screen,
            bar: bar.clone(),
            label: label.clone(),
            epochs_before: number * epochs,
        };
        let of_fold = out_of_fold(&fold, &mut progress)?;
        let scores = headline(&Headline::compute(pool.dataset.classes().len(), &of_fold));
        let time = if was_done {
            "done before".to_owned()
        } else {
            format!("{:.1} s", start.elapsed().as_secs_f64())
        };
        screen.note(format_args!("{label}: {scores}, {time}"));
        predictions.extend(of_fold);
    }
    bar.finish_and_clear();
    Ok(predictions)
}

/// `fold 2/5`, or `repeat 1 fold 2/5` if there are several repeats.
fn label(part: &Part, plan: &Plan) -> String {
    let last = plan
        .parts
        .last()
        .map_or((1, 1), |last| (last.repeat, last.fold));
    match last {
        (1, folds) => format!("fold {}/{folds}", part.fold),
        (_, folds) => format!("repeat {} fold {}/{folds}", part.repeat, part.fold),
    }
}

fn judge(
    pool: &Pool,
    settings: &CrossValidationSettings,
    predictions: &[OutOfFold],
) -> CrossValidationReport {
    let run = &settings.run;
    let grouping = match settings.group {
        Grouping::Inferred => "inferred",
        Grouping::Given => "given",
        Grouping::None => "none",
    };
    let chosen = match settings.inner_valid {
        Some(share) => format!("by an inner {}% of what is trained on", share * 100.0),
        None => "nothing is chosen; the last epoch predicts".to_owned(),
    };
    let details = [
        ("data", run.data.path.display().to_string()),
        ("data_fingerprint", settings.data_fingerprint.clone()),
        ("architecture", run.network.architecture.to_string()),
        ("seed", run.training.seed.to_string()),
        ("epoch and learning rate", chosen),
        ("hilum", env!("CARGO_PKG_VERSION").to_owned()),
    ];
    let run = CrossValidated {
        classes: pool.dataset.classes(),
        splits: &settings.splits,
        grouping,
        bootstrap: Bootstrap {
            seed: run.training.seed,
            ..Bootstrap::default()
        },
        audit: pool.summary(),
        details: BTreeMap::from(details.map(|(name, value)| (name.to_owned(), value))),
    };
    CrossValidationReport::compute(run, predictions)
}

fn write_results(
    folder: &RunFolder,
    pool: &Pool,
    plan: &Plan,
    predictions: &[OutOfFold],
    report: &CrossValidationReport,
) -> Result<(), CommandError> {
    let path = |name: &str| folder.path().join(name);
    let positions: Vec<usize> = plan
        .parts
        .iter()
        .flat_map(|part| part.held_out.iter().copied())
        .collect();
    write_predictions(&path("predictions.csv"), pool, &positions, predictions)?;
    let matrix = confusion_matrix(&report.out_of_fold.confusion, &caption(report));
    write(&path("confusion-matrix.svg"), &matrix)?;
    let metrics = serde_json::to_string_pretty(report).map_err(CommandError::failure)?;
    write(&path("metrics.json"), &metrics)
}

fn write(path: &Path, text: &str) -> Result<(), CommandError> {
    write_atomically(path, |file| file.write_all(text.as_bytes()))?;
    Ok(())
}
