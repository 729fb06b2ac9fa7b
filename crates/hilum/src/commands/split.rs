//! `hilum split`: a stratified, group-aware split as a manifest.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::path::PathBuf;

use hilum_core::GroupId;
use hilum_dataset::audit::is_inferred;
use hilum_dataset::{Dataset, Overwrite, SplitFractions, resplit, write_manifest};

use crate::arguments::{DataArguments, GateArguments};
use crate::audited;
use crate::data;
use crate::error::CommandError;
use crate::screen::Screen;

/// What `hilum split` takes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hilum split slices/ --out manifest.csv\n  hilum train manifest.csv\n  hilum split slices/ --infer-groups --out manifest.csv"
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    data: DataArguments,

    /// Where the manifest is written
    #[arg(long, value_name = "FILE")]
    out: PathBuf,

    /// Shares of train, valid and test in percent
    #[arg(long, value_name = "TRAIN/VALID/TEST", default_value = "70/10/20")]
    fractions: SplitFractions,

    /// Where no patient is named, keep slices together that look like one scan; the groups are a
    /// guess and called `inferred-0001`, ...
    #[arg(long)]
    infer_groups: bool,

    /// Replace the manifest if it exists
    #[arg(long)]
    force: bool,
}

/// Divides the data and writes the manifest.
pub(crate) fn run(arguments: &Arguments, screen: &Screen) -> Result<(), CommandError> {
    let settings = arguments.data.settings(&GateArguments::default());
    let mut dataset = data::read(&settings, screen)?;
    if dataset.layout().has_own_split() {
        screen.warn("the data has a split of its own, which is not kept");
    }
    if arguments.infer_groups {
        dataset = with_inferred_groups(&dataset, settings.max_pixels, screen);
    }
    let dataset = resplit(&dataset, arguments.fractions, settings.split_seed)
        .map_err(CommandError::bad_input)?;
    let overwrite = if arguments.force {
        Overwrite::Replace
    } else {
        Overwrite::Never
    };
    write_manifest(&arguments.out, &dataset, overwrite).map_err(CommandError::bad_input)?;
    screen.note(format_args!("wrote `{}`", arguments.out.display()));
    writeln!(io::stdout().lock(), "{}", data::class_table(&dataset))?;
    Ok(())
}

/// Groups what looks like one scan, and says that this is a guess.
fn with_inferred_groups(dataset: &Dataset, max_pixels: u64, screen: &Screen) -> Dataset {
    let audit = audited::look_at(dataset, max_pixels, screen);
    let grouped = dataset.with_groups(audit.similarity_groups(dataset));
    let inferred: Vec<&GroupId> = grouped
        .samples()
        .iter()
        .filter_map(|sample| sample.group.as_ref())
        .filter(|group| is_inferred(group))
        .collect();
    let group_count = inferred.iter().collect::<BTreeSet<_>>().len();
    if group_count == 0 {
        screen.note("no slices look like one scan, so no groups are inferred");
    } else {
        screen.warn(format_args!(
            "{} slices are kept together in {group_count} inferred groups: they look alike, \
             which is no proof that they are of one patient, and unlike slices of one patient \
             are not among them",
            inferred.len()
        ));
    }
    grouped
}
