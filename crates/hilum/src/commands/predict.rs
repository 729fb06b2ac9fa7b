//! `hilum predict`: images, folders, DICOM files and series, in any mix.

mod legend;
mod objects;
mod output;
mod parquet;
mod units;

use std::ffi::OsStr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{ArgMatches, ValueEnum};
use hilum_experiment::{
    Doubtful, ExperimentError, FileAnswer, FileCounts, Frames, Model, ModelOrigin, Predict,
    Session, Shard, UnitAnswer, Whole, bundled, predict_each, predict_units_and_slices,
};
use hilum_files::write_atomically;
use hilum_imaging::DecodeLimits;

use crate::arguments::{
    AnswerArguments, Chosen, DicomWebArguments, Format, OfPrediction, OutFile, StoreArguments,
    listed,
};
use crate::error::{ArgumentError, CommandError};
use crate::narrator::Narrator;
use crate::screen::Screen;
use crate::surroundings::session;
use objects::{ObjectArguments, Objects};
use output::{Output, Sink};
use parquet::ParquetAnswers;

pub(crate) use output::{common_folder, name_within};
use units::UnitOutput;

/// What `hilum predict` takes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Slices of a DICOM series are answered together, in the order in which they lie in the body: by\nposition along their normal (axial ones from feet to head), else by instance number, else as given;\nother files as they are named. A file of several frames has an answer a frame.\n\nParquet files are written part by part: the same command goes on where a killed one ended.\nOf `--shard I/N` each of N machines takes another I; slices of one series may fall into different\nshards, unless `--by series` or `--by patient` keeps them together.\n\nExamples:\n  hilum predict slice.png\n  hilum predict scans/ series/*.dcm --model runs/NAME/model.safetensors\n  hilum predict scans/ --out answers.csv\n  hilum predict series/ --by series\n  hilum predict series/ --sr results/\n  hilum predict s3://bucket/scans/ --format parquet --out answers/ --shard 2/8\n  hilum predict enhanced.dcm --frames 1,5-9 --strict --format json"
)]
pub(crate) struct Arguments {
    /// Images, folders, archives, DICOM files and series, in any mix; studies and series of a server
    /// as `dicomweb:https://HOST/PATH/studies/UID`, with `/series/UID`; objects, or all below a
    /// folder of them, as `s3://BUCKET/NAME`, `gs://`, `az://` and `https://HOST/NAME`
    #[arg(required_unless_present = "listing")]
    paths: Vec<PathBuf>,

    /// A file of paths and addresses, one a line; `-` for stdin
    #[arg(long, value_name = "FILE")]
    listing: Option<PathBuf>,

    /// Take part I of N of the files, by the hash of each name below the path that is given: the
    /// same files on every machine
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,

    /// The model, as `hilum train` wrote it, or the one that comes with hilum
    #[arg(long, value_name = "FILE", default_value = bundled::CHOICE)]
    model: ModelOrigin,

    /// `text` is a table; `json` is an object a line; `parquet` is files in the folder of `--out`. As
    /// the name of `--out` ends, or `text`, if left out
    #[arg(long, value_enum)]
    format: Option<FormatChoice>,

    /// Files of input whose answers one Parquet file holds
    #[arg(long, value_name = "COUNT", default_value = "4096")]
    part: NonZeroUsize,

    /// Parquet: also what the layer before the head gives for each slice
    #[arg(long)]
    features: bool,

    /// Parquet: also where the model looked, over the file's own pixels, as PNG
    #[arg(long)]
    heat: bool,

    #[command(flatten)]
    out: OutFile,

    /// Slices that go through the network at once
    #[arg(
        long,
        visible_alias = "batch-size",
        value_name = "COUNT",
        default_value_t = Predict::BATCH
    )]
    batch: NonZeroUsize,

    /// What gets one answer
    #[arg(long, value_enum, default_value_t = By::Slice)]
    by: By,

    /// Frames of files that hold several, from 1, such as `1,5-9`; all of them by default
    #[arg(long, value_name = "LIST")]
    frames: Option<Frames>,

    /// Refuse DICOM slices whose header speaks of no axial slice of a chest, instead of warning
    #[arg(long)]
    strict: bool,

    /// Also write what the network reads of each slice into this folder, for a model that
    /// `hilum export --format onnx` wrote: `NAME.png` is in the body's frame if the model has one,
    /// `NAME.npy` holds the prepared numbers
    #[arg(long, value_name = "DIR")]
    inputs_out: Option<PathBuf>,

    #[command(flatten)]
    answers: AnswerArguments,

    #[command(flatten)]
    objects: ObjectArguments,

    #[command(flatten)]
    dicomweb: DicomWebArguments,

    #[command(flatten)]
    stores: StoreArguments,

    #[command(flatten)]
    chosen: Chosen<OfPrediction>,
}

