//! A dataset as a table: `path,class[,split][,group]`.

mod read;
mod write;

pub(crate) use read::list;
pub use read::{ManifestError, ManifestProblem};
pub use write::{Overwrite, WriteManifestError, write_manifest};
