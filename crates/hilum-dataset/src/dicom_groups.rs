//! The patient of each DICOM file, as its group.

use hilum_core::{Cancel, Cancelled, GroupId};
use hilum_imaging::dicom_patient_id;
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
            sample.group = dicom_patient_id(&sample.path).map(GroupId);
            Ok(())
        })?;
    Ok(dataset)
}
