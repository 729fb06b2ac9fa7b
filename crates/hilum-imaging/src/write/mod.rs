//! Slices to files: PNG and DICOM.

mod ct_image;
mod png;
mod uid;

pub use ct_image::{PatientInfo, SeriesInfo, write_dicom};
pub use png::{encode_png, write_png};
pub use uid::{IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME, derived_uid};

use std::path::PathBuf;

use thiserror::Error;

/// Why a slice could not be written.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The disk refused; the path is in the cause.
    #[error("cannot write a slice")]
    Io(#[from] std::io::Error),
    /// The PNG encoder refused.
    #[error("cannot encode `{}` as PNG", path.display())]
    Png {
        /// The file that was to be written.
        path: PathBuf,
        /// What the encoder said.
        source: ::png::EncodingError,
    },
    /// The DICOM encoder refused.
    #[error("cannot encode `{}` as DICOM", path.display())]
    Dicom {
        /// The file that was to be written.
        path: PathBuf,
        /// What the encoder said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A patient or series attribute that DICOM cannot hold.
    #[error(
        "`{value}` cannot be the {attribute} of a DICOM file\n\
         hint: use at most 64 characters and no backslash or control character"
    )]
    Attribute {
        /// Which attribute.
        attribute: &'static str,
        /// What was given.
        value: String,
    },
}
