//! The gate that every number passes: the data is audited before it is used.

use hilum_core::{AuditSummary, Cancel};
use hilum_dataset::Dataset;
use hilum_dataset::audit::{Audit, AuditSettings, Rule, audit, cache_file, mend};
use hilum_imaging::DecodeLimits;

use crate::data;
use crate::error::CommandError;
use crate::screen::Screen;
use crate::settings::DataSettings;

/// Rules whose findings mending takes away; data that is used as it is breaks them knowingly.
const MENDABLE: [&str; 2] = ["label-conflict", "duplicate-across-splits"];

/// A dataset that was let through, and what is known of it.
pub(crate) struct Audited {
    /// What may be used.
    pub(crate) dataset: Dataset,
    /// The audit of what may be used.
    pub(crate) audit: Audit,
}

/// Audits a dataset; a second time reads the cache.
pub(crate) fn look_at(dataset: &Dataset, max_pixels: u64, screen: &Screen) -> Audit {
    let settings = AuditSettings {
        limits: DecodeLimits { max_pixels },
        cache: hilum_files::cache_folder(&|name| std::env::var_os(name))
            .and_then(|caches| cache_file(&caches, dataset.root())),
    };
    let bar = screen.bar(dataset.samples().len(), "auditing");
    let progress = |done: usize| bar.set_position(done as u64);
    let found = audit(dataset, &settings, &progress, &Cancel::default()).expect("nobody cancels");
    bar.finish_and_clear();
    found
}

/// Reads, audits and mends the data of a training run, or stops it.
pub(crate) fn for_training(
    settings: &DataSettings,
    screen: &Screen,
) -> Result<Audited, CommandError> {
    let dataset = data::read(settings, screen)?;
    let found = look_at(&dataset, settings.max_pixels, screen);
    screen.note(data::class_table(&dataset));
    let (dataset, audit) = if settings.as_is {
        (dataset, found)
    } else {
        let mended = mend(&dataset, &found);
        for line in &mended.audit.mended {
            screen.note(format_args!("mended: {line}"));
        }
        (mended.dataset, mended.audit)
    };
    pass(&audit, settings, settings.as_is)?;
    say(&audit.summary(), screen);
    Ok(Audited { dataset, audit })
}

/// Reads and audits the data of an evaluation, or stops it. Nothing is mended: the metrics are
/// given on all slices and on the clean part.
pub(crate) fn for_evaluation(
    settings: &DataSettings,
    screen: &Screen,
) -> Result<Audited, CommandError> {
    let dataset = data::read(settings, screen)?;
    let audit = look_at(&dataset, settings.max_pixels, screen);
    pass(&audit, settings, true)?;
    say(&audit.summary(), screen);
    Ok(Audited { dataset, audit })
}

fn pass(
    audit: &Audit,
    settings: &DataSettings,
    lets_mendable_pass: bool,
) -> Result<(), CommandError> {
    let named: Result<Vec<&Rule>, _> = settings
        .allow
        .iter()
        .map(|name| Rule::named(name))
        .collect();
    let mut allowed = named.map_err(CommandError::bad_input)?;
    if lets_mendable_pass {
        allowed.extend(MENDABLE.iter().filter_map(|name| Rule::named(name).ok()));
    }
    audit.gate(&allowed).map_err(CommandError::bad_input)
}

fn say(summary: &AuditSummary, screen: &Screen) {
    let is_clean = matches!(summary, AuditSummary::Audited { findings, .. } if findings.is_empty());
    if is_clean {
        screen.note(summary);
    } else {
        screen.warn(format_args!("{summary}; `hilum audit` says more"));
    }
}
