//! Parameters in `f64`.

use hilum_graph::{Graph, NodeIndex, ParameterRole, Parameters};

/// Parameters in `f64`, so that finite differences have room.
#[derive(Clone)]
pub struct Weights(Vec<((NodeIndex, ParameterRole), String, Vec<f64>)>);

impl Weights {
    /// The values of every parameter of the graph.
    pub fn new(graph: &Graph, parameters: &Parameters) -> Self {
        let entries = graph.parameters().into_iter().map(|spec| {
            let tensor = parameters.get(&spec.name).expect("every parameter");
            let values = tensor.data.iter().map(|value| f64::from(*value)).collect();
            ((spec.node, spec.role), spec.name, values)
        });
        Self(entries.collect())
    }

    pub(super) fn get(&self, node: NodeIndex, role: ParameterRole) -> Option<&[f64]> {
        let found = self.0.iter().find(|entry| entry.0 == (node, role));
        found.map(|entry| entry.2.as_slice())
    }

    pub(super) fn name(&self, node: NodeIndex, role: ParameterRole) -> &str {
        let found = self.0.iter().find(|entry| entry.0 == (node, role));
        &found.expect("a parameter of the graph").1
    }

    /// A parameter's values, to change.
    pub fn by_name_mut(&mut self, name: &str) -> &mut Vec<f64> {
        let found = self.0.iter_mut().find(|entry| entry.1 == name);
        &mut found.expect("a parameter of the graph").2
    }
}
