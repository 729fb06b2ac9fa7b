//! Pixels: from a file to what a network sees.
//!
//! A file is decoded to 8-bit [`Pixels`] by its content, never by its name; a [`Recipe`] says
//! how they are windowed, resized and normalised.
//!
//! ```
//! use hilum_imaging::{Channels, Pixels, Recipe};
//!
//! // What `decode_file` gives for a colour screenshot of a slice.
//! let slice = Pixels::new(640, 480, Channels::Rgb, vec![128; 640 * 480 * 3]);
//!
//! let recipe = Recipe::reference();
//! recipe.validate()?;
//! let prepared = recipe.prepare(&slice);
//! assert_eq!((prepared.width(), prepared.height()), (200, 200));
//! assert_eq!(prepared.channels(), Channels::Grey);
//!
//! let mut input = vec![0.0; recipe.value_count()];
//! recipe.normalise(&prepared, &mut input);
//! assert_eq!(input[0], 128.0 / 255.0);
//! # Ok::<(), hilum_imaging::RecipeError>(())
//! ```
//!
//! [`Recipe::read_file`] does all of it from a path, and [`SourceInfo`] keeps what the file said of
//! itself: its kind, its size, and a DICOM header's patient, series, position and windows.

mod anatomy;
mod augment;
mod clahe;
mod decode;
mod fingerprint;
mod frame;
mod grey;
mod mask;
mod normalise;
mod phantom;
mod pixels;
mod prepare;
mod recipe;
mod resize;
mod series;
mod sheet;
mod stranger;
mod stress;
mod transpose;
mod window;
mod write;

pub use anatomy::{Anatomy, ChestMasks, Extent, NoLungs, Tones};
pub use augment::{
    Augmentation, AugmentationError, Erasure, FillMode, Finding, RandomErasing, Staging, Transform,
    ZoomRange,
};
pub use decode::{
    CT_STORAGE_CLASSES, Concern, DecodeError, DecodeLimits, DecodeProblem, DecoderCause, Depth,
    DicomHeader, DicomIdentity, DicomInfo, DicomProblem, Format, Hounsfield, Measured,
    Nonconformity, READ_TRANSFER_SYNTAXES, Rendering, Slice, SliceFile, SourceColor, SourceDepth,
    SourceInfo, SourceNote, decode, decode_file, decode_hounsfield, dicom_patient_id, file_head,
};
pub use fingerprint::{
    Likeness, PixelDigest, SliceFingerprint, SliceSet, SliceSetError, THUMBNAIL_SIDE,
};
pub use mask::Mask;
pub use phantom::{
    DatasetSettings, DatasetWriteError, HounsfieldSlice, Lesion, LesionDisc, LesionTable,
    LesionTableError, Phantom, PhantomFormat, PhantomTruth, Shortcut, WrittenDataset,
    write_dataset, write_dataset_with_truth,
};
pub use pixels::{Channels, Pixels};
pub use prepare::{RecipeError, Sight};
pub use recipe::{Clahe, Fit, Frame, Interpolation, Normalisation, Recipe, Views, Window};
pub use series::{SeriesOrder, place_mm, series_order};
pub use sheet::{SheetRow, sheet};
pub use stranger::{Drawing, Misplacement, Showing, draw};
pub use stress::{Change, StressedSlice};
pub use window::{FileWindow, VoiFunction, WindowError};
pub use write::{
    IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME, PatientInfo, SeriesInfo, WriteError,
    derived_uid, encode_png, write_dicom, write_png,
};
