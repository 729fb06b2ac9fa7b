//! Folders, manifests and DICOM files as a [`Dataset`].
//!
//! Three layouts are read: `ROOT/{train,valid,test}/CLASS/*`, `ROOT/CLASS/*`, and a CSV manifest
//! `path,class[,split][,group]`. The last two may come without a split; they get a stratified one
//! that keeps groups whole. Files are taken by content, not by extension, so everything in a class
//! folder is a sample but for what [`Ignored`] lists; nothing is left out silently.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use hilum_core::Split;
//! use hilum_dataset::{Dataset, ReadSettings};
//!
//! # let folder = tempfile::tempdir()?;
//! # let root = folder.path();
//! for split in ["train", "val"] {
//!     for class in ["adenocarcinoma_left.lower.lobe_T2_N0_M0_Ib", "normal"] {
//!         std::fs::create_dir_all(root.join(split).join(class))?;
//!         std::fs::write(root.join(split).join(class).join("1.png"), "pixels")?;
//!     }
//! }
//! let dataset = Dataset::read(root, &ReadSettings::default())?;
//! assert_eq!(dataset.classes().names()[0].as_str(), "adenocarcinoma");
//! assert_eq!(dataset.class_counts(Split::Valid), [1, 1]);
//! assert!(dataset.require(Split::Test).is_err());
//! # Ok(())
//! # }
//! ```
//!
//! **Invariants**: every split holds the same classes, or reading stops. Class order is
//! alphabetical. The test split is reached only by naming it; nothing falls back from one split to
//! another.

pub mod audit;
mod class_map;
mod class_sets;
mod dataset;
mod dicom_groups;
mod folders;
mod listing;
mod load;
mod manifest;
mod nesting;
mod read;
mod split;
mod walk;

pub use class_map::{ClassMap, ClassMapError};
pub use class_sets::{ClassMismatch, ClassTable, Lookalike};
pub use dataset::{Dataset, Layout, MissingSplit, Renamed, Sample};
pub use load::{Loaded, LoadedSlice, Unreadable, load};
pub use manifest::{
    ManifestError, ManifestFile, ManifestProblem, Overwrite, WriteManifestError, is_manifest_name,
    manifest_files, write_manifest,
};
pub use nesting::Tree;
pub use read::{ClassSets, ReadError, ReadSettings};
pub use split::{
    Divisible, FoldsError, FractionsError, SplitFractions, StratifyError, all_in, hold_out,
    resplit, set_aside_valid, stratified_folds,
};
pub use walk::{IgnoreReason, Ignored, ImageFiles, image_files, reason_to_ignore};
