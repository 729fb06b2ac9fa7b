//! The training that made a model, as far as it can still be told.

use std::path::Path;

use hilum_metrics::History;
use hilum_report::TrainingContext;
use hilum_train::read_log;
use hilum_weights::ModelFile;

/// The epochs of the training that made the model at `path`, with its own audit, if its log still
/// lies beside it.
///
/// A model that was copied beside another run's log has none: the log must say of the kept epoch
/// what the model says.
pub(crate) fn own_training(path: &Path, model: &ModelFile) -> Option<(History, TrainingContext)> {
    let mut history = read_log(&path.with_file_name("log.csv")).ok()?;
    let validation = model.validation.as_ref()?;
    history.best_epoch = validation.epoch;
    let kept = history.best()?;
    (kept.valid == validation.scores).then_some(())?;
    let context = TrainingContext {
        validation: model.training.validation_role(),
        audit: model.audit.clone(),
    };
    Some((history, context))
}
