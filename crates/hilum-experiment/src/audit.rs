//! What makes a number worthless, before it is a number.

use std::path::PathBuf;

use hilum_dataset::audit::{Audit, mend, write_page};
use hilum_dataset::{ClassSets, Overwrite, write_manifest};

use crate::session::{Session, workers};
use crate::settings::{DataSettings, MachineSettings};
use crate::{Event, ExperimentError, data};

/// What is audited, and what is written of it.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditRequest {
    /// Which data, and how it is read.
    pub data: DataSettings,
    /// How many threads decode.
    pub machine: MachineSettings,
    /// What is written; nothing, if absent.
    pub output: Option<AuditOutput>,
}

/// What an audit writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditOutput {
    /// An HTML page that shows data and findings, in this folder.
    Page(PathBuf),
    /// The dataset without copies and contradictions, as a manifest; the source stays as it is.
    Mended {
        /// The manifest.
        path: PathBuf,
        /// Whether an older one may be replaced.
        overwrite: Overwrite,
    },
}

/// Audits a dataset. Differing class sets are a finding here, not a stop.
///
/// Of a dataset that is mended, what comes back is the audit of what was written.
///
/// # Errors
/// [`ExperimentError`] if the data cannot be read or the output not be written. Findings are no
/// error.
pub fn audit(request: &AuditRequest, session: &Session<'_>) -> Result<Audit, ExperimentError> {
    let workers = workers(request.machine.threads)?;
    let dataset = data::read(&request.data, ClassSets::MayDiffer, session)?;
    let found = data::look_at(&dataset, request.data.max_pixels, &workers, session)?;
    match &request.output {
        None => Ok(found),
        Some(AuditOutput::Page(folder)) => {
            let page = write_page(folder, &dataset, &found)?;
            session.tell(&Event::Wrote { path: &page });
            Ok(found)
        }
        Some(AuditOutput::Mended { path, overwrite }) => {
            let mended = mend(&dataset, &found);
            write_manifest(path, &mended.dataset, *overwrite)?;
            session.tell(&Event::Wrote { path });
            Ok(mended.audit)
        }
    }
}
