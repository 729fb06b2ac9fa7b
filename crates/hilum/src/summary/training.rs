//! A training run in one line.

use hilum_experiment::Trained;
use hilum_train::Keep;

use super::figures::show;

/// What is said where nobody named a network.
pub(crate) const BUNDLED_BEGINNING: &str = "no network named: `mobilenet-v2` begins with `bundled` weights, those of the model that comes with \
     hilum (`--arch reference-cnn` trains the reference recipe from nothing)";

/// What is said of folds whose trainings begin with the bundled model.
pub(crate) const BUNDLED_KNOWS: &str = "the model that comes with hilum has learned from published chest-CT slices: where yours are \
     among them, it knows what is held out, and the figures flatter; \
     `--weights torchvision:mobilenet_v2` and `--arch reference-cnn` know none of them";

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
