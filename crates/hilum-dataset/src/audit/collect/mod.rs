//! What an audit rests on: the facts of each file and the pairs that are alike, from the cache or
//! found anew.

mod cache;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use hilum_core::{Cancel, Cancelled};
use rayon::prelude::*;

use super::alike::{AlikePair, alike_pairs};
use super::facts::FileFacts;
use super::settings::AuditSettings;
use crate::Dataset;
pub use cache::cache_file;
use cache::{Cache, PictureSet, Stamp};

/// The facts of each sample, in the dataset's order, and the alike pairs among them.
///
/// Only files that are new or have changed are decoded, on all cores; pairs are looked for only
/// if a picture came or went.
pub(super) fn collect(
    dataset: &Dataset,
    settings: &AuditSettings,
    on_progress: &(dyn Fn(usize) + Sync),
    cancel: &Cancel,
) -> Result<(Vec<FileFacts>, Vec<AlikePair>), Cancelled> {
    let cache = settings.cache.as_deref();
    let mut known = cache.map(Cache::open).unwrap_or_default();
    let samples = &dataset.samples;
    let stamps: Vec<Option<Stamp>> = samples
        .par_iter()
        .map(|sample| Stamp::of(&sample.path))
        .collect();
    let remembered: Vec<Option<FileFacts>> = samples
        .iter()
        .zip(&stamps)
        .map(|(sample, stamp)| known.take(&sample.path, *stamp))
        .collect();
    let (done, learned) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let facts: Vec<FileFacts> = samples
        .par_iter()
        .zip(remembered)
        .map(|(sample, facts)| {
            cancel.check()?;
            let facts = facts.unwrap_or_else(|| {
                let facts = FileFacts::read(&sample.path, settings.limits);
                learned.fetch_add(usize::from(facts.slice().is_some()), Ordering::Relaxed);
                facts
            });
            on_progress(done.fetch_add(1, Ordering::Relaxed) + 1);
            Ok(facts)
        })
        .collect::<Result<_, Cancelled>>()?;
    let pictures = PictureSet::of(&facts);
    let remembered = known.take_pairs(pictures);
    let is_new = learned.into_inner() > 0 || remembered.is_none();
    let pairs = match remembered {
        Some(pairs) => pairs,
        None => alike_pairs(&facts, cancel)?,
    };
    if let Some(path) = cache.filter(|_| is_new) {
        let files = samples.iter().map(|sample| -> &Path { &sample.path });
        let entries = files.zip(stamps).zip(&facts);
        let entries = entries.map(|((path, stamp), facts)| (path, stamp, facts));
        // The next run looks again; this one has all it needs.
        let _ = Cache::write(path, entries, (pictures, &pairs));
    }
    Ok((facts, pairs))
}
