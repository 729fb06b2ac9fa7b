//! What a model says of DICOM slices, as DICOM objects that a PACS keeps beside them.
//!
//! Of every series there is one report, Comprehensive SR after TID 1500, and captures of the slices
//! that carry its answer, with the heat of the model over them. Both join the study of the images.
//! Nothing here touches a network or a folder: objects come as bytes of files.
//!
//! ```
//! use hilum_experiment::{Model, ModelOrigin, Predict, RunSettings, Session};
//! use hilum_imaging::{Lesion, Phantom, SeriesInfo, write_dicom};
//! use hilum_results::{CaptureSettings, ModelIdentity, ResultKind, predict_results};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! # let phantom = Phantom { size: 128, patient_seed: 7, slice_index: 0, lesion: Lesion::None };
//! # let file = folder.join("1.dcm");
//! # write_dicom(&file, &phantom.render(), &SeriesInfo::phantom(7, Lesion::None), 1)?;
//! let session = Session::default();
//! # let machine = hilum_experiment::Choices::default().machine();
//! let mut model = Model::open(&ModelOrigin::Bundled, &machine, &session)?;
//! // Once for a model, as its file is read for it.
//! let identity = ModelIdentity::of(&model.origin, &model.file.classes);
//!
//! // The files of a series, or of many.
//! let request = Predict::new([folder]);
//! let captures = CaptureSettings::default();
//! let mut objects = Vec::new();
//! let results = predict_results(&mut model, &identity, &request, &captures, &session, &mut |one| {
//!     objects.push(one);
//!     Ok(())
//! })?;
//! assert_eq!(results.series.len(), 1);
//! assert_eq!(objects[0].kind, ResultKind::Report);
//!
//! // To a folder, by C-STORE (`data_set`, `sop_class_uid`), or as a part of STOW-RS (`bytes`).
//! let path = objects[0].write_into(folder)?;
//! assert!(path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("sr-2.25.")));
//! # Ok(())
//! # }
//! ```
//!
//! Where answers are there already, [`results_of`] makes objects of them; [`report`] and
//! [`captures`] make one kind of one [`JudgedSeries`].
//!
//! # What is the same
//!
//! Equal slices, model, policy and program give equal bytes, also under other names of files and in
//! another order. Identifiers are derived from what an object says (PS3.5 B.2), dates are those of
//! the images: an object that is made and sent twice is one object.
//!
//! `docs/dicom-results.md` says which templates and codes are used.

#![expect(
    clippy::result_large_err,
    reason = "the library's error is made once, when a call ends"
)]

mod attributes;
mod capture;
mod code;
mod finding;
mod identifiers;
mod judged;
mod model_identity;
mod modules;
mod report;
mod result_object;
mod results;
mod scheme;
mod source;

pub use capture::{CaptureSettings, captures};
pub use code::Code;
pub use finding::finding;
pub use hilum_imaging::{IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME};
pub use judged::{JudgedSeries, JudgedSlice, NoResult, Unreferenced, judged_series};
pub use model_identity::ModelIdentity;
pub use modules::NOT_FOR_DIAGNOSIS;
pub use report::report;
pub use result_object::{ResultKind, ResultObject, TRANSFER_SYNTAX_UID};
pub use results::{Results, SeriesResult, predict_results, results_of};
pub use scheme::SCHEME;
pub use source::{NoReference, SourceInstance};
