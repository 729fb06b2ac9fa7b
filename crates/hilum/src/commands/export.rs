//! `hilum export`: a model in another precision or format, with its terms and its card.

use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{ArgMatches, ValueEnum};
use hilum_experiment::{CardRequest, ExperimentError, Export, ExportFormat, ModelOrigin, export};
use hilum_weights::Precision;

use crate::arguments::AnswerArguments;
use crate::error::{ArgumentError, CommandError};
use crate::narrator::Narrator;
use crate::screen::{self, Screen};
use crate::surroundings::session;

/// What `hilum export` takes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hilum export --model runs/NAME/model.safetensors --out half.safetensors\n  hilum export --model bundled --out half.safetensors --card half.md\n  hilum export --model bundled --format onnx --out model.onnx"
)]
pub(crate) struct Arguments {
    /// The model, as `hilum train` wrote it, or `bundled`
    #[arg(long, value_name = "FILE")]
    model: ModelOrigin,

    /// Where the model is written
    #[arg(long, value_name = "FILE")]
    out: PathBuf,

    /// Replace files that are there already
    #[arg(long)]
    force: bool,

    /// As what it is written
    #[arg(long, value_enum, default_value_t = FormatChoice::Safetensors)]
    format: FormatChoice,

    /// Of `--format onnx`: the network alone, from prepared numbers to logits
    #[arg(long)]
    bare: bool,

    /// `f16` halves the file and rounds the weights; all else stays
    #[arg(long, value_enum, default_value_t = PrecisionChoice::F32)]
    precision: PrecisionChoice,

    /// Calibrate it on this folder of a finished `hilum cross-validate` of its settings
    #[arg(long, value_name = "DIR")]
    calibrate_on: Option<PathBuf>,

    /// Give it a detector of what is unlike the data in this folder or manifest, which it was trained
    /// on
    #[arg(long, value_name = "DATA")]
    detector_from: Option<PathBuf>,

    /// Hold its answers in bf16 against those in f32 on the validation slices of this folder or
    /// manifest, so that `--precision auto` may take bf16
    #[arg(long, value_name = "DATA")]
    check_on: Option<PathBuf>,

    /// Under which terms the model may be used; as it was if left out
    #[arg(long, value_name = "TEXT")]
    licence: Option<String>,

    /// Also write a card in Markdown: data, audit, figures, terms, what it must not be used for
    #[arg(long, value_name = "FILE")]
    card: Option<PathBuf>,

    /// For the card: the commands that make the model again
    #[arg(long, value_name = "TEXT", requires = "card")]
    command: Option<String>,

    /// For the card: a Markdown file with what else is to be said
    #[arg(long, value_name = "FILE", requires = "card")]
    notes: Option<PathBuf>,

    #[command(flatten)]
    answers: AnswerArguments,
}

/// As what a model is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatChoice {
    /// As hilum and PyTorch read it
    Safetensors,
    /// For other runtimes: from an 8-bit image to the answer, with what `Answers` below says
    Onnx,
}

/// How the numbers are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PrecisionChoice {
    /// 16 bits.
    F16,
    /// 32 bits.
    F32,
}

impl Arguments {
    /// The format, with what goes with it and no other.
    fn format(&self, given: &ArgMatches) -> Result<ExportFormat, CommandError> {
        let is_given = |id: &&str| given.value_source(id) == Some(ValueSource::CommandLine);
        let other = |flags: &[&'static str], format| {
            let flag = flags.iter().copied().find(|flag| is_given(flag));
            flag.map(|flag| ArgumentError::OtherFormat { flag, format })
        };
        let refused = match (self.format, self.bare) {
            (FormatChoice::Safetensors, true) => other(&["bare"], "--format safetensors"),
            (FormatChoice::Safetensors, false) => {
                other(AnswerArguments::IDS, "--format safetensors")
            }
            (FormatChoice::Onnx, true) => other(AnswerArguments::IDS, "--bare"),
            (FormatChoice::Onnx, false) => None,
        };
        let of_safetensors = match self.format {
            FormatChoice::Onnx => other(&["precision", "check_on"], "--format onnx"),
            FormatChoice::Safetensors => None,
        };
        if let Some(error) = refused.or(of_safetensors) {
            return Err(error.into());
        }
        Ok(match (self.format, self.bare) {
            (FormatChoice::Safetensors, _) => ExportFormat::Safetensors(match self.precision {
                PrecisionChoice::F16 => Precision::Half,
                PrecisionChoice::F32 => Precision::Full,
            }),
            (FormatChoice::Onnx, true) => ExportFormat::BareOnnx,
            (FormatChoice::Onnx, false) => {
                let policy = self.answers.policy().map_err(ExperimentError::from)?;
                ExportFormat::Onnx(policy)
            }
        })
    }
}

/// Writes the model, then its card, and prints the model's path.
pub(super) fn run(
    arguments: &Arguments,
    given: &ArgMatches,
    screen: &Screen,
) -> Result<(), CommandError> {
    let narrator = Narrator::new(screen);
    let request = Export {
        model: arguments.model.clone(),
        out: arguments.out.clone(),
        format: arguments.format(given)?,
        licence: arguments.licence.clone(),
        calibrate_on: arguments.calibrate_on.clone(),
        detector_from: arguments.detector_from.clone(),
        check_on: arguments.check_on.clone(),
        card: arguments.card.clone().map(|path| CardRequest {
            path,
            command: arguments.command.clone(),
            notes: arguments.notes.clone(),
        }),
        replaces: arguments.force,
    };
    let exported = export(&request, &session(&narrator)?)?;
    screen::print(exported.model.display())?;
    Ok(())
}
