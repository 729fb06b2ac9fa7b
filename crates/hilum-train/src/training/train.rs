//! One call that trains.

use std::sync::atomic::AtomicBool;

use hilum_graph::Engine;

use super::error::TrainError;
use super::inputs::Training;
use super::observer::Observer;
use super::outcome::Outcome;
use super::run::Run;

/// Trains `engine`'s network and leaves the best weights in it and in the run's folder.
///
/// Goes on from the folder's checkpoint if there is one; the log and the weights are then the
/// same to the bit as those of a run that was never interrupted (but for seconds and images per
/// second), given the same engine and thread count.
///
/// After each epoch these are written, in this order: `checkpoint.safetensors`, from which all
/// else can be made again; `model.safetensors`, if the validation macro-F1 is higher than ever,
/// or as high with a lower loss; `log.csv`; the TensorBoard events. A process that is killed
/// loses at most the running epoch.
///
/// Once `stop` is set, the run ends before the next batch. The running epoch is discarded.
///
/// # Errors
/// [`TrainError`]; the best model so far stays where it is.
pub fn train(
    engine: &mut dyn Engine,
    training: &Training<'_>,
    observer: &mut dyn Observer,
    stop: &AtomicBool,
) -> Result<Outcome, TrainError> {
    Run::start(engine, training, observer, stop)?.finish()
}
