//! Training: one loop for every network and every engine.
//!
//! [`train`] takes an engine with its network, slices of two splits, a [`Recipe`] and
//! [`Settings`], and leaves the best weights in the engine and in a [`RunFolder`]. It sees no
//! test split and no engine's types. Whoever wants to draw progress bars is an [`Observer`].
//!
//! [`Recipe`]: hilum_imaging::Recipe
//!
//! ```
//! # mod tiny { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tiny/mod.rs")); }
//! use std::num::NonZeroUsize;
//! use std::ops::ControlFlow;
//! use std::sync::atomic::AtomicBool;
//!
//! use hilum_train::{FeatureCache, RunFolder, Settings, StopReason, Training, TrainingData};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let runs = tempfile::tempdir()?;
//! # let runs = runs.path();
//! # let mut engine = tiny::TinyEngine::new();
//! # let (classes, recipe, template) = (tiny::classes(), tiny::recipe(), tiny::TinyModel);
//! # let (train, valid) = (tiny::slices(30, 0), tiny::slices(12, 100));
//! let settings = Settings { epochs: 3, ..Settings::default() };
//! let folder = RunFolder::create(runs, "first")?;
//! folder.write_settings(&settings)?;
//! let training = Training {
//!     data: TrainingData { classes: &classes, train: &train, valid: &valid },
//!     recipe: &recipe,
//!     settings: &settings,
//!     folder: &folder,
//!     model: &template,
//!     features: &FeatureCache::new(FeatureCache::DEFAULT_LIMIT_BYTES, folder.path()),
//! };
//! let outcome = hilum_train::train(&mut engine, &training, &mut (), &AtomicBool::new(false))?;
//!
//! assert_eq!(outcome.reason, StopReason::Finished);
//! assert_eq!(outcome.history.rows.len(), 3);
//! assert!(folder.model().is_file());
//!
//! let slices: Vec<_> = valid.iter().map(|slice| &slice.pixels).collect();
//! let batch_size = NonZeroUsize::new(16).unwrap();
//! let probabilities =
//!     hilum_train::predict_slices(&mut engine, &slices, &recipe, batch_size, &mut |_| {
//!         ControlFlow::Continue(())
//!     })?;
//! assert_eq!(probabilities.len(), valid.len());
//! # Ok(())
//! # }
//! ```
//!
//! # What a run monitors
//!
//! | decision | by |
//! |---|---|
//! | which weights are kept | validation macro-F1, the lower validation loss among equals; with [`Keep::Last`] nothing: the last |
//! | when the run ends early | validation loss without a new minimum for 10 epochs ([`EarlyStopping`]) |
//! | when the learning rate shrinks | validation loss flat for 3 epochs ([`Schedule::Plateau`]) |
//!
//! Numbers on the training split are those of the network as it was during the epoch, in training
//! mode and on varied slices, as Keras reports them. Numbers on the validation split are those of
//! the weights after the epoch.
//!
//! # Randomness
//!
//! The order of slices is drawn from (seed, epoch), a slice's variation from (seed, epoch,
//! position), dropout from (seed, step). Nothing depends on which thread is first.

mod features;
mod hyperparameters;
mod prediction;
mod records;
mod schedules;
pub mod search;
mod slices;
mod training;

pub use features::FeatureCache;
pub use hyperparameters::{
    ClassWeights, Freeze, Keep, Settings, SettingsError, Stage, UnknownNode,
};
pub use prediction::{
    CrossEntropy, PredictError, TappedSlices, is_settled, of_two_views, predict_slices,
    slice_logits, tapped_slices,
};
pub use records::{
    CheckpointError, ModelWriter, RunFolder, RunFolderError, RunLock, read_log, write_log,
};
pub use schedules::{EarlyStopping, Monitor, Patience, Plateau, Position, Schedule};
pub use slices::{LabelledSlice, TrainingData};
pub use training::{
    BatchDone, EpochDone, Observer, Outcome, Phase, RunStart, StopReason, TrainError, Training,
    epoch_line, train, two_digits,
};
