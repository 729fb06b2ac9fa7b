//! `hilum card`: what a person must know of a model, and the checklists that it answers.

use std::path::{Path, PathBuf};

use clap::{ArgMatches, ValueEnum};
use hilum_experiment::settings::Word;
use hilum_experiment::{Describe, Description, Guideline, ModelOrigin, bundled, describe};
use hilum_files::write_atomically;

use crate::arguments::{OutFile, one_of};
use crate::error::CommandError;
use crate::layout::wrapped;
use crate::screen::{self, Screen, stdout_width};
use crate::summary::markdown_as_text;

/// Text in a file is as wide as this.
const FILE_WIDTH: usize = 80;

const GUIDELINES: &[Word] = &[
    Word {
        name: Guideline::Claim.name(),
        says: Guideline::Claim.says(),
    },
    Word {
        name: Guideline::TripodAi.name(),
        says: Guideline::TripodAi.says(),
    },
];

/// What `hilum card` takes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hilum card runs/NAME\n  hilum card runs/NAME/model.safetensors --checklist claim\n  hilum card runs/NAME --checklist tripod-ai --out checklist.md"
)]
pub(crate) struct Arguments {
    /// A model file, the folder of a run, or the model that comes with hilum
    #[arg(value_name = "MODEL", default_value = bundled::CHOICE)]
    model: ModelOrigin,

    /// Take figures from this folder of `hilum evaluate`, and from further ones; if left out, from
    /// `evaluation` beside the model, if it is there
    #[arg(long, value_name = "DIR")]
    evaluation: Vec<PathBuf>,

    /// In place of the card, print this checklist: answered where model, run and evaluation answer,
    /// the rest open and counted
    #[arg(long, value_name = "LIST", value_parser = one_of::<Guideline>(GUIDELINES))]
    checklist: Option<Guideline>,

    /// How it is told [default: text; of a file, what its name ends in]
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<CardFormat>,

    #[command(flatten)]
    out: OutFile,
}

/// How a card is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CardFormat {
    /// For people at a terminal
    Text,
    /// For a repository, or the supplement of a paper
    Markdown,
    /// For programs
    Json,
}

impl CardFormat {
    /// What the ending of a file's name stands for.
    fn of_name(path: &Path) -> Self {
        let extension = path.extension().unwrap_or_default();
        let is = |name: &str| extension.eq_ignore_ascii_case(name);
        if is("json") {
            Self::Json
        } else if is("md") || is("markdown") {
            Self::Markdown
        } else {
            Self::Text
        }
    }
}

/// Prints the card or the checklist, or writes it.
pub(super) fn run(
    arguments: &Arguments,
    _given: &ArgMatches,
    screen: &Screen,
) -> Result<(), CommandError> {
    arguments.out.check()?;
    let description = describe(&Describe {
        model: arguments.model.clone(),
        evaluations: arguments.evaluation.clone(),
    })?;
    for note in &description.notes {
        screen.note(note);
    }
    let path = arguments.out.path();
    let format = arguments
        .format
        .unwrap_or_else(|| path.map_or(CardFormat::Text, CardFormat::of_name));
    let width = match path {
        Some(_) => Some(FILE_WIDTH),
        None => stdout_width(),
    };
    let text = told(&description, arguments.checklist, format, width)?;
    match path {
        None if format == CardFormat::Json => screen::print_json(&text)?,
        None if format == CardFormat::Markdown => screen::print_unbroken(&text)?,
        None => screen::print(text)?,
        Some(path) => {
            write_atomically(path, |file| file.write_all(text.as_bytes()))?;
            screen.note(format_args!("wrote `{}`", path.display()));
        }
    }
    Ok(())
}

fn told(
    description: &Description,
    checklist: Option<Guideline>,
    format: CardFormat,
    width: Option<usize>,
) -> Result<String, CommandError> {
    let ended = |text: String| text.trim_end().to_owned() + "\n";
    let checklist = checklist.map(|guideline| description.checklist(guideline));
    Ok(match (format, checklist) {
        (CardFormat::Json, None) => ended(serde_json::to_string_pretty(description.json())?),
        (CardFormat::Json, Some(list)) => ended(serde_json::to_string_pretty(&list)?),
        (CardFormat::Markdown, None) => description.markdown(),
        (CardFormat::Markdown, Some(list)) => list.markdown(),
        (CardFormat::Text, None) => ended(wrapped(
            &markdown_as_text(&description.markdown(), width),
            width,
        )),
        (CardFormat::Text, Some(list)) => ended(wrapped(&list.text(), width)),
    })
}
