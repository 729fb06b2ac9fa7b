//! Opening a device that computes what it should.

use hilum_graph::{DeviceName, Engine, EngineError, Graph, Parameters};

use crate::device::answer_of;
use crate::device_check::{OpenEngine, check_device};
use crate::engine::BurnEngine;

/// An engine that runs `graph` on `device`, beginning with `parameters`, after
/// [`check_device`] has compared the device with the engines that `open_reference` makes.
///
/// # Errors
/// [`EngineError::Device`] if the device is not compiled in, does not answer or computes
/// wrongly, [`EngineError::Parameters`] if the parameters do not fit the graph.
pub fn open(
    device: DeviceName,
    graph: Graph,
    parameters: &Parameters,
    open_reference: OpenEngine<'_>,
) -> Result<Box<dyn Engine>, EngineError> {
    let open_unchecked = |graph: Graph, parameters: &Parameters| {
        let engine = BurnEngine::new(device, graph, parameters)?;
        Ok(Box::new(engine) as Box<dyn Engine>)
    };
    answer_of(device, || {
        check_device(device, &open_unchecked, open_reference)
    })?;
    open_unchecked(graph, parameters)
}
