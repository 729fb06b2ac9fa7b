//! One call that audits.

use hilum_core::{Cancel, Cancelled};

use super::collect::collect;
use super::result::Audit;
use super::settings::AuditSettings;
use crate::Dataset;

/// Decodes every file of every split once, on all cores, and applies all rules.
///
/// `on_progress` is told how many files are done, from any thread.
///
/// # Errors
/// [`Cancelled`], soon after `cancel` asks for it; the cache then stays as it was.
pub fn audit(
    dataset: &Dataset,
    settings: &AuditSettings,
    on_progress: &(dyn Fn(usize) + Sync),
    cancel: &Cancel,
) -> Result<Audit, Cancelled> {
    let (facts, pairs) = collect(dataset, settings, on_progress, cancel)?;
    cancel.check()?;
    Ok(Audit::from_facts(dataset, facts, pairs))
}
