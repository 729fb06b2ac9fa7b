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
//!     hilum_train::predict_slices(&mut engine, &slices, &recipe, batch_size, &mut |_| {})?;
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

mod batches;
mod check;
mod checkpoint;
mod class_weights;
mod cross_entropy;
mod data;
mod early_stopping;
mod feature_cache;
mod freeze;
mod frozen;
mod judge;
mod log;
mod measure;
mod model_writer;
mod observer;
mod pass;
mod predict;
mod preparation;
mod random;
mod run;
mod run_folder;
mod schedule;
pub mod search;
mod settings;
mod tensorboard;
mod train;

pub use checkpoint::CheckpointError;
pub use class_weights::ClassWeights;
pub use cross_entropy::CrossEntropy;
pub use data::{LabelledSlice, TrainingData};
pub use early_stopping::{EarlyStopping, Monitor, Patience};
pub use feature_cache::FeatureCache;
pub use freeze::{Freeze, Stage};
pub use log::{read_log, write_log};
pub use model_writer::ModelWriter;
pub use observer::{BatchDone, EpochDone, Observer, Phase, RunStart, epoch_line};
pub use predict::{PredictError, predict_slices, slice_logits};
pub use run_folder::{RunFolder, RunFolderError};
pub use schedule::{Plateau, Position, Schedule};
pub use settings::{Keep, Settings, SettingsError};
pub use train::{Outcome, StopReason, TrainError, Training, train};
