//! Whether a difference is larger than what comes of exchanging two models at random.

use hilum_core::{ClassIndex, Probabilities};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::bootstrap::Bootstrap;
use crate::metric::Metric;
use crate::sample::Sample;

/// What a difference falls short of another by, if rounding alone makes it do so.
const ROUNDING: f64 = 1e-12;

/// Two models on the same slices, in groups numbered from 0 without gaps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair<'a> {
    pub(crate) class_count: usize,
    pub(crate) truth: &'a [ClassIndex],
    pub(crate) first: &'a [Probabilities],
    pub(crate) second: &'a [Probabilities],
    pub(crate) groups: &'a [usize],
}

impl Pair<'_> {
    /// For each of `metrics`, how often the difference is as large when what the two say of a group
    /// is exchanged by the toss of a coin; `None` where it is undefined.
    ///
    /// Fisher's randomisation of pairs, with groups as pairs and any figure as the statistic
    /// (Noreen, Computer-intensive methods for testing hypotheses, 1989, chapter 2); the sample as it
    /// is counts as one of the tosses. Never below 2 of 2^groups, whatever the figure: a few groups
    /// can show nothing.
    pub(crate) fn swap(&self, bootstrap: &Bootstrap, metrics: &[Metric]) -> Vec<Option<f64>> {
        let count = self.truth.len();
        // Both models' slices in one sample, so that they are ranked once.
        let truth = [self.truth, self.truth].concat();
        let both = [self.first, self.second].concat();
        let both = Sample::new(self.class_count, &truth, &both);
        let group_count = self.groups.iter().max().map_or(0, |last| last + 1);
        let differences = |is_swapped: &[bool]| -> Vec<Option<f64>> {
            let mut of_first = vec![0; 2 * count];
            for (slice, group) in self.groups.iter().enumerate() {
                of_first[if is_swapped[*group] {
                    count + slice
                } else {
                    slice
                }] = 1;
            }
            let of_second: Vec<u32> = of_first.iter().map(|taken| 1 - taken).collect();
            let (first, second) = (both.repeated(&of_first), both.repeated(&of_second));
            let difference =
                |metric: &Metric| Some((metric.compute)(&first)? - (metric.compute)(&second)?);
            metrics.iter().map(difference).collect()
        };
        let observed = differences(&vec![false; group_count]);
        let tosses = (0..bootstrap.resample_count).into_par_iter().map(|toss| {
            let mut random = ChaCha8Rng::seed_from_u64(bootstrap.seed);
            // Streams that no resample has.
            random.set_stream(u64::MAX - toss as u64);
            let is_swapped: Vec<bool> = (0..group_count).map(|_| random.random()).collect();
            differences(&is_swapped)
        });
        let tosses: Vec<Vec<Option<f64>>> = tosses.collect();
        let p_value = |(at, observed): (usize, &Option<f64>)| {
            let reached = (*observed)?.abs() - ROUNDING;
            let is_as_large =
                |toss: &&Vec<Option<f64>>| toss[at].is_none_or(|one| one.abs() >= reached);
            let as_large = tosses.iter().filter(is_as_large).count();
            Some((1 + as_large) as f64 / (1 + tosses.len()) as f64)
        };
        observed.iter().enumerate().map(p_value).collect()
    }
}
