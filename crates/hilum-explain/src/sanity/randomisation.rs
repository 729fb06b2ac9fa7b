//! What becomes of a map when the network forgets (Adebayo et al., NeurIPS 2018).
//!
//! Parameters are drawn anew from the last layer to the first, and stay so: a map that does not
//! change shows the picture and not what was learned. Running statistics belong to their layer.

use hilum_core::Cancel;
use hilum_graph::{Batch, Engine, Graph, NodeIndex, Parameters, initialise};
use serde::Serialize;

use super::Thoroughness;
use super::ranks::rank_correlation;
use crate::method::{ExplainError, Explained, Settings, explain};

/// Seeds the drawn parameters.
const SEED: u64 = 0x5A17;

/// A map after so many layers were drawn anew.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stage {
    /// The first layer of those that were.
    pub from: String,
    /// The rank correlation with the map of the network as it is; `None` without a signal.
    pub correlation: Option<f64>,
}

/// The stages of each image, from the last layer to the first.
pub(super) fn stages(
    engine: &mut dyn Engine,
    images: &Batch,
    explained: &Explained,
    settings: &Settings,
    mode: Thoroughness,
    cancel: &Cancel,
) -> Result<Vec<Vec<Stage>>, ExplainError> {
    let graph = engine.graph().clone();
    let trained = engine.parameters()?;
    let drawn = initialise(&graph, SEED);
    let mut stages = vec![Vec::new(); images.count];
    let mut outcome = Ok(());
    for first in firsts(&graph, mode) {
        outcome = stage(
            engine,
            images,
            explained,
            settings,
            &graph,
            first,
            (&trained, &drawn),
            &mut stages,
            cancel,
        );
        if outcome.is_err() {
            break;
        }
    }
    engine.set_parameters(&trained)?;
    outcome.map(|()| stages)
}

#[expect(
    clippy::too_many_arguments,
    reason = "one stage of a loop over all that it needs"
)]
fn stage(
    engine: &mut dyn Engine,
    images: &Batch,
    explained: &Explained,
    settings: &Settings,
    graph: &Graph,
    first: NodeIndex,
    (trained, drawn): (&Parameters, &Parameters),
    stages: &mut [Vec<Stage>],
    cancel: &Cancel,
) -> Result<(), ExplainError> {
    let mixed = graph.parameters().into_iter().filter_map(|spec| {
        let from = if spec.node >= first { drawn } else { trained };
        let tensor = from.get(&spec.name)?.clone();
        Some((spec.name, tensor))
    });
    engine.set_parameters(&mixed.collect())?;
    let choose = |image: usize, _: &[f32]| explained.classes[image];
    let found = explain(engine, images, settings, &choose, cancel)?;
    let maps = explained.maps.iter().zip(&found.maps);
    for (stages, (map, other)) in stages.iter_mut().zip(maps) {
        let [map, other] = [map, other].map(|map| settings.method.heat(map));
        stages.push(Stage {
            from: graph.node(first).name.clone(),
            correlation: rank_correlation(map.values(), other.values()),
        });
    }
    Ok(())
}

/// The first layers of the stages: the head and everything, or every block that has parameters.
fn firsts(graph: &Graph, mode: Thoroughness) -> Vec<NodeIndex> {
    let mut nodes: Vec<NodeIndex> = graph
        .parameters()
        .into_iter()
        .map(|spec| spec.node)
        .collect();
    nodes.dedup();
    let head = nodes.iter().copied().find(|node| *node >= graph.head());
    let Some((first, last)) = nodes.first().copied().zip(nodes.last().copied()) else {
        return Vec::new();
    };
    if mode != Thoroughness::Full {
        return vec![head.unwrap_or(last), first];
    }
    let block = |node: &NodeIndex| {
        let parts: Vec<&str> = graph.node(*node).name.split('.').take(2).collect();
        parts.join(".")
    };
    nodes.dedup_by_key(|node| block(node));
    nodes.reverse();
    nodes
}
