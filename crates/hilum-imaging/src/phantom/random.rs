//! Random numbers that are the same on every machine.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What a stream of numbers is for; streams are independent of one another.
///
/// A lesion draws from its own stream, so the anatomy around it is that of the same patient
/// without it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stream {
    Patient,
    Slice,
    Vessels,
    Texture,
    Noise,
    Lesion,
    Dataset,
}

/// One stream of random numbers.
pub(super) struct Random(ChaCha8Rng);

impl Random {
    /// The stream of one patient, or of one slice of a patient.
    pub(super) fn new(stream: Stream, patient_seed: u64, slice_index: usize) -> Self {
        let mut key = [0; 32];
        let words = [patient_seed, slice_index as u64, stream as u64];
        for (bytes, word) in key.chunks_exact_mut(8).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        key[24..].copy_from_slice(b"phantom\0");
        Self(ChaCha8Rng::from_seed(key))
    }

    /// 64 random bits.
    pub(super) fn word(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in `0.0..1.0`.
    pub(super) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform between two values.
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Uniform between `-range` and `range`.
    pub(super) fn about_zero(&mut self, range: f64) -> f64 {
        self.between(-range, range)
    }

    /// Whether something that happens with `probability` does.
    pub(super) fn happens(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A whole number in `low..=high`.
    pub(super) fn whole(&mut self, low: usize, high: usize) -> usize {
        low + (self.unit() * (high - low + 1) as f64) as usize
    }

    /// Nearly normal, mean 0, deviation 1: the sum of eight bytes (Irwin-Hall).
    ///
    /// Whole-number arithmetic up to the last step, so that machines cannot differ.
    pub(super) fn normal(&mut self) -> f32 {
        const MEAN: f32 = 8.0 * 127.5;
        // 1 / sqrt(8 * (256^2 - 1) / 12)
        const SCALE: f32 = 0.004_784_219;
        let sum: u32 = self.0.next_u64().to_le_bytes().map(u32::from).iter().sum();
        (sum as f32 - MEAN) * SCALE
    }
}
