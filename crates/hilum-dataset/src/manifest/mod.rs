//! A dataset as a table: `path,class[,split][,group]`, under these names or others that tables of
//! images have.

mod columns;
mod error;
mod files;
mod read;
mod text;
mod write;

pub use error::{ManifestError, ManifestProblem};
pub use files::{ManifestFile, is_manifest_name, manifest_files};
pub(crate) use read::list;
pub use write::{Overwrite, WriteManifestError, write_manifest};
