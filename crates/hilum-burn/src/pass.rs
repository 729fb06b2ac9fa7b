//! A pass over some of a graph's nodes, one after another.

use std::ops::Range;

use burn_tensor::Tensor;

use hilum_graph::{Graph, NodeIndex};

use crate::operation::{Mode, Operation};
use crate::variables::Variables;

/// Runs the nodes of `range`; `values` holds what they read of earlier ones.
pub(crate) fn run(
    graph: &Graph,
    variables: &Variables,
    mode: &mut Mode<'_>,
    values: &mut Values,
    range: Range<NodeIndex>,
) {
    // The first node is the image.
    for node in (range.start.0.max(1)..range.end.0).map(NodeIndex) {
        let inputs = graph.node(node).inputs.iter();
        let inputs = inputs.map(|input| values.take(*input)).collect();
        let operation = Operation {
            graph,
            node,
            variables,
        };
        values.put(node, operation.run(inputs, mode));
    }
}

/// Results of nodes, each kept until its last reader has run.
pub(crate) struct Values {
    results: Vec<Option<Tensor<4>>>,
    reader_counts: Vec<usize>,
}

impl Values {
    /// Only the images are there.
    pub(crate) fn new(graph: &Graph, images: Tensor<4>) -> Self {
        Self::received(graph, NodeIndex(0), vec![(NodeIndex(0), images)])
    }

    /// What nodes before `first` have sent across their border; `first` runs next.
    pub(crate) fn received(
        graph: &Graph,
        first: NodeIndex,
        received: Vec<(NodeIndex, Tensor<4>)>,
    ) -> Self {
        let nodes = graph.nodes();
        let mut reader_counts = vec![0; nodes.len()];
        for node in &nodes[first.0..] {
            for input in &node.inputs {
                reader_counts[input.0] += 1;
            }
        }
        // The logits are read by whoever asked for the pass.
        reader_counts[nodes.len() - 1] += 1;
        let mut results = vec![None; nodes.len()];
        for (node, result) in received {
            results[node.0] = Some(result);
        }
        Self {
            results,
            reader_counts,
        }
    }

    /// Keeps the result of `node` for whoever takes it after the pass.
    pub(crate) fn keep(&mut self, node: NodeIndex) {
        self.reader_counts[node.0] += 1;
    }

    /// A result whose readers are not to run.
    pub(crate) fn look_at(&self, node: NodeIndex) -> Tensor<4> {
        let result = self.results[node.0].clone();
        result.expect("a border's readers have not run")
    }

    /// Puts another result in the place of a node's.
    pub(crate) fn replace(&mut self, node: NodeIndex, result: Tensor<4>) {
        self.results[node.0] = Some(result);
    }

    /// A result for one of its readers; the last one gets it unshared.
    pub(crate) fn take(&mut self, node: NodeIndex) -> Tensor<4> {
        self.reader_counts[node.0] -= 1;
        let result = &mut self.results[node.0];
        let result = if self.reader_counts[node.0] == 0 {
            result.take()
        } else {
            result.clone()
        };
        result.expect("inputs run before their readers")
    }

    /// Keeps the result of `node`, if anything reads it.
    fn put(&mut self, node: NodeIndex, result: Tensor<4>) {
        if self.reader_counts[node.0] > 0 {
            self.results[node.0] = Some(result);
        }
    }
}
