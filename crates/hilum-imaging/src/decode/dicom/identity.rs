//! Whose slice a file is, and of which series, without its pixels.

use std::io::Read as _;
use std::path::Path;

use dicom_dictionary_std::tags;

use super::header_values::DicomHeader;

/// What names a patient and a series stands early; nobody has to read pixels for it.
const HEAD: u64 = 1 << 20;

/// Whose slice a DICOM file is, and where it belongs; `None` where the file is silent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DicomIdentity {
    /// Patient ID (0010,0020).
    pub patient_id: Option<String>,
    /// Study Instance UID (0020,000D).
    pub study_uid: Option<String>,
    /// Series Instance UID (0020,000E).
    pub series_uid: Option<String>,
    /// SOP Instance UID (0008,0018): names this slice.
    pub sop_instance_uid: Option<String>,
    /// Instance Number (0020,0013).
    pub instance_number: Option<i64>,
}

impl DicomIdentity {
    /// What the first bytes of a file say, a megabyte or less; `None` if they are no DICOM.
    pub fn read(head: Vec<u8>) -> Option<Self> {
        let header = DicomHeader::read(head)?;
        Some(Self {
            patient_id: header.text(tags::PATIENT_ID),
            study_uid: header.text(tags::STUDY_INSTANCE_UID),
            series_uid: header.text(tags::SERIES_INSTANCE_UID),
            sop_instance_uid: header.text(tags::SOP_INSTANCE_UID),
            instance_number: header.integer(tags::INSTANCE_NUMBER),
        })
    }
}

/// The first megabyte of the file at `path`, or all of it.
///
/// # Errors
/// Any error of the disk.
pub fn file_head(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = fs_err::File::open(path)?;
    file.take(HEAD).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Patient ID (0010,0020) of the DICOM file at `path`.
///
/// `None` if the file cannot be read, is not DICOM, or says nothing of a patient.
pub fn dicom_patient_id(path: &Path) -> Option<String> {
    DicomIdentity::read(file_head(path).ok()?)?.patient_id
}
