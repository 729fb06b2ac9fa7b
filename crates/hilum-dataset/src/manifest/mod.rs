//! A dataset as a table: `path,class[,split][,group]`, under these names or others that tables of
//! images have.

mod columns;
mod error;
mod read;
mod text;
mod write;

pub use error::{ManifestError, ManifestProblem};
pub(crate) use read::list;
pub use write::{Overwrite, WriteManifestError, write_manifest};
