//! DICOM instances of a server, by DICOMweb (PS3.18): which there are by QIDO-RS, their files by
//! WADO-RS.
//!
//! ```no_run
//! use hilum_core::Cancel;
//! use hilum_dicomweb::{Address, DicomWebSettings, retrieve};
//!
//! let address: Address = "dicomweb:https://pacs.example/dicom-web/studies/1.2.3".parse()?;
//! let settings = DicomWebSettings::default();
//! let instances = retrieve(&address, &settings, &mut |_, _| {}, &Cancel::default())?;
//! println!("{} files", instances.len());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Only `https://` is spoken, but with this machine itself. What a server sends is bounded in
//! size, number and time, and nothing of it is kept on the disk. Nothing here knows a pixel.

mod address;
mod client;
mod error;
mod multipart;
mod query;
mod retrieve;
mod settings;

pub use address::{Address, AddressError};
pub use error::DicomWebError;
pub use multipart::MultipartError;
pub use retrieve::{Instance, retrieve};
pub use settings::{Credentials, DicomWebSettings, Limits};
