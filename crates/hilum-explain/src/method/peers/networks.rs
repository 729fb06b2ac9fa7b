//! The networks are those that PyTorch ran, and their gradients are PyTorch's.

use hilum_graph::{Engine as _, NodeIndex, formula};

use super::reference::Reference;

#[test]
fn logits_are_pytorchs() {
    for network in Reference::read().networks {
        let logits = network.engine().forward(&network.images()).expect("runs");
        for (found, expected) in logits.rows().zip(&network.logits) {
            for (found, expected) in found.iter().zip(expected) {
                let difference = (found - expected).abs();
                assert!(difference < 2e-5, "{}: {found} {expected}", network.name);
            }
        }
    }
}

#[test]
fn gradients_by_every_node_are_pytorchs() {
    for network in Reference::read().networks {
        let mut engine = network.engine();
        let images = network.images();
        let graph = engine.graph().clone();
        let factors = network.factors();
        for (index, node) in graph.nodes().iter().enumerate().skip(1) {
            let found = engine
                .gradient(&images, NodeIndex(index), &|_| factors.clone())
                .expect("runs");
            let len = node.shape.value_count();
            let results = found.results.data.chunks_exact(len);
            let both = results.zip(found.gradient.data.chunks_exact(len));
            for ((results, gradient), expected) in both.zip(&network.gradients) {
                let [of_results, of_gradient] = expected[&node.name];
                for (values, expected) in [(results, of_results), (gradient, of_gradient)] {
                    assert_alike(&format!("{} {}", network.name, node.name), values, expected);
                }
            }
        }
    }
}

/// Length and projection, relative to the length.
fn assert_alike(what: &str, values: &[f32], [length, projection]: [f64; 2]) {
    let node = what.rsplit(' ').next().expect("a name");
    let found = formula::norm_and_projection(node, values);
    let allowed = 2e-5 * length + 1e-7;
    assert!(
        (found.0 - length).abs() < allowed && (found.1 - projection).abs() < allowed,
        "{what}: {found:?}, {length} {projection}"
    );
}
