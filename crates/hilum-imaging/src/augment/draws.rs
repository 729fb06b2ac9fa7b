//! The random numbers of one sample in one epoch.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of numbers that is keyed by what it is for, so that streams never meet.
pub(crate) struct Draws(ChaCha8Rng);

impl Draws {
    pub(crate) fn new(purpose: [u8; 8], seed: u64, epoch: usize, sample_index: usize) -> Self {
        let mut key = [0; 32];
        let words = [seed, epoch as u64, sample_index as u64];
        for (bytes, word) in key.chunks_exact_mut(8).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        key[24..].copy_from_slice(&purpose);
        Self(ChaCha8Rng::from_seed(key))
    }

    /// 64 random bits.
    pub(crate) fn word(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in `0.0..1.0`.
    pub(crate) fn unit(&mut self) -> f64 {
        unit(self.word())
    }

    /// Always draws, so that the draws after it do not depend on the range.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Uniform in the logarithm.
    pub(crate) fn log_between(&mut self, low: f64, high: f64) -> f64 {
        low * (high / low).powf(self.unit())
    }

    pub(crate) fn about_zero(&mut self, range: f64) -> f64 {
        range * (2.0 * self.unit() - 1.0)
    }

    pub(crate) fn half(&mut self) -> bool {
        self.unit() < 0.5
    }

    pub(crate) fn factor(&mut self, range: Option<[f64; 2]>) -> Option<f32> {
        let unit = self.unit();
        range.map(|[low, high]| (low + (high - low) * unit) as f32)
    }
}

/// Uniform in `0.0..1.0`, of a random word.
pub(super) fn unit(word: u64) -> f64 {
    (word >> 11) as f64 / (1_u64 << 53) as f64
}
