//! `hilum demo`: the whole path on synthetic slices, with nothing else needed.

use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use hilum_experiment::settings::{DataSettings, NetworkSettings};
use hilum_experiment::{
    Choices, Evaluate, Model, ModelOrigin, Place, Predict, Run, RunSettings, Whole, evaluate, train,
};
use hilum_graph::Architecture;
use hilum_imaging::{
    Augmentation, DatasetSettings, PhantomFormat, Recipe, Shortcut, write_dataset_with_truth,
};
use hilum_metrics::Bootstrap;
use hilum_train::{Keep, RunFolder, Schedule, Settings};

use super::predict;
use crate::arguments::{Chosen, Format, OfMachine};
use crate::error::CommandError;
use crate::narrator::Narrator;
use crate::screen::{self, Screen};
use crate::summary;
use crate::surroundings::session;

/// The side of the synthetic slices in pixels.
const SLICE_SIZE: usize = 256;
/// The side that the network sees.
const INPUT_SIZE: usize = 128;

/// What `hilum demo` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Folder for everything that the demo makes; a taken name gets a number
    #[arg(long, value_name = "DIR", default_value = "hilum-demo")]
    out: PathBuf,

    /// Training slices of each class
    #[arg(long, value_name = "COUNT", default_value_t = 120)]
    slices: usize,

    /// Neighbouring slices of each DICOM series; of several, the series gets one answer
    #[arg(long, value_name = "COUNT", default_value_t = NonZeroUsize::MIN)]
    series: NonZeroUsize,

    /// Passes over the training slices
    #[arg(long, value_name = "COUNT", default_value_t = 16)]
    epochs: usize,

    /// Seed of slices and training
    #[arg(long, default_value_t = 32)]
    seed: u64,

    /// Burn marks that give the class away into the corners of every slice, to see what becomes of it
    ///
    /// The lesions stay. The audit should tell of it, and the network's heat should lie on the marks.
    #[arg(long)]
    plant_shortcut: bool,

    #[command(flatten)]
    chosen: Chosen<OfMachine>,
}

/// Makes slices, trains, evaluates, predicts, and says where to look.
pub(super) fn run(
    arguments: &Arguments,
    _given: &ArgMatches,
    screen: &Screen,
) -> Result<(), CommandError> {
    let narrator = Narrator::new(screen);
    let session = session(&narrator)?;
    let folder = fresh_folder(&arguments.out)?;
    let (slices, dicom) = (folder.join("slices"), folder.join("dicom"));
    screen.note("1/4  drawing synthetic chest slices of four classes");
    write_slices(arguments, &folder, screen)?;

    screen.note("\n2/4  training a small network");
    let run = Run {
        place: Place::At(folder.join("runs").join("demo")),
        settings: settings(arguments, &slices),
    };
    let trained = train(&run, &session)?;
    screen.note(summary::training(&trained));

    screen.note("\n3/4  evaluating it on slices of patients that it has not seen");
    let origin = ModelOrigin::File(trained.model.clone());
    let mut model = Model::open(&origin, &run.settings.machine, &session)?;
    let request = Evaluate {
        bootstrap: Bootstrap {
            seed: arguments.seed,
            ..Bootstrap::default()
        },
        ..Evaluate::new(run.settings.data.clone(), &origin)
    };
    let report = evaluate(&mut model, &request, &session)?;
    screen::print(summary::evaluation(&report))?;

    screen.note("\n4/4  predicting DICOM files");
    let request = Predict::new([dicom]);
    let answers = predict::Answers {
        format: Format::Text,
        out: None,
    };
    let whole = (arguments.series > NonZeroUsize::MIN).then_some(Whole::Series);
    predict::print(&mut model, &request, (whole, answers), &session, screen)?;
    say_where_to_look(&folder, &trained.run_folder()?, screen);
    Ok(())
}

