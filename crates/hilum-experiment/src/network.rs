//! The network of a run: its graph and the weights that it begins with.

use hilum_core::Classes;
use hilum_graph::{Engine, Graph, Parameters, Shape, initialise};
use hilum_imaging::Recipe;
use hilum_weights::{Partial, apply_weights};

use crate::session::Session;
use crate::settings::RunSettings;
use crate::{Event, ExperimentError, engine, weights};

/// Builds the graph and fills it: random weights, then those that the settings name.
pub(crate) fn build(
    settings: &RunSettings,
    classes: &Classes,
    session: &Session<'_>,
) -> Result<(Graph, Parameters), ExperimentError> {
    let network = &settings.network;
    let graph = network.architecture.build(
        input_shape(&settings.recipe),
        classes.len(),
        network.dropout,
    )?;
    settings.training.freeze.check(&graph)?;
    let mut parameters = initialise(&graph, settings.training.seed);
    if let Some(weights) = &network.weights {
        let tensors = weights::read(&weights.source, &graph, classes, session)?;
        let partial = if network.partial_weights {
            Partial::Allowed
        } else {
            Partial::Refused
        };
        let report = apply_weights(&graph, &tensors, &mut parameters, partial)?;
        session.tell(&Event::WeightsApplied {
            source: &weights.source,
            report: &report,
        });
    }
    Ok((graph, parameters))
}

/// The same, in an engine that is ready to train it.
pub(crate) fn open(
    settings: &RunSettings,
    classes: &Classes,
    session: &Session<'_>,
) -> Result<Box<dyn Engine>, ExperimentError> {
    let (graph, parameters) = build(settings, classes, session)?;
    let machine = &settings.machine;
    Ok(engine::open(machine, graph, &parameters, session)?)
}

/// The shape that a recipe makes.
pub(crate) fn input_shape(recipe: &Recipe) -> Shape {
    Shape::new(recipe.height, recipe.width, recipe.channels.count())
}
