//! Which files are of one series or patient, by what they say without their pixels.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hilum_imaging::{DecodeLimits, DicomIdentity};
use rayon::ThreadPool;
use rayon::prelude::*;

use super::Whole;
use crate::inputs::{Fetched, Input, InputKind};
use crate::predict::in_order::in_order;
use crate::session::Session;
use crate::{ExperimentError, Task};

/// Bytes in which an object says where it belongs.
const HEAD: u64 = 1 << 20;

/// What tells one whole from another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::predict) enum UnitName {
    /// Patient ID.
    Patient(String),
    /// Study Instance UID, where no patient is named: a study is of one patient.
    Study(String),
    /// Series Instance UID.
    Series(String),
    /// What a manifest names.
    Group(String),
    /// The folder of files that say nothing.
    Folder(PathBuf),
    /// A file that holds many slices.
    File(PathBuf),
}

/// A whole, and the positions of its files.
#[derive(Debug)]
pub(in crate::predict) struct Unit {
    /// `None` if nobody asked what belongs together.
    pub(in crate::predict) name: Option<UnitName>,
    pub(in crate::predict) members: Vec<usize>,
}

impl Unit {
    /// Files that nobody told apart.
    pub(in crate::predict) fn of(members: Range<usize>) -> Self {
        Self {
            name: None,
            members: members.collect(),
        }
    }

    /// What tells its shard: what it is called by, or where it lies below the path that was given.
    pub(in crate::predict) fn shard_name(&self, inputs: &[Input]) -> Vec<u8> {
        let tagged = |tag: &str, name: &[u8]| [tag.as_bytes(), b"\0", name].concat();
        let first = self.members.first().map(|member| inputs[*member].name());
        let first = first.unwrap_or_default();
        match &self.name {
            Some(UnitName::Patient(name)) => tagged("patient", name.as_bytes()),
            Some(UnitName::Study(name)) => tagged("study", name.as_bytes()),
            Some(UnitName::Series(name)) => tagged("series", name.as_bytes()),
            Some(UnitName::Group(name)) => tagged("group", name.as_bytes()),
            Some(UnitName::Folder(_)) => {
                let end = first.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
                tagged("folder", &first[..end])
            }
            Some(UnitName::File(_)) | None => tagged("file", &first),
        }
    }
}

/// Where a file stands among those of its whole, whatever it is called: by series, by instance
/// number, by instance. Names of instances are kept as their hashes.
type Place = (u64, Option<i64>, u64);

/// Everything that is of one whole together, in the order of first files.
pub(in crate::predict) fn units(
    inputs: &Arc<[Input]>,
    whole: Whole,
    limits: DecodeLimits,
    workers: &ThreadPool,
    session: &Session<'_>,
) -> Result<Vec<Unit>, ExperimentError> {
    let done = AtomicUsize::new(0);
    let fetched = Fetched::heads(inputs, HEAD, session.cancel());
    let found: Result<Vec<_>, ExperimentError> =
        session.counted(Task::Audit, inputs.len(), |told| {
            let look = |at: usize| {
                session.cancel().check()?;
                let input = &inputs[at];
                let head = fetched.as_ref().filter(|_| input.object().is_some());
                let kind = match head {
                    Some(fetched) => input.kind_of(fetched.head(at, input), limits),
                    None => input.kind(limits),
                };
                told(done.fetch_add(1, Ordering::Relaxed) + 1);
                Ok((name(whole, input, &kind), place(&kind)))
            };
            if fetched.is_some() {
                return in_order(workers, inputs.len(), look).into_iter().collect();
            }
            workers.install(|| (0..inputs.len()).into_par_iter().map(look).collect())
        });
    let found: Vec<(UnitName, Place)> = found?;
    let mut units: Vec<Unit> = Vec::new();
    let mut known: HashMap<UnitName, usize> = HashMap::new();
    let mut places: Vec<Place> = Vec::with_capacity(found.len());
    for (index, (name, place)) in found.into_iter().enumerate() {
        places.push(place);
        let unit = *known.entry(name.clone()).or_insert_with(|| {
            units.push(Unit {
                name: Some(name),
                members: Vec::new(),
            });
            units.len() - 1
        });
        units[unit].members.push(index);
    }
    for unit in &mut units {
        let key = |index: &usize| (places[*index], inputs[*index].path());
        unit.members.sort_by(|a, b| key(a).cmp(&key(b)));
    }
    Ok(units)
}

fn name(whole: Whole, input: &Input, kind: &InputKind) -> UnitName {
    let group = || input.group().map(|group| UnitName::Group(group.0.clone()));
    let own = match (whole, kind) {
        (Whole::Series, InputKind::Dicom(identity)) => identity
            .series_uid
            .clone()
            .map(UnitName::Series)
            .or_else(group),
        (Whole::Series, InputKind::Volume) => Some(UnitName::File(input.path().clone())),
        (Whole::Patient, InputKind::Dicom(identity)) => group().or_else(|| patient(identity)),
        (Whole::Patient, InputKind::Volume) => {
            group().or_else(|| Some(UnitName::File(input.path().clone())))
        }
        (Whole::Series | Whole::Patient, InputKind::Picture) => group(),
    };
    own.unwrap_or_else(|| {
        let folder = input.path().parent().unwrap_or(Path::new(""));
        UnitName::Folder(folder.to_owned())
    })
}

fn patient(identity: &DicomIdentity) -> Option<UnitName> {
    let DicomIdentity {
        patient_id,
        study_uid,
        series_uid,
        ..
    } = identity;
    let by_study = || study_uid.clone().map(UnitName::Study);
    let by_series = || series_uid.clone().map(UnitName::Series);
    let by_patient = patient_id.clone().map(UnitName::Patient);
    by_patient.or_else(by_study).or_else(by_series)
}

fn place(kind: &InputKind) -> Place {
    let InputKind::Dicom(identity) = kind else {
        return (0, None, 0);
    };
    let hash = |text: &Option<String>| {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        hasher.finish()
    };
    (
        hash(&identity.series_uid),
        identity.instance_number,
        hash(&identity.sop_instance_uid),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dicom(patient: Option<&str>, study: Option<&str>, series: Option<&str>) -> DicomIdentity {
        DicomIdentity {
            patient_id: patient.map(str::to_owned),
            study_uid: study.map(str::to_owned),
            series_uid: series.map(str::to_owned),
            ..DicomIdentity::default()
        }
    }

    #[test]
    fn a_file_without_a_patient_is_of_its_study_and_without_that_of_its_series() {
        let named = |identity| patient(&identity);
        let patient = named(dicom(Some("P"), Some("1"), Some("2")));
        assert_eq!(patient, Some(UnitName::Patient("P".to_owned())));
        let study = named(dicom(None, Some("1"), Some("2")));
        assert_eq!(study, Some(UnitName::Study("1".to_owned())));
        let series = named(dicom(None, None, Some("2")));
        assert_eq!(series, Some(UnitName::Series("2".to_owned())));
        assert_eq!(named(dicom(None, None, None)), None);
    }
}
