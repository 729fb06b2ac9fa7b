//! Tensors by the names that a graph has for them.

use hilum_graph::{Graph, Parameters};
use hilum_onnx::in_order;

use super::contents::WeightsFile;

/// How tensors came to their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedBy {
    /// The file has them.
    File,
    /// Layers were taken in their order, by kind and shape.
    Order {
        /// How many batch norms had been folded into convolutions, and only add a bias now.
        unfolded: usize,
    },
}

impl WeightsFile {
    /// The tensors, by the names of `graph`.
    ///
    /// Where the names of an ONNX file do not fill the graph but for its head, and the order of its
    /// layers gives more, that decides: exporters fold batch norm into convolutions, and leave those their
    /// names or none.
    pub fn named_for(self, graph: &Graph) -> (Parameters, NamedBy) {
        let specs = graph.parameters();
        let backbone = || specs.iter().filter(|spec| spec.node < graph.head());
        let fitting = |tensors: &Parameters| {
            let fits = backbone().filter(|spec| {
                let tensor = tensors.get(&spec.name);
                tensor.is_some_and(|tensor| tensor.shape == spec.shape)
            });
            fits.count()
        };
        let by_name = fitting(&self.tensors);
        if self.layers.is_empty() || by_name == backbone().count() {
            return (self.tensors, NamedBy::File);
        }
        let ordered = in_order(&self.layers, graph);
        if fitting(&ordered.parameters) <= by_name {
            return (self.tensors, NamedBy::File);
        }
        let unfolded = ordered.unfolded;
        (ordered.parameters, NamedBy::Order { unfolded })
    }
}
