//! How much of a difference between models is luck: the same slices drawn for all of them.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::bootstrap::{Bootstrap, Interval};
use crate::metric::Metric;
use crate::sample::Sample;

/// By what a difference is told from luck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PairedTest {
    /// McNemar's exact test: every slice stands for itself.
    McnemarExact,
    /// The same with whole groups swapped, exactly.
    GroupSwapExact,
    /// Resamples of groups, the same for both models.
    PairedBootstrap,
}

/// The figure of a model less that of another on the same slices.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PairedDifference {
    /// The difference.
    pub difference: f64,
    /// Where it would lie in most samples of this size: the lower end,
    pub low: f64,
    /// and the upper end.
    pub high: f64,
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

/// The figures of several models in the same resamples of the same slices.
///
/// Resamples are those of [`Bootstrap::intervals_by_group`]: whole groups, as many as there are, so
/// that slices of one patient stay together (Field, Welsh, Bootstrapping clustered data, Journal of
/// the Royal Statistical Society B 69, 2007), and each slice with what every model says of it.
#[derive(Debug, Clone)]
pub struct PairedBootstrap {
    bootstrap: Bootstrap,
    metrics: Vec<Metric>,
    /// By model, then metric: the figure of all slices.
    figures: Vec<Vec<Option<f64>>>,
    /// By resample, then model, then metric.
    resampled: Vec<Vec<Vec<Option<f64>>>>,
}

impl PairedBootstrap {
    /// Draws, and computes `metrics` for each model's sample; `groups` numbers the group of each
    /// slice from 0, without gaps.
    ///
    /// # Panics
    /// If the samples are not of the same slices, or there is not one group a slice.
    pub fn draw(
        bootstrap: &Bootstrap,
        models: &[Sample<'_>],
        groups: &[usize],
        metrics: &[Metric],
    ) -> Self {
        for model in models {
            assert_eq!(model.truth(), models[0].truth(), "the same slices");
        }
        let figures = |samples: &[Sample<'_>]| -> Vec<Vec<Option<f64>>> {
            let of = |sample| metrics.iter().map(|one| (one.compute)(sample)).collect();
            samples.iter().map(of).collect()
        };
        let resample = |repeats: &[u32]| {
            let drawn = models.iter().map(|model| model.repeated(repeats));
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
            metrics: metrics.to_vec(),
            figures: figures(models),
            resampled: resampled.collect(),
        }
    }

    /// The figure of a model with its interval; `None` where it is undefined.
    pub fn figure(&self, model: usize, metric: &Metric) -> Option<(f64, Option<Interval>)> {
        let at = self.position(metric)?;
        let values = self.resampled.iter().filter_map(|one| one[model][at]);
        let interval = self.bootstrap.interval(values.collect());
        Some((self.figures[model][at]?, interval))
    }

    /// The figure of `first` less that of `second`; `None` where one of them is undefined, or is so
    /// in every resample.
    ///
    /// The ends are percentiles of the resampled differences (Efron, Tibshirani, An introduction to
    /// the bootstrap, 1993, section 13.3). The p-value is the smallest level at which such an
    /// interval still holds 0, with the sample itself counted as a resample, so that it is never 0
    /// (Davison, Hinkley, Bootstrap methods and their application, 1997, section 4.2).
    pub fn difference(
        &self,
        first: usize,
        second: usize,
        metric: &Metric,
    ) -> Option<PairedDifference> {
        let at = self.position(metric)?;
        let of = |row: &[Vec<Option<f64>>]| Some(row[first][at]? - row[second][at]?);
        let differences: Vec<f64> = self.resampled.iter().filter_map(|row| of(row)).collect();
        let count = differences.len();
        let not_above = differences.iter().filter(|one| **one <= 0.0).count();
        let not_below = differences.iter().filter(|one| **one >= 0.0).count();
        let tail = (1 + not_above.min(not_below)) as f64 / (1 + count) as f64;
        let interval = self.bootstrap.interval(differences)?;
        Some(PairedDifference {
            difference: of(&self.figures)?,
            low: interval.low,
            high: interval.high,
            level: interval.level,
            p_value: (2.0 * tail).min(1.0),
            test: PairedTest::PairedBootstrap,
            resample_count: count,
            undefined_count: interval.undefined_count,
        })
    }

    fn position(&self, metric: &Metric) -> Option<usize> {
        self.metrics.iter().position(|one| one == metric)
    }
}
