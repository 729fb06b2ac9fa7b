//! The gate that every number passes: the data is audited before it is used.

use hilum_core::{GroupId, Split};
use hilum_dataset::audit::{Audit, AuditSettings, FileFacts, Rule, audit, cache_file, mend};
use hilum_dataset::{ClassSets, Dataset, set_aside_valid};
use hilum_imaging::DecodeLimits;
use rayon::ThreadPool;

use super::read;
use crate::session::Session;
use crate::settings::DataSettings;
use crate::{Event, ExperimentError, Task};

/// Rules whose findings mending takes away; data that is used as it is breaks them knowingly.
const MENDABLE: [&str; 2] = ["label-conflict", "duplicate-across-splits"];

/// How much of train is set aside for validation where the data has none.
const VALID_SHARE: f64 = 0.1;

/// A dataset that was let through, and what is known of it.
pub(crate) struct Audited {
    /// What may be used.
    pub(crate) dataset: Dataset,
    /// The audit of what may be used.
    pub(crate) audit: Audit,
}

/// Audits a dataset; a second time reads the cache.
pub(crate) fn look_at(
    dataset: &Dataset,
    max_pixels: u64,
    workers: &ThreadPool,
    session: &Session<'_>,
) -> Result<Audit, ExperimentError> {
    let caches = session.caches.as_deref();
    let settings = AuditSettings {
        limits: DecodeLimits { max_pixels },
        cache: caches.and_then(|caches| cache_file(caches, dataset.root())),
    };
    let count = dataset.samples().len();
    let found = session.counted(Task::Audit, count, |told| {
        workers.install(|| audit(dataset, &settings, told, session.cancel()))
    })?;
    Ok(found)
}

/// Reads, audits and mends the data of a training run, or stops it.
pub(crate) fn for_training(
    settings: &DataSettings,
    workers: &ThreadPool,
    session: &Session<'_>,
) -> Result<Audited, ExperimentError> {
    let dataset = read(settings, ClassSets::MustMatch, session)?;
    let found = look_at(&dataset, settings.max_pixels, workers, session)?;
    session.tell(&Event::DatasetRead(&dataset));
    let dataset = with_patients(dataset, &found);
    let (dataset, audit) = if settings.as_is {
        (dataset, found)
    } else {
        let mended = mend(&dataset, &found);
        for line in &mended.audit.mended {
            session.tell(&Event::Mended(line));
        }
        (mended.dataset, mended.audit)
    };
    pass(&audit, settings, settings.as_is)?;
    session.tell(&Event::Audited(&audit.summary()));
    Ok(Audited { dataset, audit })
}

/// Where nothing names a group, the patients of DICOM headers are the groups.
pub(crate) fn with_patients(dataset: Dataset, audit: &Audit) -> Dataset {
    if dataset.samples().iter().any(|one| one.group.is_some()) {
        return dataset;
    }
    let patient = |facts: &FileFacts| {
        let header = facts.slice()?.dicom.as_ref()?;
        header.patient_id.clone().map(GroupId)
    };
    let groups = audit.facts().iter().map(patient).collect();
    dataset.with_groups(groups)
}

/// Data with a validation split: where it has none, one is cut from train, and that is said.
/// Slices that look like one scan stay on one side if that can be had.
pub(crate) fn with_valid(
    audited: Audited,
    settings: &DataSettings,
    session: &Session<'_>,
) -> Result<Audited, ExperimentError> {
    let Audited { dataset, audit } = &audited;
    let splits = dataset.splits();
    let lacks_only_valid = splits.contains(&Split::Train) && !splits.contains(&Split::Valid);
    if !lacks_only_valid || settings.train_on_valid {
        return Ok(audited);
    }
    let seed = settings.split_seed;
    let cut = |groups: &[Option<GroupId>]| set_aside_valid(dataset, groups, VALID_SHARE, seed);
    let named = || -> Vec<_> {
        dataset
            .samples()
            .iter()
            .map(|one| one.group.clone())
            .collect()
    };
    let (divided, keeps_scans) = match cut(&audit.similarity_groups(dataset)) {
        Ok(divided) => (divided, true),
        // All slices of a class look alike; what the data names stays whole at least.
        Err(_) => match cut(&named()) {
            Ok(divided) => (divided, false),
            Err(source) => return Err(ExperimentError::NoValid { source }),
        },
    };
    session.tell(&Event::ValidSetAside {
        slices: divided.of(Split::Valid).count(),
        of: dataset.of(Split::Train).count(),
        seed,
        keeps_scans,
    });
    let audit = audited.audit.of_same_files(&audited.dataset, &divided);
    Ok(Audited {
        dataset: divided,
        audit,
    })
}

/// Stops data whose findings `settings` do not allow.
pub(crate) fn pass(
    audit: &Audit,
    settings: &DataSettings,
    lets_mendable_pass: bool,
) -> Result<(), ExperimentError> {
    let named = settings.allow.iter().map(|name| Rule::named(name));
    let mut allowed = named.collect::<Result<Vec<&Rule>, _>>()?;
    if lets_mendable_pass {
        allowed.extend(MENDABLE.iter().filter_map(|name| Rule::named(name).ok()));
    }
    Ok(audit.gate(&allowed)?)
}
