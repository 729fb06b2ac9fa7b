//! What is refused before the first step.

use hilum_core::{ClassIndex, Split};
use hilum_graph::Engine;

use super::error::TrainError;
use super::inputs::Training;
use crate::slices::{LabelledSlice, Preparation};

/// Checks that settings, data, recipe and network fit one another.
pub(crate) fn check(engine: &dyn Engine, training: &Training<'_>) -> Result<(), TrainError> {
    let settings = training.settings;
    settings
        .validate()
        .map_err(|source| TrainError::Settings { source })?;
    let graph = engine.graph();
    let data = training.data;
    if graph.class_count() != data.classes.len() {
        return Err(TrainError::ClassCount {
            graph: graph.name().to_owned(),
            expected: data.classes.len(),
            found: graph.class_count(),
        });
    }
    settings.freeze.check(graph)?;
    let preparation = check_image_shape(engine, training)?;
    for (split, slices) in data.splits() {
        if split == Split::Valid && slices.is_empty() && !settings.chooses_by_validation() {
            continue;
        }
        check_classes(training, split, slices)?;
        check_slices(&preparation, split, slices)?;
    }
    let parameters = engine
        .parameters()
        .map_err(|source| TrainError::Engine { source })?;
    let checked = parameters.check(graph);
    checked.map_err(|source| TrainError::InitialWeights { source })
}

/// The preparation, if the network reads what the recipe makes.
fn check_image_shape<'a>(
    engine: &dyn Engine,
    training: &Training<'a>,
) -> Result<Preparation<'a>, TrainError> {
    let preparation = Preparation::new(training.recipe, engine.graph());
    if preparation.shape() == preparation.recipe_shape() {
        return Ok(preparation);
    }
    Err(TrainError::ImageShape {
        graph: engine.graph().name().to_owned(),
        expected: preparation.shape(),
        found: preparation.recipe_shape(),
    })
}

fn check_classes(
    training: &Training<'_>,
    split: Split,
    slices: &[LabelledSlice],
) -> Result<(), TrainError> {
    let classes = training.data.classes;
    let is_missing = |class: &ClassIndex| slices.iter().all(|slice| slice.truth != *class);
    match classes.indices().find(is_missing) {
        None => Ok(()),
        Some(class) => Err(TrainError::ClassMissing {
            class: classes.name(class).clone(),
            split,
        }),
    }
}

fn check_slices(
    preparation: &Preparation<'_>,
    split: Split,
    slices: &[LabelledSlice],
) -> Result<(), TrainError> {
    for (index, slice) in slices.iter().enumerate() {
        if let Some(found) = preparation.foreign_shape(&slice.pixels) {
            return Err(TrainError::SliceShape {
                split,
                index,
                expected: preparation.recipe_shape(),
                found,
            });
        }
    }
    Ok(())
}
