//! Independent streams of random numbers from one seed.

use rand::Rng as _;
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;

/// What a stream is drawn for; streams of different purposes never meet.
#[derive(Debug, Clone, Copy)]
enum Purpose {
    Order = 1,
    Dropout = 2,
}

/// A generator keyed by seed, purpose and index, so that a resumed run draws what an
/// uninterrupted one would.
fn generator(seed: u64, purpose: Purpose, index: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&(purpose as u64).to_le_bytes());
    key[16..24].copy_from_slice(&index.to_le_bytes());
    ChaCha8Rng::from_seed(key)
}

/// The order in which `count` training slices are shown in `epoch`.
pub(crate) fn order(seed: u64, epoch: usize, count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(&mut generator(seed, Purpose::Order, epoch as u64));
    order
}

/// The seed of dropout in the step before which `step` steps were taken.
pub(crate) fn dropout_seed(seed: u64, step: usize) -> u64 {
    generator(seed, Purpose::Dropout, step as u64).next_u64()
}
