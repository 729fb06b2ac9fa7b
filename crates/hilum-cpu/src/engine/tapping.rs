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
        let nodes = 0..self.graph.nodes().len();
        let mut machines = std::mem::take(&mut self.tapped);
        let make = |count| self.inference_machine(nodes, &wanted, count);
        let mut machine = machines.take(images.count, make);
        let shape = self.graph.tapped_shape();
        let len = shape.value_count();
        let taken = self.run_in_lots(&mut machine, images, |results, count| {
            let tapped: Vec<_> = (1..wanted.len())
                .map(|which| results.of(which, count))
                .collect();
            let mut rows = Vec::with_capacity(count * len);
            for image in 0..count {
                for ((tap, shape), values) in taps.iter().zip(&shapes).zip(&tapped) {
                    let len = shape.value_count();
                    tap.pool(*shape, &values[image * len..][..len], &mut rows);
                }
            }
            (results.of(0, count), rows)
        });
        machines.put(machine);
        self.tapped = machines;
        let (logits, rows): (Vec<_>, Vec<_>) = taken.into_iter().unzip();
        (
            logits.concat(),
            Batch::new(images.count, shape, rows.concat()),
        )
    }
}
