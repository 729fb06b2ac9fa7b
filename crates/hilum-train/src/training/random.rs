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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_epoch_shows_all_slices_in_an_order_of_its_own() {
        let orders: BTreeSet<Vec<usize>> = (1..=20).map(|epoch| order(32, epoch, 30)).collect();
        assert_eq!(orders.len(), 20);
        for mut order in orders {
            order.sort_unstable();
            assert_eq!(order, (0..30).collect::<Vec<_>>());
        }
        assert_eq!(order(32, 7, 30), order(32, 7, 30));
        assert_ne!(order(32, 7, 30), order(33, 7, 30));
    }

    #[test]
    fn every_step_drops_other_units() {
        let seeds: BTreeSet<u64> = (0..1000).map(|step| dropout_seed(32, step)).collect();
        assert_eq!(seeds.len(), 1000);
        assert!(!seeds.contains(&dropout_seed(33, 0)));
    }
}
