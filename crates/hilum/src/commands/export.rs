//! `hilum export`: a model in another precision, with its terms and its card.

mod card;

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::ValueEnum;
use hilum_files::write_atomically;
use hilum_report::model_card;
use hilum_weights::{ModelFile, ModelFileError, Precision, TensorFileError};

use crate::arguments::ModelChoice;
use crate::error::CommandError;
use crate::model;
use crate::screen::Screen;
use card::{Extra, card};

/// What `hilum export` takes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hilum export --model runs/NAME/model.safetensors --precision f16 --out model.safetensors --card model.md"
)]
pub(crate) struct Arguments {
    /// The model, as `hilum train` wrote it, or `bundled`
    #[arg(long, value_name = "FILE")]
    model: ModelChoice,

    /// Where the model is written
    #[arg(long, value_name = "FILE")]
    out: PathBuf,

    /// `f16` halves the file and rounds the weights; all else stays
    #[arg(long, value_enum, default_value_t = PrecisionChoice::F32)]
    precision: PrecisionChoice,

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
}

/// How the numbers are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PrecisionChoice {
    /// 16 bits.
    F16,
    /// 32 bits.
    F32,
}

impl PrecisionChoice {
    fn precision(self) -> Precision {
        match self {
            Self::F16 => Precision::Half,
            Self::F32 => Precision::Full,
        }
    }
}

/// Writes the model, then its card, and prints the model's path.
pub(crate) fn run(arguments: &Arguments, screen: &Screen) -> Result<(), CommandError> {
    let mut file = model::read(&arguments.model)?;
    if let Some(licence) = &arguments.licence {
        file.licence = Some(licence.clone());
    }
    let text = card_text(arguments, &file)?;
    let written = file.write_as(&arguments.out, arguments.precision.precision());
    written.map_err(|error| match error {
        ModelFileError::TensorFile(TensorFileError::BeyondHalf { .. }) => {
            CommandError::bad_input(error)
        }
        _ => CommandError::failure(error),
    })?;
    if let Some(path) = &arguments.card {
        write_atomically(path, |file| file.write_all(text.as_bytes()))?;
        screen.note(format_args!("wrote `{}`", path.display()));
    }
    writeln!(io::stdout().lock(), "{}", arguments.out.display())?;
    Ok(())
}

fn card_text(arguments: &Arguments, file: &ModelFile) -> Result<String, CommandError> {
    let notes = arguments.notes.as_ref().map(fs_err::read_to_string);
    let name = arguments.out.file_stem().unwrap_or_default();
    let extra = Extra {
        name: name.to_string_lossy().into_owned(),
        precision: arguments.precision.precision(),
        command: arguments.command.clone(),
        notes: notes.transpose().map_err(CommandError::bad_input)?,
    };
    Ok(model_card(&card(file, extra)?))
}