/// `out`, or `out-2`, `out-3`, ... if it is taken.
fn fresh_folder(out: &Path) -> Result<PathBuf, CommandError> {
    for number in 1_usize.. {
        let mut name = out.as_os_str().to_owned();
        if number > 1 {
            name.push(format!("-{number}"));
        }
        let folder = PathBuf::from(name);
        match fs_err::create_dir_all(folder.parent().unwrap_or(Path::new("")))
            .and_then(|()| fs_err::create_dir(&folder))
        {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.into()),
        }
    }
    unreachable!("a disk holds fewer folders")
}

/// Two datasets and the places of the lesions in them.
fn write_slices(arguments: &Arguments, folder: &Path, screen: &Screen) -> Result<(), CommandError> {
    let png = DatasetSettings {
        train_per_class: arguments.slices,
        valid_per_class: arguments.slices.div_ceil(4),
        test_per_class: arguments.slices.div_ceil(3),
        slices_per_patient: 1,
        size: SLICE_SIZE,
        seed: arguments.seed,
        format: PhantomFormat::Png,
    };
    let files = DatasetSettings {
        train_per_class: 0,
        valid_per_class: 0,
        test_per_class: arguments.series.get(),
        slices_per_patient: arguments.series.get(),
        // Other patients than those of the PNG files.
        seed: arguments.seed ^ 0x00D1_C0D1_C0D1_C0D1,
        format: PhantomFormat::Dicom,
        ..png.clone()
    };
    let bar = screen.bar(1, "drawing");
    let told = |done: usize, all: usize| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    };
    let shortcut = arguments.plant_shortcut.then_some(Shortcut::CornerMark);
    let mut written = write_dataset_with_truth(&folder.join("slices"), &png, shortcut, told)?;
    let dicom = write_dataset_with_truth(&folder.join("dicom"), &files, shortcut, |_, _| {})?;
    written.files.extend(dicom.files);
    written.write_lesions(&folder.join("lesions.csv"))?;
    bar.finish_and_clear();
    Ok(())
}

/// A small network, one-cycle, and augmentation that keeps a chest a chest.
fn settings(arguments: &Arguments, slices: &Path) -> RunSettings {
    let choices = &arguments.chosen.choices;
    RunSettings {
        hilum_version: env!("CARGO_PKG_VERSION").to_owned(),
        data: DataSettings {
            split_seed: arguments.seed,
            ..Choices::default().data(slices)
        },
        network: NetworkSettings {
            architecture: Architecture::LocalCnn.into(),
            weights: None,
            partial_weights: false,
            dropout: None,
        },
        machine: choices.machine(),
        recipe: Recipe {
            height: INPUT_SIZE,
            width: INPUT_SIZE,
            ..Recipe::reference()
        },
        training: Settings {
            epochs: arguments.epochs,
            seed: arguments.seed,
            learning_rate: 3e-3,
            schedule: Schedule::OneCycle,
            label_smoothing: 0.1,
            // One cycle ends at its best.
            keep: Keep::Last,
            early_stopping: None,
            augmentation: Augmentation {
                rotation_range: 8.0,
                width_shift_range: 0.05,
                height_shift_range: 0.05,
                horizontal_flip: true,
                ..Augmentation::none()
            },
            ..Settings::default()
        },
    }
}

fn say_where_to_look(folder: &Path, run: &RunFolder, screen: &Screen) {
    let show = |path: &Path| path.display().to_string();
    let rows = [
        ("slices", show(&folder.join("slices"))),
        ("DICOM files", show(&folder.join("dicom"))),
        ("their lesions", show(&folder.join("lesions.csv"))),
        ("report", show(&run.evaluation().join("report.html"))),
        ("training curves", show(&run.curves())),
        ("model", show(&run.model())),
        ("settings and log", show(run.path())),
    ];
    screen.note("\nwhere to look");
    for (what, path) in rows {
        screen.note(format_args!("  {what:<17} {path}"));
    }
    screen.note(
        "next: `hilum train YOUR-FOLDER`, with one sub-folder of slices per class; it begins with \
         the model that comes with hilum",
    );
}
