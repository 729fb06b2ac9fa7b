//! What crosses the border between frozen layers and those that learn.

use hilum_graph::{Batch, NodeIndex};

use super::border::source;
use super::core::{BorderMachine, Core};
use crate::simd::Simd;

impl<S: Simd> Core<S> {
    /// Node results on their way across a border: a row per image.
    pub(super) fn cross(&mut self, images: &Batch, first_trained: NodeIndex) -> Batch {
        let border = self.graph.border(first_trained);
        let kept = self.frozen.take();
        let kept = kept.filter(|part| part.first_trained == first_trained);
        let mut machine = match kept {
            Some(part) => part.machine,
            // Always for many images: how a row is computed must not depend on their count.
            None => self.inference_machine(0..first_trained.0, &border, Self::MANY),
        };
        let shape = self.graph.border_shape(first_trained);
        let rows = self.run_in_lots(&mut machine, images, |results, count| {
            let mut results: Vec<_> = (0..border.len()).map(|of| results.of(of, count)).collect();
            if let [only] = &mut results[..] {
                return std::mem::take(only);
            }
            let mut rows = Vec::with_capacity(count * shape.value_count());
            for image in 0..count {
                for result in &results {
                    let len = result.len() / count;
                    rows.extend_from_slice(&result[image * len..][..len]);
                }
            }
            rows
        });
        self.frozen = Some(BorderMachine {
            first_trained,
            machine,
        });
        Batch::new(images.count, shape, rows.concat())
    }

    /// What each node of a border sent across, image by image.
    pub(super) fn received(
        &self,
        features: &Batch,
        first_trained: NodeIndex,
    ) -> Vec<(NodeIndex, Vec<f32>)> {
        let mut start = 0;
        let border = self.graph.border(first_trained);
        let parts = border.into_iter().map(|node| {
            let len = self.graph.node(node).shape.value_count();
            let rows = features.data.chunks_exact(features.shape.value_count());
            let part = rows.flat_map(|row| &row[start..start + len]).copied();
            let part = (node, part.collect());
            start += len;
            part
        });
        parts.collect()
    }

    /// Any count that is more than one.
    const MANY: usize = 16;

    pub(super) fn infer_features(
        &mut self,
        features: &Batch,
        first_trained: NodeIndex,
    ) -> Vec<f32> {
        let kept = self.thawed.take();
        let kept = kept.filter(|part| part.first_trained == first_trained);
        let nodes = first_trained.0..self.graph.nodes().len();
        let last = self.last();
        let mut machine = match kept {
            Some(part) => part.machine,
            None => self.inference_machine(nodes, &[last], Self::MANY),
        };
        let mut logits = Vec::with_capacity(features.count * self.graph.class_count());
        let width = features.shape.value_count();
        for lot in features.data.chunks(machine.capacity() * width) {
            let count = lot.len() / width;
            let lot = Batch::new(count, features.shape, lot.to_vec());
            let received = self.received(&lot, first_trained);
            machine.forward(
                count,
                &source(&received, &lot),
                0,
                &self.store,
                &self.parameters,
                &mut self.pool,
            );
            logits.extend(machine.output(0, count));
        }
        self.thawed = Some(BorderMachine {
            first_trained,
            machine,
        });
        logits
    }
}
