//! `hilum audit`: what makes a number worthless, before it is a number.

use std::path::PathBuf;

use clap::ArgMatches;
use hilum_core::Severity;
use hilum_dataset::Overwrite;
use hilum_dataset::audit::Rule;
use hilum_experiment::{AuditOutput, AuditRequest, audit};

use crate::arguments::{Chosen, DataArgument, Format, OfData};
use crate::error::{ArgumentError, CommandError};
use crate::narrator::Narrator;
use crate::screen::{self, Screen};
use crate::surroundings::session;

/// What `hilum audit` takes.
#[derive(Debug, clap::Args)]
#[command(
    mut_arg("data", |data| data.required_unless_present("explain")),
    after_help = "Examples:\n  hilum audit slices/\n  hilum audit slices/ --out audit-page\n  hilum audit slices/ --fix --out manifest.csv\n  hilum audit --explain duplicate-across-splits"
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    data: DataArgument,

    /// Print the page of a rule: what it finds, why it matters, what to do
    #[arg(long, value_name = "RULE")]
    explain: Option<String>,

    /// Write the dataset without copies and contradictions as a manifest; the source stays as it is
    #[arg(long, requires = "out")]
    fix: bool,

    /// Folder for an HTML page that shows data and findings; with `--fix`, the manifest's file
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,

    /// Replace the manifest if it exists
    #[arg(long)]
    force: bool,

    /// `text` for people, worst first; `json` for programs, one object
    #[arg(long, value_parser = Format::text_or_json(), value_name = "FORMAT", default_value = "text")]
    format: Format,

    #[command(flatten)]
    chosen: Chosen<OfData>,
}

/// Audits and prints, or explains a rule.
///
/// # Errors
/// [`CommandError::Findings`] if a rule of severity error found something.
pub(super) fn run(
    arguments: &Arguments,
    _given: &ArgMatches,
    screen: &Screen,
) -> Result<(), CommandError> {
    if let Some(name) = &arguments.explain {
        let rule = Rule::named(name).map_err(ArgumentError::from)?;
        screen::print(rule.explain())?;
        return Ok(());
    }
    let narrator = Narrator::new(screen);
    let choices = &arguments.chosen.choices;
    let request = AuditRequest {
        data: choices.data(&arguments.data.path),
        machine: choices.machine(),
        output: arguments.output(),
    };
    let found = audit(&request, &session(&narrator)?)?;
    if arguments.fix {
        screen.note("what follows is the audit of it");
    }
    match arguments.format {
        Format::Json => screen::print_json(&serde_json::to_string_pretty(&found)?)?,
        _ => screen::print(found.to_text())?,
    }
    let is_error = |severity| severity == Severity::Error;
    if found
        .findings
        .iter()
        .any(|finding| is_error(finding.severity))
    {
        Err(CommandError::Findings)
    } else {
        Ok(())
    }
}

impl Arguments {
    fn output(&self) -> Option<AuditOutput> {
        let out = self.out.clone()?;
        Some(if self.fix {
            AuditOutput::Mended {
                path: out,
                overwrite: Overwrite::when(self.force),
            }
        } else {
            AuditOutput::Page(out)
        })
    }
}
