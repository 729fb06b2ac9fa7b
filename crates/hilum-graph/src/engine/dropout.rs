//! What dropout drops: drawn once for all engines.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::network::NodeIndex;

/// Which units dropout keeps at `node` in the step seeded by `seed`; `true` is kept.
///
/// Every engine draws its masks here, so that they train alike. Units are in NHWC order.
pub fn dropout_keeps(seed: u64, node: NodeIndex, probability: f32, unit_count: usize) -> Vec<bool> {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(node.0 as u64);
    (0..unit_count)
        .map(|_| generator.random::<f32>() >= probability)
        .collect()
}
