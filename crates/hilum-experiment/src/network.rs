//! The network of a run: its graph and the weights that it begins with.

use hilum_core::Classes;
use hilum_graph::{Engine, Graph, Parameters, Shape, initialise};
use hilum_imaging::Recipe;
use hilum_weights::{ArchitectureDescription, ModelFile, Partial, apply_weights};

use crate::session::Session;
use crate::settings::RunSettings;
use crate::weights::StartingWeightsError;
use crate::{Event, ExperimentError, WeightsSource, engine, weights};

/// Builds the graph and fills it: random weights, then those that the settings name.
pub(crate) fn build(
    settings: &RunSettings,
    classes: &Classes,
    session: &Session<'_>,
) -> Result<(Graph, Parameters), ExperimentError> {
    let network = &settings.network;
    let imported = imported(settings)?;
    let description = description(settings, classes);
    let graph = description.graph(imported.as_ref())?;
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
    Ok(engine::open_to_train(machine, graph, &parameters, session)?)
}

/// The network of a run that begins with an imported one; `None` where hilum knows the network.
///
/// # Errors
/// [`StartingWeightsError::NothingImported`] if its weights are no such model.
pub(crate) fn imported(settings: &RunSettings) -> Result<Option<Graph>, ExperimentError> {
    let network = &settings.network;
    if network.architecture.known().is_some() {
        return Ok(None);
    }
    let source = network.weights.as_ref().map(|weights| &weights.source);
    let graph = match source {
        Some(WeightsSource::File(path)) => ModelFile::read(path)?.imported,
        _ => None,
    };
    let graph = graph.ok_or(StartingWeightsError::NothingImported)?;
    Ok(Some(graph))
}

/// All that it takes to build the network of a run again, but for an imported graph.
pub(crate) fn description(settings: &RunSettings, classes: &Classes) -> ArchitectureDescription {
    ArchitectureDescription {
        name: settings.network.architecture,
        input: input_shape(&settings.recipe),
        class_count: classes.len(),
        dropout: settings.network.dropout,
    }
}

/// The shape that a recipe makes.
pub(crate) fn input_shape(recipe: &Recipe) -> Shape {
    Shape::new(recipe.height, recipe.width, recipe.channels.count())
}
