//! The file of an instance that is being received.

use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use dicom_object::FileMetaTableBuilder;
use fs_err::File;
use hilum_imaging::{IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME};

/// A file that is removed unless it is taken in.
#[derive(Debug)]
pub(super) struct Incoming {
    path: PathBuf,
    file: BufWriter<File>,
    bytes: u64,
}

/// What the file meta information says (PS3.10 7.1).
#[derive(Debug, Clone, Copy)]
pub(super) struct Meta<'a> {
    pub(super) sop_class_uid: &'a str,
    pub(super) sop_instance_uid: &'a str,
    pub(super) transfer_syntax: &'a str,
    /// Who sends it, if its title is one.
    pub(super) calling: Option<&'a String>,
}

impl Incoming {
    pub(super) fn create(path: PathBuf, meta: Meta<'_>) -> io::Result<Self> {
        let file = File::create(&path)?;
        let mut incoming = Self {
            path,
            file: BufWriter::with_capacity(1 << 17, file),
            bytes: 0,
        };
        let mut table = FileMetaTableBuilder::new()
            .media_storage_sop_class_uid(meta.sop_class_uid)
            .media_storage_sop_instance_uid(meta.sop_instance_uid)
            .transfer_syntax(meta.transfer_syntax)
            .implementation_class_uid(IMPLEMENTATION_CLASS_UID)
            .implementation_version_name(IMPLEMENTATION_VERSION_NAME);
        if let Some(calling) = meta.calling {
            table = table.source_application_entity_title(calling);
        }
        let table = table.build().map_err(io::Error::other)?;
        let mut head = vec![0; 128];
        head.extend(b"DICM");
        table.write(&mut head).map_err(io::Error::other)?;
        incoming.write(&head)?;
        Ok(incoming)
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes += bytes.len() as u64;
        self.file.write_all(bytes)
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Where it lies, all written.
    pub(super) fn finish(&mut self) -> io::Result<&Path> {
        self.file.flush()?;
        Ok(&self.path)
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        // Gone already, if it was taken in; otherwise the next start removes what this cannot.
        let _ = fs_err::remove_file(&self.path);
    }
}
