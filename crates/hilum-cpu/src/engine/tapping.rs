//! What a pass hands out besides the logits.

use hilum_graph::Batch;

use super::core::Core;
use crate::simd::Simd;

impl<S: Simd> Core<S> {
    /// Logits, and a row per image of what the taps hold.
    pub(super) fn infer_tapped(&mut self, images: &Batch) -> (Vec<f32>, Batch) {
        let taps = self.graph.taps().to_vec();
        let shapes: Vec<_> = taps
            .iter()
            .map(|tap| self.graph.node(tap.node).shape)
            .collect();
        let mut wanted = vec![self.last()];
        wanted.extend(taps.iter().map(|tap| tap.node));
        let kept = self.tapped.take();
        let nodes = 0..self.graph.nodes().len();
        let mut machine = self.inference_machine(kept, nodes, &wanted, images.count);
        let shape = self.graph.tapped_shape();
        let mut logits = Vec::with_capacity(images.count * self.graph.class_count());
        let mut rows = Vec::with_capacity(images.count * shape.value_count());
        self.run_in_lots(&mut machine, images, |machine, count| {
            logits.extend(machine.output(0, count));
            let results: Vec<_> = (1..wanted.len())
                .map(|which| machine.output(which, count))
                .collect();
            for image in 0..count {
                for ((tap, shape), result) in taps.iter().zip(&shapes).zip(&results) {
                    let len = shape.value_count();
                    tap.pool(*shape, &result[image * len..][..len], &mut rows);
                }
            }
        });
        self.tapped = Some(machine);
        (logits, Batch::new(images.count, shape, rows))
    }
}
