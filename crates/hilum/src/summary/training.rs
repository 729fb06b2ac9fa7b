//! A training run in one line.

use hilum_experiment::Trained;
use hilum_train::Keep;

use super::figures::show;

/// Which epoch became the model, and what validation says of it.
pub(crate) fn training(trained: &Trained) -> String {
    let Some(best) = trained.history.best() else {
        return "no epoch was complete".to_owned();
    };
    let which = match trained.keep {
        Keep::Best => "best",
        Keep::Last => "last",
    };
    let epoch = best.epoch;
    if best.valid.accuracy.is_none() && best.valid.loss.is_none() {
        return format!("{which} epoch {epoch}: no slice was kept back to be measured on");
    }
    format!(
        "{which} epoch {epoch}: validation accuracy {}, macro-F1 {}, loss {}",
        show(best.valid.accuracy),
        show(best.valid.macro_f1),
        show(best.valid.loss),
    )
}
