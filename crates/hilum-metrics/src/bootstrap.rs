//! How much of a score is luck: percentile bootstrap over slices, or over groups of them.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::by_metric::by_metric;
use crate::metric::Metric;
use crate::metrics::{ACCURACY, MACRO_AUROC, MACRO_F1};
use crate::sample::Sample;

/// How the bootstrap is run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bootstrap {
    /// How many samples are drawn with replacement, each as large as the data.
    pub resample_count: usize,
    /// The share of resamples that the interval covers, in `0.0..1.0`.
    pub level: f64,
    /// Fixes what is drawn.
    pub seed: u64,
}

impl Default for Bootstrap {
    /// 1000 resamples, 95%, seed 32.
    fn default() -> Self {
        Self {
            resample_count: 1000,
            level: 0.95,
            seed: 32,
        }
    }
}

/// Where a score would lie in most samples of this size.
///
/// [`Bootstrap::intervals`] speaks of chance in drawing slices, as if each were drawn on its own.
/// Slices of one patient are alike, so with several slices a patient the true interval is wider;
/// [`Bootstrap::intervals_by_group`] draws whole patients.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// The share of resamples inside.
    pub level: f64,
    /// How many resamples had a defined score and count.
    pub resample_count: usize,
    /// How many had none (a class was not drawn) and were left out.
    pub undefined_count: usize,
}

by_metric! {
    /// The intervals of the headline scores; `None` where no resample had a defined score, or all
    /// have the same.
    pub struct Intervals: Option<Interval> {
        accuracy = ACCURACY,
        macro_f1 = MACRO_F1,
        macro_auroc = MACRO_AUROC,
    }
}

impl Bootstrap {
    /// The intervals of the scores of `sample`.
    ///
    /// Percentiles of the resampled scores, interpolated linearly (Efron, Tibshirani, An
    /// introduction to the bootstrap, 1993, section 13.3). Every resample draws from its own
    /// random stream, so the thread count changes nothing.
    ///
    /// # Panics
    /// If there are more than 2^32 slices.
    pub fn intervals(&self, sample: &Sample<'_>) -> Intervals {
        let each_alone: Vec<usize> = (0..sample.truth().len()).collect();
        self.intervals_by_group(sample, &each_alone)
    }

    /// The same with whole groups drawn, as many as there are: `groups` numbers the group of each
    /// slice from 0, without gaps.
    ///
    /// Resampling clusters and keeping all that is in them (Davison, Hinkley, Bootstrap methods
    /// and their application, 1997, section 3.8, strategy 1).
    ///
    /// # Panics
    /// If there is not one group a slice, or if there are more than 2^32.
    pub fn intervals_by_group(&self, sample: &Sample<'_>, groups: &[usize]) -> Intervals {
        let slice_count = sample.truth().len();
        assert_eq!(slice_count, groups.len(), "every slice has a group");
        let group_count = groups.iter().max().map_or(0, |last| last + 1);
        let resample_count = if groups.is_empty() {
            0
        } else {
            self.resample_count
        };
        let scores: Vec<Vec<Option<f64>>> = (0..resample_count)
            .into_par_iter()
            .map_init(
                || (vec![0; group_count], vec![0; slice_count]),
                |(drawn, repeats), resample| {
                    self.repeats(resample, groups, drawn, repeats);
                    let resampled = sample.repeated(repeats);
                    let score = |metric: &Metric| (metric.compute)(&resampled);
                    Intervals::METRICS.iter().map(score).collect()
                },
            )
            .collect();
        let mut columns = 0..Intervals::METRICS.len();
        Intervals::each(|metric| {
            let column = columns.next()?;
            let values = scores.iter().filter_map(|row| row[column]).collect();
            self.interval_of_score(metric, values, group_count)
        })
    }

    /// The interval of the share of slices that something holds of, with whole groups drawn as in
    /// [`intervals_by_group`](Self::intervals_by_group); `None` without slices.
    ///
    /// # Panics
    /// If there is not one group a slice, or if there are more than 2^32.
    pub fn interval_of_share(&self, holds: &[bool], groups: &[usize]) -> Option<Interval> {
        assert_eq!(holds.len(), groups.len(), "every slice has a group");
        let group_count = groups.iter().max()? + 1;
        let mut tallies = vec![(0_u64, 0_u64); group_count];
        for (holds, group) in holds.iter().zip(groups) {
            tallies[*group].0 += 1;
            tallies[*group].1 += u64::from(*holds);
        }
        let mut drawn = vec![0; group_count];
        let shares = (0..self.resample_count).filter_map(|resample| {
            self.draw(resample, &mut drawn);
            let (mut all, mut held) = (0, 0);
            for ((slices, holding), repeat) in tallies.iter().zip(&drawn) {
                all += slices * u64::from(*repeat);
                held += holding * u64::from(*repeat);
            }
            (all > 0).then(|| held as f64 / all as f64)
        });
        self.interval_of_share_among(shares.collect(), group_count)
    }

