//! An object as a file, ready to be written or sent.

use std::io;
use std::path::{Path, PathBuf};

use dicom_dictionary_std::uids;
use dicom_object::InMemDicomObject;
use dicom_object::meta::FileMetaTableBuilder;
use hilum_files::write_atomically;
use hilum_imaging::{IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME};

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ResultKind {
    /// Comprehensive SR Storage: what the model says of a series and each of its slices.
    Report,
    /// Secondary Capture Image Storage: a slice with its heat.
    Capture,
}

/// A DICOM object that says what a model says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultObject {
    /// What it is.
    pub kind: ResultKind,
    /// SOP Class UID (0008,0016).
    pub sop_class_uid: &'static str,
    /// SOP Instance UID (0008,0018): the same for the same input.
    pub sop_instance_uid: String,
    /// The study that it joins: that of the images.
    pub study_uid: String,
    /// The series of images that it is about.
    pub source_series_uid: String,
    /// The whole file (PS3.10), Explicit VR Little Endian: equal input gives equal bytes.
    pub bytes: Vec<u8>,
}

/// The transfer syntax of every object.
pub const TRANSFER_SYNTAX_UID: &str = uids::EXPLICIT_VR_LITTLE_ENDIAN;

/// Where the length of group 2 stands in a file, behind preamble, `DICM` and its element's header.
const META_LENGTH: usize = 128 + 4 + 8;

impl ResultObject {
    /// The data set alone, as a C-STORE sends it.
    pub fn data_set(&self) -> &[u8] {
        let begin = META_LENGTH + 4;
        let length = self
            .bytes
            .get(META_LENGTH..begin)
            .and_then(|bytes| bytes.try_into().ok());
        let length = length.map_or(0, u32::from_le_bytes) as usize;
        self.bytes.get(begin + length..).unwrap_or_default()
    }

    /// `sr-UID.dcm` or `capture-UID.dcm`.
    pub fn file_name(&self) -> String {
        let kind = match self.kind {
            ResultKind::Report => "sr",
            ResultKind::Capture => "capture",
        };
        format!("{kind}-{}.dcm", self.sop_instance_uid)
    }

    /// Writes it into `folder`, whole or not at all, and says where. What has its name is replaced
    /// by the same.
    ///
    /// # Errors
    /// Any error of the disk, with the path.
    pub fn write_into(&self, folder: &Path) -> io::Result<PathBuf> {
        let path = folder.join(self.file_name());
        write_atomically(&path, |file| file.write_all(&self.bytes))?;
        Ok(path)
    }
}

/// The file of a data set.
pub(crate) fn encode(object: InMemDicomObject) -> Vec<u8> {
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax(TRANSFER_SYNTAX_UID)
        .implementation_class_uid(IMPLEMENTATION_CLASS_UID)
        .implementation_version_name(IMPLEMENTATION_VERSION_NAME);
    let mut bytes = Vec::new();
    let file = object
        .with_meta(meta)
        .expect("class, instance and syntax are there");
    file.write_all(&mut bytes)
        .expect("memory takes every data set");
    bytes
}
