//! What every engine promises, and every operation, on Burn's CPU backend.

use hilum_burn::{BurnEngine, DeviceName};
use hilum_engine_tests::operations;
use hilum_graph::{Engine, EngineError, Graph, Parameters};

fn open(graph: Graph, parameters: &Parameters) -> Result<Box<dyn Engine>, EngineError> {
    let engine = BurnEngine::new(DeviceName::Cpu, graph, parameters)?;
    Ok(Box::new(engine))
}

hilum_engine_tests::contract!(open);
hilum_engine_tests::transfer!(open);
hilum_engine_tests::pytorch!(open);
hilum_engine_tests::taps!(open);
hilum_engine_tests::gradients!(open);

#[test]
fn every_operation_infers_what_plain_loops_infer() {
    operations::every_operation_infers_what_plain_loops_infer(&[&open], 1e-5);
}

#[test]
fn every_operation_trains_as_plain_loops_do() {
    operations::every_operation_trains_as_plain_loops_do(&[&open], 2e-5);
}

hilum_engine_tests::torchvision! { open,
    mobilenet_v2: MobilenetV2, 2;
    resnet_18: Resnet18, 1;
    efficientnet_b0: EfficientnetB0, 2;
    squeezenet_1_1: Squeezenet11, 3;
}