/// Opens the model and classifies every file.
pub(super) fn run(
    arguments: &Arguments,
    given: &ArgMatches,
    screen: &Screen,
) -> Result<(), CommandError> {
    let parquet = arguments.parquet(given)?;
    if parquet.is_none() {
        arguments.out.check()?;
    }
    let policy = arguments.answers.policy().map_err(ExperimentError::from)?;
    let objects = arguments.objects.objects()?;
    let narrator = Narrator::new(screen);
    let session = session(&narrator)?;
    let choices = &arguments.chosen.choices;
    let mut model = Model::open(&arguments.model, &choices.machine(), &session)?;
    let mut request = Predict {
        batch: arguments.batch,
        limits: DecodeLimits {
            max_pixels: choices.max_pixels(),
        },
        frames: arguments.frames.clone().unwrap_or_default(),
        doubtful: if arguments.strict {
            Doubtful::Refuse
        } else {
            Doubtful::Warn
        },
        policy,
        inputs_out: arguments.inputs_out.clone(),
        listed: arguments.listed()?,
        shard: arguments.shard.unwrap_or_default(),
        ..Predict::new(&arguments.paths)
    };
    arguments.dicomweb.fetch(&mut request, &session)?;
    arguments.stores.attach(&mut request, &session)?;
    if let Some(folder) = parquet {
        let answers = ParquetAnswers {
            folder,
            part_size: arguments.part,
            features: arguments.features,
            heat: arguments.heat,
            machine: choices.machine(),
        };
        return answers.write(&mut model, &request, &session, screen);
    }
    let answers = Answers {
        format: arguments.format(),
        out: arguments.out.path(),
    };
    match arguments.by.whole() {
        None => print_slices(&mut model, &request, answers, objects, &session, screen),
        Some(whole) => {
            let by = (whole, answers);
            print_units(&mut model, &request, by, objects, &session, screen)
        }
    }
}

/// How answers are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatChoice {
    /// For people.
    Text,
    /// For programs: JSON.
    Json,
    /// For programs: comma-separated values with a header.
    Csv,
    /// For programs and many files: Parquet.
    Parquet,
}

/// What gets one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// Every slice
    Slice,
    /// A DICOM series, a volume, the pictures of a folder
    Series,
    /// All series of a DICOM patient, a group of a manifest
    Patient,
}

impl By {
    fn whole(self) -> Option<Whole> {
        match self {
            Self::Slice => None,
            Self::Series => Some(Whole::Series),
            Self::Patient => Some(Whole::Patient),
        }
    }
}

impl Arguments {
    fn listed(&self) -> Result<Vec<PathBuf>, CommandError> {
        let read = self.listing.as_deref().map(listed).transpose();
        Ok(read.map_err(ExperimentError::Input)?.unwrap_or_default())
    }

    fn format(&self) -> Format {
        let out = self.out.path().and_then(Path::extension);
        let extension = out.map(OsStr::to_ascii_lowercase);
        let extension = extension.as_deref().and_then(OsStr::to_str);
        match self.format {
            Some(FormatChoice::Json) => Format::Json,
            Some(FormatChoice::Csv) => Format::Csv,
            Some(FormatChoice::Text | FormatChoice::Parquet) => Format::Text,
            None => match extension {
                Some("json" | "jsonl" | "ndjson") => Format::Json,
                Some("csv") => Format::Csv,
                _ => Format::Text,
            },
        }
    }

    /// The folder of Parquet files, if there are to be any; refuses flags that another format asks
    /// for.
    fn parquet(&self, given: &ArgMatches) -> Result<Option<&Path>, ArgumentError> {
        let is_given = |flag: &str| {
            given
                .value_source(flag)
                .is_some_and(|source| source != ValueSource::DefaultValue)
        };
        let has_no_meaning = |flags: &[&'static str], format| {
            let flag = flags.iter().find(|flag| is_given(flag));
            flag.map_or(Ok(()), |flag| {
                Err(ArgumentError::OtherFormat { flag, format })
            })
        };
        if self.format != Some(FormatChoice::Parquet) {
            has_no_meaning(&["features", "heat", "part"], "a format other than parquet")?;
            return Ok(None);
        }
        has_no_meaning(&["force", "inputs_out", "sr"], "--format parquet")?;
        if self.by != By::Slice {
            return Err(ArgumentError::OtherFormat {
                flag: "by",
                format: "--format parquet",
            });
        }
        let folder = self.out.path().ok_or(ArgumentError::NoOutFolder)?;
        if folder.is_file() {
            let path = folder.to_owned();
            return Err(ArgumentError::OutIsFile { path });
        }
        Ok(Some(folder))
    }
}

