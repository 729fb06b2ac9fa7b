//! What is named by the address of a DICOMweb server, fetched into memory.

use std::path::PathBuf;

use hilum_dicomweb::{Address, DicomWebSettings, retrieve};

use super::MemoryFile;
use crate::session::Session;
use crate::{Event, ExperimentError, Predict, Task};

/// Whether one of `paths` is the address of a study, `dicomweb:https://...`.
pub fn names_dicomweb(paths: &[PathBuf]) -> bool {
    paths.iter().any(|path| is_address(path))
}

/// Fetches what the paths of `request` name by `dicomweb:...`: the instances then stand among its
/// files in memory, each called by its own address, and no path is an address any more. The
/// network is touched by nothing else of a prediction.
///
/// # Errors
/// [`ExperimentError::DicomWebAddress`], [`ExperimentError::DicomWeb`].
pub fn fetch_dicomweb(
    request: &mut Predict,
    settings: &DicomWebSettings,
    session: &Session<'_>,
) -> Result<(), ExperimentError> {
    let paths = std::mem::take(&mut request.paths);
    let (addresses, paths): (Vec<_>, Vec<_>) = paths.into_iter().partition(|path| is_address(path));
    request.paths = paths;
    let task = Task::Fetch;
    for address in addresses {
        let address: Address = address.to_string_lossy().parse()?;
        let mut told = |done: usize, total: usize| {
            if done == 0 {
                session.tell(&Event::Begins { task, total });
            }
            session.tell(&Event::Advances { task, done });
        };
        let fetched = retrieve(&address, settings, &mut told, session.cancel());
        session.tell(&Event::Ends { task });
        for instance in fetched? {
            let file = MemoryFile::new(instance.address, instance.bytes);
            request.files.push(file);
        }
    }
    Ok(())
}

fn is_address(path: &std::path::Path) -> bool {
    path.to_str().is_some_and(Address::is_meant_by)
}
