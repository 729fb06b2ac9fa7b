//! `hilum audit`: what makes a number worthless, before it is a number.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use hilum_dataset::audit::{Audit, Rule, mend, write_page};
use hilum_dataset::{ClassMap, ClassSets, Dataset, Overwrite, ReadSettings, write_manifest};

use crate::arguments::LimitArguments;
use crate::audited;
use crate::error::CommandError;
use crate::screen::Screen;

/// What `hilum audit` takes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hilum audit slices/\n  hilum audit slices/ --out audit-page\n  hilum audit slices/ --fix --out manifest.csv\n  hilum audit --explain duplicate-across-splits"
)]
pub(crate) struct Arguments {
    /// Folder `{train,valid,test}/CLASS/*` or `CLASS/*`, or a CSV manifest
    #[arg(required_unless_present = "explain")]
    data: Option<PathBuf>,

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

    /// `text` for people, `json` for programs
    #[arg(long, value_enum, default_value_t = AuditFormat::Text)]
    format: AuditFormat,

    /// Read the folder or class FROM as class TO; repeatable
    #[arg(long, value_name = "FROM=TO")]
    class_map: Vec<String>,

    /// Seed of the 70/20/10 split, where the data is not split yet
    #[arg(long, value_name = "SEED", default_value_t = 32)]
    split_seed: u64,

    #[command(flatten)]
    limits: LimitArguments,
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AuditFormat {
    /// For people, worst first.
    Text,
    /// For programs: one object.
    Json,
}

/// Audits and prints, or explains a rule.
///
/// # Errors
/// [`CommandError::Findings`] if a rule of severity error found something.
pub(crate) fn run(arguments: &Arguments, screen: &Screen) -> Result<(), CommandError> {
    if let Some(name) = &arguments.explain {
        let rule = Rule::named(name).map_err(CommandError::bad_input)?;
        writeln!(io::stdout().lock(), "{}", rule.explain().trim_end())?;
        return Ok(());
    }
    let Some(path) = &arguments.data else {
        return Err(CommandError::bad_input("no data to audit"));
    };
    let dataset = read(path, arguments)?;
    let mut found = audited::look_at(&dataset, arguments.limits.max_pixels, screen);
    if let Some(out) = &arguments.out {
        if arguments.fix {
            found = write_mended(&dataset, &found, out, arguments.force)?;
            screen.note(format_args!(
                "wrote `{}`; what follows is the audit of it",
                out.display()
            ));
        } else {
            let page = write_page(out, &dataset, &found).map_err(CommandError::failure)?;
            screen.note(format_args!("wrote `{}`", page.display()));
        }
    }
    let text = match arguments.format {
        AuditFormat::Text => found.to_text(),
        AuditFormat::Json => serde_json::to_string_pretty(&found).map_err(CommandError::failure)?,
    };
    writeln!(io::stdout().lock(), "{}", text.trim_end())?;
    if has_errors(&found) {
        Err(CommandError::Findings)
    } else {
        Ok(())
    }
}

/// Writes what mending leaves, and gives its audit.
fn write_mended(
    dataset: &Dataset,
    found: &Audit,
    out: &Path,
    force: bool,
) -> Result<Audit, CommandError> {
    let mended = mend(dataset, found);
    let overwrite = if force {
        Overwrite::Replace
    } else {
        Overwrite::Never
    };
    write_manifest(out, &mended.dataset, overwrite).map_err(CommandError::bad_input)?;
    Ok(mended.audit)
}

/// Differing class sets are a finding here, not a stop.
fn read(path: &Path, arguments: &Arguments) -> Result<Dataset, CommandError> {
    let settings = ReadSettings {
        class_map: ClassMap::parse(&arguments.class_map).map_err(CommandError::bad_input)?,
        class_sets: ClassSets::MayDiffer,
        seed: arguments.split_seed,
        ..ReadSettings::default()
    };
    Dataset::read(path, &settings).map_err(CommandError::bad_input)
}

fn has_errors(found: &Audit) -> bool {
    found
        .findings
        .iter()
        .any(|finding| finding.severity == hilum_core::Severity::Error)
}
