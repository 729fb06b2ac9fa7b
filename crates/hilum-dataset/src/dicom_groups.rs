//! The patient of each DICOM file, as its group.

use std::io::Read as _;
use std::path::Path;

use dicom_dictionary_std::tags;
use dicom_object::OpenFileOptions;
use hilum_core::{Cancel, Cancelled, GroupId};
use rayon::prelude::*;

use crate::Dataset;

/// Gives every sample without a group the Patient ID of its DICOM header, read on all cores.
///
/// Files that are not DICOM, say nothing of a patient, or cannot be read stay without a group:
/// decoding them tells what is wrong.
///
/// # Errors
/// [`Cancelled`], after the headers that are being read just then.
pub(crate) fn with_dicom_groups(
    mut dataset: Dataset,
    cancel: &Cancel,
) -> Result<Dataset, Cancelled> {
    dataset
        .samples
        .par_iter_mut()
        .filter(|sample| sample.group.is_none())
        .try_for_each(|sample| {
            cancel.check()?;
            sample.group = patient_id(&sample.path).map(GroupId);
            Ok(())
        })?;
    Ok(dataset)
}

fn patient_id(path: &Path) -> Option<String> {
    let mut head = [0; 132];
    fs_err::File::open(path).ok()?.read_exact(&mut head).ok()?;
    if &head[128..] != b"DICM" {
        return None;
    }
    // Patient ID stands early; nothing beyond its group has to be read.
    let object = OpenFileOptions::new()
        .read_until(tags::PATIENT_BIRTH_DATE)
        .open_file(path)
        .ok()?;
    let value = object.get(tags::PATIENT_ID)?.to_str().ok()?;
    let id = value.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    (!id.is_empty()).then(|| id.to_owned())
}
