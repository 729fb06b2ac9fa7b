//! From slices to a detector.

use hilum_graph::Engine;
use hilum_imaging::{Pixels, Showing};
use hilum_trust::detector::{DetectorRecord, FitError, Part};

use super::body::body_rule;
use super::examples::{every, examples, shown};
use super::network::Network;
use crate::ExperimentError;

/// A detector of what is unlike `train`, with its threshold by `held_out`, which nothing was learned
/// from; by halves of `train` where that is empty. At most `most` slices of either are passed
/// through the network. In the pool that this is called in.
pub(crate) fn fit(
    mut network: Network<'_, '_>,
    train: &[&Pixels],
    held_out: &[&Pixels],
    most: usize,
) -> Result<Result<DetectorRecord, FitError>, ExperimentError> {
    let parts = parts(network.engine);
    let (body, [train, held_out]) = body_rule(train, held_out);
    let fewest = DetectorRecord::FEWEST;
    for slices in [&train, &held_out] {
        if slices.len() < fewest && (!slices.is_empty() || train.is_empty()) {
            return Ok(Err(FitError::TooFew {
                found: slices.len(),
                wanted: fewest,
            }));
        }
    }
    let examples = examples(&mut network, &every(&train, most))?;
    let fitted = if held_out.is_empty() {
        DetectorRecord::fit_crossed(parts, &examples)
    } else {
        let held_out = every(&held_out, most);
        let plain = network.rows(&held_out)?;
        let [toned, framed] = [Showing::Toned, Showing::Framed]
            .map(|showing| shown(&mut network, &held_out, showing));
        DetectorRecord::fit(parts, &examples, &plain, &toned?.and(&framed?))
    };
    Ok(fitted.map(|mut record| {
        record.body = body;
        record
    }))
}

/// The early and the middle tap.
fn parts(engine: &dyn Engine) -> [Part; 2] {
    let graph = engine.graph();
    let mut start = 0;
    let parts = graph.taps().iter().map(|tap| {
        let part = Part {
            start,
            grid: tap.grid,
            channels: graph.node(tap.node).shape.channels,
            seen: tap.grid,
        };
        start += graph.tap_value_count(*tap);
        part
    });
    let parts: Vec<Part> = parts.collect();
    // The last tap is what the head reads.
    [parts[0], parts[parts.len().saturating_sub(2)]]
}
