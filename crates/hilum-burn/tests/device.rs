//! Devices that are left out, and what an engine says of the one that it runs on.

use hilum_burn::{BurnEngine, DeviceName, GpuInterface, is_compiled_in};
use hilum_engine_tests::naive::{self, graphs};
use hilum_graph::{Engine as _, Graph, Shape};

fn graph() -> Graph {
    graphs::network("small", Shape::vector(4), |builder| builder.input())
}

#[test]
fn a_device_that_was_left_out_says_how_to_build_it_in() {
    let graph = graph();
    let parameters = naive::parameters(&graph, 1);
    for interface in GpuInterface::ALL {
        if is_compiled_in(interface) {
            continue;
        }
        let device = DeviceName::Gpu {
            interface,
            index: None,
        };
        let error = BurnEngine::new(device, graph.clone(), &parameters)
            .err()
            .unwrap();
        let name = interface.name();
        assert_eq!(
            error.to_string(),
            format!(
                "device `{name}` cannot be used: this build leaves it out\n\
                 hint: build it in: `cargo install --path crates/hilum --features {name}`"
            )
        );
    }
}

#[test]
fn an_engine_says_what_it_runs_on() {
    let graph = graph();
    let parameters = naive::parameters(&graph, 1);
    let engine = BurnEngine::new(DeviceName::Cpu, graph, &parameters).unwrap();
    let description = engine.description();
    let threads = rayon::current_num_threads();
    assert!(description.starts_with(&format!("burn flex, {threads} thread")));
}
