//! A model as ONNX, for other runtimes.

use std::path::Path;

use hilum_files::write_atomically;
use hilum_onnx::{Exported, Whole};
use hilum_trust::Policy;
use hilum_weights::ModelFile;

use super::ExportError;
use crate::ExperimentError;
use crate::model::answering;

/// The card in Markdown, among the file's metadata.
const CARD: &str = "hilum.card";
/// When there is no answer, among the file's metadata.
const POLICY: &str = "hilum.policy";

/// Writes the network alone.
pub(super) fn write_bare(
    path: &Path,
    model: &ModelFile,
    card: String,
) -> Result<(), ExperimentError> {
    let graph = model.graph()?;
    let mut metadata = model.entries();
    metadata.insert(CARD.to_owned(), card);
    let bytes = hilum_onnx::write_bare(&Exported {
        graph: &graph,
        parameters: &model.parameters,
        metadata,
        producer_version: env!("CARGO_PKG_VERSION"),
    });
    Ok(write_atomically(path, |file| file.write_all(&bytes))?)
}

/// Writes everything from an 8-bit image to the answer under `policy`.
pub(super) fn write_whole(
    path: &Path,
    model: &ModelFile,
    policy: &Policy,
    card: String,
) -> Result<(), ExperimentError> {
    let graph = model.graph()?;
    let mut metadata = model.entries();
    metadata.insert(CARD.to_owned(), card);
    let said = serde_json::to_string(policy).expect("a policy always becomes JSON");
    metadata.insert(POLICY.to_owned(), said);
    let detector = model.detector.as_ref();
    let detector = detector.map(|detector| detector.with_share(policy.ood_share));
    let whole = Whole {
        recipe: &model.recipe,
        classes: &model.classes,
        answering: &answering(model, policy),
        detector: detector.as_ref(),
    };
    let exported = Exported {
        graph: &graph,
        parameters: &model.parameters,
        metadata,
        producer_version: env!("CARGO_PKG_VERSION"),
    };
    let bytes = hilum_onnx::write_whole(&exported, &whole).map_err(ExportError::from)?;
    Ok(write_atomically(path, |file| file.write_all(&bytes))?)
}
