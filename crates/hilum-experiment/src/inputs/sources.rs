//! The files that answers came from, once more: for whoever writes what an answer refers to.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use hilum_imaging::{DecodeError, DecodeLimits, DecodeProblem, DicomHeader, Slice, file_head};

use super::input::{Input, Source};
use super::list::list;
use crate::judging::Judging;
use crate::session::Session;
use crate::{ExperimentError, Predict};

/// Files and members of archives by the paths that answers name.
#[derive(Debug)]
pub struct Sources {
    inputs: HashMap<PathBuf, Input>,
    limits: DecodeLimits,
}

impl Sources {
    /// Everything that `request` asks for, as a prediction looks at it. Nobody is told again what
    /// was left out.
    ///
    /// # Errors
    /// As [`predict`](crate::predict()), of paths.
    pub fn list(request: &Predict, session: &Session<'_>) -> Result<Self, ExperimentError> {
        let inputs = list(request, &session.silent())?;
        let by_path = inputs.into_iter().map(|input| (input.path.clone(), input));
        Ok(Self {
            inputs: by_path.collect(),
            limits: request.limits,
        })
    }

    /// What the file says of itself; `None` if it is no DICOM, or is gone.
    pub fn dicom_header(&self, path: &Path) -> Option<DicomHeader> {
        match &self.inputs.get(path)?.source {
            Source::File => {
                let of_head = file_head(path).ok().and_then(DicomHeader::read);
                // A deflated file is read whole or not at all.
                of_head.or_else(|| DicomHeader::read(fs_err::read(path).ok()?))
            }
            Source::Refused(_) | Source::NotFetched(_) => None,
            Source::Object(object, stores) => {
                DicomHeader::read(stores.read(object).ok().map(Vec::from)?)
            }
            Source::Memory(bytes) => DicomHeader::read(bytes.to_vec()),
            Source::Member { archive, index } => {
                DicomHeader::read(archive.read(*index, self.limits).ok()?)
            }
        }
    }

    /// The slice of a file as `model` decodes it, before it is prepared; `frame` counts from 1.
    ///
    /// # Errors
    /// [`DecodeError`] if it cannot be read any more.
    pub fn slice(
        &self,
        path: &Path,
        frame: Option<usize>,
        model: &Judging<'_>,
    ) -> Result<Slice, DecodeError> {
        let failed = |problem| DecodeError {
            path: path.to_owned(),
            problem,
        };
        let gone = || failed(DecodeProblem::Io(std::io::ErrorKind::NotFound.into()));
        let file = self.inputs.get(path).ok_or_else(gone)?.open(self.limits)?;
        let index = frame.map_or(0, |frame| frame.saturating_sub(1));
        if index >= file.count() {
            return Err(gone());
        }
        file.decode(index, &model.file().recipe).map_err(failed)
    }
}