/// How answers are told, and where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answers<'a> {
    /// As what.
    pub(crate) format: Format,
    /// A file; stdout if absent.
    pub(crate) out: Option<&'a Path>,
}

/// Classifies and prints every file, or every whole; files that cannot be read are told at the end.
///
/// # Errors
/// [`CommandError::Findings`] if a file could not be read; the others are printed all the same.
pub(crate) fn print(
    model: &mut Model,
    request: &Predict,
    (whole, answers): (Option<Whole>, Answers<'_>),
    session: &Session<'_>,
    screen: &Screen,
) -> Result<(), CommandError> {
    match whole {
        Some(whole) => print_units(model, request, (whole, answers), None, session, screen),
        None => print_slices(model, request, answers, None, session, screen),
    }
}

/// The same, and writes DICOM objects of the answers, if that is asked for.
fn print_slices(
    model: &mut Model,
    request: &Predict,
    answers: Answers<'_>,
    mut objects: Option<Objects<'_>>,
    session: &Session<'_>,
    screen: &Screen,
) -> Result<(), CommandError> {
    screen.note(request.policy);
    let mut output = Output::new(answers.format, &model.file.classes, answers.sink());
    let mut unreadable = Vec::new();
    let counts = predict_each(&mut *model, request, session, &mut |answer| {
        output.answer(&answer)?;
        if let Some(objects) = &mut objects {
            objects.see(&answer);
        }
        if let FileAnswer::Unreadable { error, .. } = answer {
            unreadable.push(error);
        }
        Ok(())
    });
    let counts = counts.map_err(of_printing)?;
    answers.keep(&output.finish()?, screen)?;
    if let Some(objects) = objects {
        objects.write(model, request, session, screen)?;
    }
    tell_unreadable(counts, &unreadable, screen)
}

/// The same, but one answer for each series or patient.
fn print_units(
    model: &mut Model,
    request: &Predict,
    (whole, answers): (Whole, Answers<'_>),
    mut objects: Option<Objects<'_>>,
    session: &Session<'_>,
    screen: &Screen,
) -> Result<(), CommandError> {
    screen.note(request.policy);
    let mut output = UnitOutput::new(answers.format, &model.file.classes, answers.sink());
    let mut unreadable = Vec::new();
    let mut see = |answer: &FileAnswer| {
        if let Some(objects) = &mut objects {
            objects.see(answer);
        }
        Ok(())
    };
    let mut take = |answer| {
        output.answer(&answer)?;
        if let UnitAnswer::Unreadable { error, .. } = answer {
            unreadable.push(error);
        }
        Ok(())
    };
    let counts =
        predict_units_and_slices(&mut *model, request, whole, session, &mut see, &mut take);
    let counts = counts.map_err(of_printing)?;
    answers.keep(&output.finish(), screen)?;
    if let Some(objects) = objects {
        objects.write(model, request, session, screen)?;
    }
    tell_unreadable(counts, &unreadable, screen)
}

/// A reader of stdout that goes away is none of the library's errors.
pub(super) fn of_printing(error: ExperimentError) -> CommandError {
    match error {
        ExperimentError::Output(error) => CommandError::from(error),
        error => CommandError::from(error),
    }
}

impl Answers<'_> {
    fn sink(&self) -> Sink {
        match self.out {
            Some(_) => Sink::Memory(Vec::new()),
            None => Sink::Stdout,
        }
    }

    /// Writes what was kept for a file.
    fn keep(&self, written: &[u8], screen: &Screen) -> Result<(), CommandError> {
        if let Some(path) = self.out {
            write_atomically(path, |file| file.write_all(written))?;
            screen.note(format_args!("wrote `{}`", path.display()));
        }
        Ok(())
    }
}

/// What could not be read or was refused, at the end, where it is not overlooked.
pub(super) fn tell_unreadable(
    counts: FileCounts,
    unreadable: &[String],
    screen: &Screen,
) -> Result<(), CommandError> {
    if unreadable.is_empty() {
        return Ok(());
    }
    for error in unreadable {
        screen.warn(error);
    }
    refused_and_unreadable(counts, screen)
}

/// How many those were.
fn refused_and_unreadable(counts: FileCounts, screen: &Screen) -> Result<(), CommandError> {
    if counts.unreadable > 0 {
        screen.warn(format_args!(
            "{} of {} files could not be read",
            counts.unreadable, counts.files
        ));
    }
    if counts.refused > 0 {
        let slices = if counts.refused == 1 {
            "slice"
        } else {
            "slices"
        };
        screen.warn(format_args!(
            "{} {slices} refused\nhint: without `--strict` they are answered, with warnings",
            counts.refused
        ));
    }
    Err(CommandError::Findings)
}
