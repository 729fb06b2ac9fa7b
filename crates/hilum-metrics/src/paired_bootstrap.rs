//! How much of a difference between models is luck: the same slices drawn for all of them.

use hilum_core::{ClassIndex, Probabilities};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::bootstrap::{Bootstrap, Interval};
use crate::metric::Metric;
use crate::paired_swap::Pair;
use crate::sample::Sample;

/// By what a difference is told from luck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PairedTest {
    /// McNemar's exact test: every slice stands for itself.
    McnemarExact,
    /// The same with whole groups swapped, exactly.
    GroupSwapExact,
    /// Resamples of groups, the same for both models, and swaps of groups between them.
    PairedBootstrap,
}

/// The figure of a model less that of another on the same slices.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PairedDifference {
    /// The difference.
    pub difference: f64,
    /// Where it would lie in most samples of this size: the lower end. `None` where no resample has
    /// another difference, which says nothing of what other slices would show;
    pub low: Option<f64>,
    /// and the upper end.
    pub high: Option<f64>,
    /// The share of samples in between.
    pub level: f64,
    /// How often luck alone would make as large a difference.
    pub p_value: f64,
    /// By what.
    pub test: PairedTest,
    /// How many resamples had both figures.
    pub resample_count: usize,
    /// How many had not (a class was not drawn) and were left out.
    pub undefined_count: usize,
}

/// What several models say of the same slices.
#[derive(Debug, Clone, Copy)]
pub struct PairedModels<'a> {
    /// How many classes there are.
    pub class_count: usize,
    /// The class of each slice.
    pub truth: &'a [ClassIndex],
    /// What each model makes of each slice: by model, then slice.
    pub probabilities: &'a [Vec<Probabilities>],
    /// The number of each slice's group, from 0 without gaps.
    pub groups: &'a [usize],
}

/// The figures of several models in the same resamples of the same slices.
///
/// Resamples are those of [`Bootstrap::intervals_by_group`]: whole groups, as many as there are, so
/// that slices of one patient stay together (Field, Welsh, Bootstrapping clustered data, Journal of
/// the Royal Statistical Society B 69, 2007), and each slice with what every model says of it.
#[derive(Debug, Clone)]
pub struct PairedBootstrap<'a> {
    bootstrap: Bootstrap,
    models: PairedModels<'a>,
    metrics: &'a [Metric],
    /// By model, then metric: the figure of all slices.
    figures: Vec<Vec<Option<f64>>>,
    /// By resample, then model, then metric.
    resampled: Vec<Vec<Vec<Option<f64>>>>,
}

impl<'a> PairedBootstrap<'a> {
    /// Draws, and computes `metrics` for each of the `models`.
    ///
    /// # Panics
    /// If there is not one truth, one group and one answer of each model a slice.
    pub fn draw(bootstrap: &Bootstrap, models: PairedModels<'a>, metrics: &'a [Metric]) -> Self {
        let PairedModels {
            class_count,
            truth,
            probabilities,
            groups,
        } = models;
        assert_eq!(truth.len(), groups.len(), "every slice has a group");
        let samples = probabilities.iter();
        let samples: Vec<Sample<'_>> = samples
            .map(|rows| Sample::new(class_count, truth, rows))
            .collect();
        let figures = |samples: &[Sample<'_>]| -> Vec<Vec<Option<f64>>> {
            let of = |sample| metrics.iter().map(|one| (one.compute)(sample)).collect();
            samples.iter().map(of).collect()
        };
        let resample = |repeats: &[u32]| {
            let drawn = samples.iter().map(|sample| sample.repeated(repeats));
            figures(&drawn.collect::<Vec<_>>())
        };
        let group_count = groups.iter().max().map_or(0, |last| last + 1);
        let resample_count = match groups {
            [] => 0,
            _ => bootstrap.resample_count,
        };
        let resampled = (0..resample_count).into_par_iter().map_init(
            || (vec![0; group_count], vec![0; groups.len()]),
            |(drawn, repeats), number| {
                bootstrap.repeats(number, groups, drawn, repeats);
                resample(repeats)
            },
        );
        Self {
            bootstrap: *bootstrap,
            models,
            metrics,
            figures: figures(&samples),
            resampled: resampled.collect(),
        }
    }

    /// The figure of a model with its interval; `None` where it is undefined.
    pub fn figure(&self, model: usize, metric: &Metric) -> Option<(f64, Option<Interval>)> {
        let at = self.metrics.iter().position(|one| one == metric)?;
        let values = self.resampled.iter().filter_map(|one| one[model][at]);
        let group_count = self.models.groups.iter().max().map_or(0, |last| last + 1);
        let values = values.collect();
        let interval = self
            .bootstrap
            .interval_of_score(metric, values, group_count);
        Some((self.figures[model][at]?, interval))
    }

    /// For each metric the figure of `first` less that of `second`; `None` where one of them is
    /// undefined, or is so in every resample.
    ///
    /// The ends are percentiles of the resampled differences (Efron, Tibshirani, An introduction to
    /// the bootstrap, 1993, section 13.3). The p-value is the larger of two: the smallest level at
    /// which such an interval still holds 0, the sample itself counted as a resample (Davison,
    /// Hinkley, Bootstrap methods and their application, 1997, section 4.2), which is too small where
    /// groups are few; and how often swapping the models of whole groups at random makes as large a
    /// difference (Fisher's randomisation of pairs), which is right for any number of groups.
    pub fn differences(&self, first: usize, second: usize) -> Vec<Option<PairedDifference>> {
        let PairedModels {
            class_count,
            truth,
            probabilities,
            groups,
        } = self.models;
        let pair = Pair {
            class_count,
            truth,
            first: &probabilities[first],
            second: &probabilities[second],
            groups,
        };
        let swapped = pair.swap(&self.bootstrap, self.metrics);
        let found = swapped.into_iter().enumerate().map(|(at, swapped)| {
            let of = |row: &[Vec<Option<f64>>]| Some(row[first][at]? - row[second][at]?);
            self.difference(of(&self.figures)?, of, swapped?)
        });
        found.collect()
    }

    /// One of them, whose value in a resample is `of` it.
    fn difference(
        &self,
        difference: f64,
        of: impl Fn(&[Vec<Option<f64>>]) -> Option<f64>,
        swapped: f64,
    ) -> Option<PairedDifference> {
        let differences: Vec<f64> = self.resampled.iter().filter_map(|row| of(row)).collect();
        let count = differences.len();
        let not_above = differences.iter().filter(|one| **one <= 0.0).count();
        let not_below = differences.iter().filter(|one| **one >= 0.0).count();
        let tail = (1 + not_above.min(not_below)) as f64 / (1 + count) as f64;
        let is_always_the_same = differences.iter().all(|one| *one == differences[0]);
        let interval = self.bootstrap.interval(differences)?;
        let ends = (!is_always_the_same).then_some((interval.low, interval.high));
        Some(PairedDifference {
            difference,
            low: ends.map(|(low, _)| low),
            high: ends.map(|(_, high)| high),
            level: interval.level,
            p_value: (2.0 * tail).min(1.0).max(swapped),
            test: PairedTest::PairedBootstrap,
            resample_count: count,
            undefined_count: interval.undefined_count,
        })
    }
}
