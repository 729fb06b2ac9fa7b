//! The network of a run: its graph and the weights that it begins with.

use hilum_core::Classes;
use hilum_graph::{Graph, Parameters, Shape, initialise};
use hilum_imaging::Recipe;
use hilum_weights::{Partial, apply_weights};

use crate::error::CommandError;
use crate::screen::Screen;
use crate::settings::RunSettings;
use crate::weights;

/// Builds the graph and fills it: random weights, then those that the settings name.
pub(crate) fn build(
    settings: &RunSettings,
    classes: &Classes,
    screen: &Screen,
) -> Result<(Graph, Parameters), CommandError> {
    let network = &settings.network;
    let graph = network
        .architecture
        .build(
            input_shape(&settings.recipe),
            classes.len(),
            network.dropout,
        )
        .map_err(CommandError::bad_input)?;
    let freeze = &settings.training.freeze;
    freeze.check(&graph).map_err(CommandError::bad_input)?;
    let mut parameters = initialise(&graph, settings.training.seed);
    if let Some(weights) = &network.weights {
        let tensors = weights::read(&weights.source, &graph, classes, screen)?;
        let partial = if network.partial_weights {
            Partial::Allowed
        } else {
            Partial::Refused
        };
        let report = apply_weights(&graph, &tensors, &mut parameters, partial)
            .map_err(CommandError::bad_input)?;
        screen.note(format_args!("weights of `{}`: {report}", weights.source));
    }
    Ok((graph, parameters))
}

/// The shape that a recipe makes.
pub(super) fn input_shape(recipe: &Recipe) -> Shape {
    Shape::new(recipe.height, recipe.width, recipe.channels.count())
}
