//! The patient of a file, without its pixels.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use dicom_dictionary_std::tags;

use super::super::{DecodeLimits, Format};
use super::attributes::text;
use super::data_set::DataSet;
use super::file_meta::FileStart;
use super::nonconformity::Forgiven;

/// Patient ID stands early; nobody has to read pixels for it.
const HEAD: u64 = 1 << 20;

/// Patient ID (0010,0020) of the DICOM file at `path`.
///
/// `None` if the file cannot be read, is not DICOM, or says nothing of a patient.
pub fn dicom_patient_id(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    let file = fs_err::File::open(path).ok()?;
    file.take(HEAD).read_to_end(&mut bytes).ok()?;
    if Format::sniff(&bytes) != Some(Format::Dicom) {
        return None;
    }
    let forgiven = &mut Forgiven::default();
    let start = FileStart::read(bytes, DecodeLimits::default(), forgiven).ok()?;
    let bytes = Arc::new(start.bytes);
    let data_set = DataSet::read(bytes, start.data_set, start.encoding, forgiven);
    text(&data_set, tags::PATIENT_ID)
}
