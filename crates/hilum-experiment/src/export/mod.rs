//! A model in another precision or another format, with its terms and its card.

mod onnx;
mod place;

use std::path::{Path, PathBuf};

use hilum_files::write_atomically;
use hilum_report::model_card;
use hilum_trust::Policy;
use hilum_weights::{ModelFile, Precision};
use serde::Serialize;

use crate::calibration::out_of_fold;
use crate::card::{Extra, from_model};
use crate::detector::from_data;
use crate::places::remove_places;
use crate::session::Session;
use crate::{Event, ExperimentError, ModelOrigin, rounding};

pub use place::ExportError;

/// What is exported, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Export {
    /// The model.
    pub model: ModelOrigin,
    /// Where it is written.
    pub out: PathBuf,
    /// As what it is written.
    pub format: ExportFormat,
    /// Under which terms the model may be used; as it was if absent.
    pub licence: Option<String>,
    /// The folder of a finished cross-validation to calibrate the model on; calibrated as it was if
    /// absent.
    pub calibrate_on: Option<PathBuf>,
    /// The data that the model was trained on, to give it a detector of what is unlike that; with the
    /// detector that it had, if absent.
    pub detector_from: Option<PathBuf>,
    /// The data on whose validation slices the model's answers in `bf16` are held against those in
    /// `f32`; as it was if absent and the weights stay what they are.
    pub check_on: Option<PathBuf>,
    /// The card; none, if absent.
    pub card: Option<CardRequest>,
    /// Whether files that are there already are replaced.
    pub replaces: bool,
}

/// As what a model is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ExportFormat {
    /// As hilum reads it, with its numbers kept so.
    Safetensors(Precision),
    /// From an 8-bit image to the answer under this policy, for other runtimes.
    Onnx(Policy),
    /// The network alone, from prepared numbers to logits, for other runtimes.
    BareOnnx,
}

/// A card in Markdown: data, audit, figures, terms, what the model must not be used for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CardRequest {
    /// Where it is written.
    pub path: PathBuf,
    /// The commands that make the model again.
    pub command: Option<String>,
    /// A Markdown file with what else is to be said.
    pub notes: Option<PathBuf>,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// The model.
    pub model: PathBuf,
    /// Its card.
    pub card: Option<PathBuf>,
}

/// Writes the model, then its card.
///
/// # Errors
/// [`ExperimentError`] if a file is there already, the cross-validation is of another model, the name is of another format, the model or the notes cannot be read, a weight is beyond what half
/// precision holds, or a file cannot be written.
pub fn export(request: &Export, session: &Session<'_>) -> Result<Exported, ExperimentError> {
    place::check(request)?;
    let mut file = request.model.read()?;
    remove_places(&mut file);
    if let Some(folder) = &request.calibrate_on {
        let found = out_of_fold(folder, &file)?;
        session.tell(&Event::Calibrated {
            record: &found.record,
            differences: &found.differences,
        });
        file.calibration = Some(found.record);
    }
    if let Some(path) = &request.detector_from {
        let record =
            from_data(path, &file, session)?.map_err(|source| ExportError::NoDetector {
                path: path.clone(),
                source,
            })?;
        session.tell(&Event::DetectorFitted(&record));
        file.detector = Some(record);
    }
    if let Some(licence) = &request.licence {
        file.licence = Some(licence.clone());
    }
    let card = match &request.card {
        Some(wanted) => Some((&wanted.path, text(wanted, request, &file)?)),
        None => None,
    };
    match request.format {
        ExportFormat::Safetensors(precision) => {
            write_safetensors(request, precision, &mut file, session)?;
        }
        ExportFormat::Onnx(policy) => {
            policy.check()?;
            let card = onnx_card(request, &file)?;
            onnx::write_whole(&request.out, &file, &policy, card)?;
        }
        ExportFormat::BareOnnx => {
            let card = onnx_card(request, &file)?;
            onnx::write_bare(&request.out, &file, card)?;
        }
    }
    if let Some((path, text)) = &card {
        write_atomically(path, |file| file.write_all(text.as_bytes()))?;
        session.tell(&Event::Wrote { path });
    }
    Ok(Exported {
        model: request.out.clone(),
        card: card.map(|(path, _)| path.clone()),
    })
}

/// Writes the model as hilum reads it, and notes how well it answers in `bf16` if that is asked for.
fn write_safetensors(
    request: &Export,
    precision: Precision,
    file: &mut ModelFile,
    session: &Session<'_>,
) -> Result<(), ExperimentError> {
    file.write_as(&request.out, precision)?;
    // What it says of answers in `bf16` must be of the weights that lie in it.
    let mut written = ModelFile::read(&request.out)?;
    if written.parameters != file.parameters {
        written.rounding = None;
    }
    if let Some(path) = &request.check_on {
        written.rounding = rounding::look_at(path, &written, session)?;
    }
    if written.rounding != file.rounding {
        if let Some(record) = &written.rounding {
            session.tell(&Event::Rounded(record));
        }
        written.write_as(&request.out, precision)?;
    }
    Ok(())
}

/// The card that an ONNX file holds: the one that is asked for, or one without notes.
fn onnx_card(request: &Export, file: &ModelFile) -> Result<String, ExperimentError> {
    let wanted = request.card.clone().unwrap_or_default();
    text(&wanted, request, file)
}

fn text(
    wanted: &CardRequest,
    request: &Export,
    file: &ModelFile,
) -> Result<String, ExperimentError> {
    let notes = wanted.notes.as_ref().map(fs_err::read_to_string);
    let extra = Extra {
        name: stem(&request.out),
        precision: match request.format {
            ExportFormat::Safetensors(precision) => precision,
            ExportFormat::Onnx(_) | ExportFormat::BareOnnx => Precision::Full,
        },
        command: wanted.command.clone(),
        notes: notes.transpose().map_err(ExperimentError::Input)?,
    };
    Ok(model_card(&from_model(file, extra)?))
}

fn stem(path: &Path) -> String {
    let name = path.file_stem().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
