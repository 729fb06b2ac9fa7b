//! `hilum predict`: images, folders, DICOM files and series, in any mix.

mod output;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use hilum_dataset::image_files;
use hilum_imaging::{DecodeError, DecodeLimits, DicomInfo, Recipe, Slice, series_order};
use rayon::prelude::*;

use crate::arguments::{DeviceArguments, Format, LimitArguments, ModelChoice, start_threads};
use crate::bundled;
use crate::error::{self, CommandError};
use crate::model::Model;
use crate::screen::Screen;
use output::{Output, Prediction};

/// Files that are decoded before the network sees the first of them: a long CT series, so that
/// its slices can be put in order, and a bound to the memory.
const CHUNK: usize = 1024;
/// Slices that go through the network at once.
pub(crate) const DEFAULT_BATCH: NonZeroUsize = NonZeroUsize::new(16).expect("16 is not 0");

/// What `hilum predict` takes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hilum predict slice.png\n  hilum predict scans/ slice.png series/*.dcm --model runs/NAME/model.safetensors"
)]
pub(crate) struct Arguments {
    /// Images, folders, DICOM files and series, in any mix
    #[arg(required = true)]
    paths: Vec<PathBuf>,

    /// The model, as `hilum train` wrote it, or the one that comes with hilum
    #[arg(long, value_name = "FILE", default_value = bundled::CHOICE)]
    model: ModelChoice,

    /// `text` is a table; `json` is an object a line
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// Slices that go through the network at once
    #[arg(long, value_name = "COUNT", default_value_t = DEFAULT_BATCH)]
    batch: NonZeroUsize,

    #[command(flatten)]
    limits: LimitArguments,

    #[command(flatten)]
    device: DeviceArguments,
}

/// Opens the model and classifies every file.
pub(crate) fn run(arguments: &Arguments, screen: &Screen) -> Result<(), CommandError> {
    start_threads(arguments.device.threads());
    let mut model = Model::open(&arguments.model, &arguments.device)?;
    model.introduce(screen);
    let request = Request {
        format: arguments.format,
        batch: arguments.batch,
        limits: DecodeLimits {
            max_pixels: arguments.limits.max_pixels,
        },
    };
    predict_paths(&mut model, &arguments.paths, &request, screen)
}

/// How files are predicted and printed.
pub(crate) struct Request {
    format: Format,
    batch: NonZeroUsize,
    limits: DecodeLimits,
}

impl Default for Request {
    /// A table, of files within the default limits.
    fn default() -> Self {
        Self {
            format: Format::Text,
            batch: DEFAULT_BATCH,
            limits: DecodeLimits::default(),
        }
    }
}

/// Classifies every file under `paths`; those that cannot be read are told at the end.
///
/// # Errors
/// [`CommandError::Findings`] if a file could not be read; the others are printed all the same.
pub(crate) fn predict_paths(
    model: &mut Model,
    paths: &[PathBuf],
    request: &Request,
    screen: &Screen,
) -> Result<(), CommandError> {
    let files = list(paths, screen)?;
    let name = model.origin.to_string();
    let mut output = Output::new(request.format, &model.file.classes, &name);
    let unreadable = predict_files(model, &files, request, &mut output, screen)?;
    output.finish()?;
    if unreadable.is_empty() {
        return Ok(());
    }
    for error in &unreadable {
        screen.warn(error::chain(error));
    }
    screen.warn(format_args!(
        "{} of {} files could not be read",
        unreadable.len(),
        files.len()
    ));
    Err(CommandError::Findings)
}

/// Every file under the paths, in order; each path is looked at once.
fn list(paths: &[PathBuf], screen: &Screen) -> Result<Vec<PathBuf>, CommandError> {
    let mut files = Vec::new();
    for path in paths {
        let found = image_files(path).map_err(CommandError::bad_input)?;
        for one in &found.ignored {
            screen.detail(format_args!(
                "ignored `{}`: {}",
                one.path.display(),
                one.reason
            ));
        }
        files.extend(found.files);
    }
    if files.is_empty() {
        return Err(CommandError::bad_input("no images in what was given"));
    }
    Ok(files)
}

fn predict_files(
    model: &mut Model,
    files: &[PathBuf],
    request: &Request,
    output: &mut Output,
    screen: &Screen,
) -> Result<Vec<DecodeError>, CommandError> {
    let bar = screen.bar(files.len(), "predicting");
    let mut unreadable = Vec::new();
    for chunk in files.chunks(CHUNK) {
        let mut read = read_chunk(chunk, &model.file.recipe, request.limits);
        order_series(&mut read);
        let pixels: Vec<_> = read
            .iter()
            .flatten()
            .map(|(_, slice)| &slice.pixels)
            .collect();
        let before = bar.position() + (read.len() - pixels.len()) as u64;
        let told = &mut |done: usize| bar.set_position(before + done as u64);
        let mut probabilities = model.predict(&pixels, request.batch, told)?.into_iter();
        for one in read {
            match one {
                Ok((path, slice)) => output.prediction(&Prediction {
                    path: &path,
                    dicom: slice.info.dicom.as_deref(),
                    probabilities: &probabilities.next().expect("one for each slice"),
                })?,
                Err(error) => {
                    output.failure(&error)?;
                    unreadable.push(error);
                }
            }
        }
    }
    bar.finish_and_clear();
    Ok(unreadable)
}

type Read = Result<(PathBuf, Slice), DecodeError>;

/// Decodes and prepares on all cores; the order stays.
fn read_chunk(files: &[PathBuf], recipe: &Recipe, limits: DecodeLimits) -> Vec<Read> {
    files
        .par_iter()
        .map(|path| {
            recipe
                .read(path, &limits)
                .map(|slice| (path.clone(), slice))
        })
        .collect()
}

/// Puts the slices of each DICOM series of a folder in the order in which they lie in the body.
fn order_series(read: &mut [Read]) {
    let mut series: BTreeMap<(PathBuf, String), Vec<usize>> = BTreeMap::new();
    for (index, one) in read.iter().enumerate() {
        let Ok((path, slice)) = one else { continue };
        let uid = slice
            .info
            .dicom
            .as_ref()
            .and_then(|dicom| dicom.series_uid.clone());
        if let (Some(uid), Some(folder)) = (uid, path.parent()) {
            series
                .entry((folder.to_owned(), uid))
                .or_default()
                .push(index);
        }
    }
    for places in series.into_values() {
        let infos: Vec<&DicomInfo> = places
            .iter()
            .filter_map(|place| read[*place].as_ref().ok()?.1.info.dicom.as_deref())
            .collect();
        let (order, _) = series_order(&infos);
        let ordered: Vec<_> = order
            .iter()
            .map(|index| read[places[*index]].as_ref().ok().cloned())
            .collect();
        for (place, one) in places.into_iter().zip(ordered) {
            read[place] = Ok(one.expect("only slices that were read are in a series"));
        }
    }
}