    /// The interval of `metric` on `one` less that on `other`, the same slices judged twice, with
    /// whole groups drawn as in [`intervals_by_group`](Self::intervals_by_group), the same of both;
    /// `None` where no resample has both scores.
    ///
    /// The paired bootstrap: what both have in common, such as a hard slice, is drawn for both or
    /// for neither (Efron, Tibshirani, An introduction to the bootstrap, 1993, section 13.3, of the
    /// difference as the statistic).
    ///
    /// # Panics
    /// If the samples or the groups differ in length, or if there are more than 2^32 groups.
    pub fn interval_of_difference(
        &self,
        one: &Sample<'_>,
        other: &Sample<'_>,
        groups: &[usize],
        metric: &Metric,
    ) -> Option<Interval> {
        assert_eq!(one.truth(), other.truth(), "the same slices");
        assert_eq!(one.truth().len(), groups.len(), "every slice has a group");
        let group_count = groups.iter().max()? + 1;
        let differences = (0..self.resample_count)
            .into_par_iter()
            .map_init(
                || (vec![0; group_count], vec![0; groups.len()]),
                |(drawn, repeats), resample| {
                    self.repeats(resample, groups, drawn, repeats);
                    let score = |sample: &Sample<'_>| (metric.compute)(&sample.repeated(repeats));
                    Some(score(one)? - score(other)?)
                },
            )
            .collect::<Vec<Option<f64>>>();
        self.interval(differences.into_iter().flatten().collect())
    }

    /// Draws groups with replacement: how often each slice stands in the sample. `drawn` has room
    /// for a number a group, `repeats` for one a slice.
    pub(crate) fn repeats(
        &self,
        resample: usize,
        groups: &[usize],
        drawn: &mut [u32],
        repeats: &mut [u32],
    ) {
        self.draw(resample, drawn);
        for (repeat, group) in repeats.iter_mut().zip(groups) {
            *repeat = drawn[*group];
        }
    }

    /// Draws a sample with replacement: how often each group stands in it.
    fn draw(&self, resample: usize, repeats: &mut [u32]) {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(resample as u64);
        repeats.fill(0);
        // 32 bits on every machine: `usize` would draw other numbers on a 32-bit one.
        let count = u32::try_from(repeats.len()).expect("fewer than 2^32 groups");
        for _ in 0..count {
            repeats[random.random_range(0..count) as usize] += 1;
        }
    }

    /// The interval of `metric` from its resampled `values`; of accuracy also where every group is
    /// right, of other scores `None` where no resample differs: it says nothing of luck then.
    pub(crate) fn interval_of_score(
        &self,
        metric: &Metric,
        values: Vec<f64>,
        group_count: usize,
    ) -> Option<Interval> {
        if *metric == ACCURACY {
            return self.interval_of_share_among(values, group_count);
        }
        self.interval(values).filter(|found| found.low < found.high)
    }

    /// The interval of a share from its resampled `values`. Where it is 0 or 1 of every resample,
    /// that of Clopper and Pearson (The use of confidence or fiducial limits illustrated in the case
    /// of the binomial, 1934) with a trial for each of `group_count` groups: what was never seen is
    /// not ruled out. `None` for one group that is neither.
    fn interval_of_share_among(&self, values: Vec<f64>, group_count: usize) -> Option<Interval> {
        let found = self.interval(values)?;
        if found.low < found.high {
            return Some(found);
        }
        let never_seen = 1.0 - ((1.0 - self.level) / 2.0).powf(1.0 / group_count as f64);
        let (low, high) = match found.low {
            1.0 => (1.0 - never_seen, 1.0),
            0.0 => (0.0, never_seen),
            _ => return None,
        };
        Some(Interval { low, high, ..found })
    }

    pub(crate) fn interval(&self, mut values: Vec<f64>) -> Option<Interval> {
        values.sort_by(f64::total_cmp);
        let tail = (1.0 - self.level) / 2.0;
        Some(Interval {
            low: quantile(&values, tail)?,
            high: quantile(&values, 1.0 - tail)?,
            level: self.level,
            resample_count: values.len(),
            undefined_count: self.resample_count - values.len(),
        })
    }
}

/// The value below which the `fraction` of `sorted` lies, as `numpy.quantile` has it.
fn quantile(sorted: &[f64], fraction: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let position = fraction * last as f64;
    let below = (position.floor() as usize).min(last);
    let above = (below + 1).min(last);
    let share = position - below as f64;
    Some(sorted[below] + share * (sorted[above] - sorted[below]))
}
