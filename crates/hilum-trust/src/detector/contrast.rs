//! What tells the training slices from what they are not.

use serde::{Deserialize, Serialize};

use super::features::{Part, Rows, seen, seen_rows};
use super::minimise::minimise;
use super::packed;

/// A multinomial logistic regression: the training slices against kinds of pictures that are none.
///
/// One against each kind, and not one against all: what is like the training slices is then where
/// every kind is less likely, a region that is closed on many sides. Same as scikit-learn's
/// `LogisticRegression(C=0.01)` on standardised features, both sides of equal weight.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contrast {
    /// What is looked at.
    pub parts: Vec<Part>,
    #[serde(with = "packed")]
    mean: Vec<f32>,
    /// One divided by the deviation.
    #[serde(with = "packed")]
    factor: Vec<f32>,
    /// A row for each value that is seen, and one for the bias; a column for each kind, that of the
    /// training slices first.
    #[serde(with = "packed")]
    weights: Vec<f32>,
}

/// How hard a [`Contrast`] learns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ContrastSettings {
    /// What the loss counts against half the squared length of the weights.
    pub loss_weight: f64,
    /// Steps of L-BFGS at most.
    pub steps: usize,
}

impl Default for ContrastSettings {
    fn default() -> Self {
        Self {
            loss_weight: 0.01,
            steps: 60,
        }
    }
}

impl Contrast {
    /// Standardised values lie within this many deviations.
    pub const WITHIN: f32 = 8.0;

    /// `like` are training slices; `unlike` is told apart in as many kinds as `kinds` names, from 1
    /// on, one for each row.
    ///
    /// # Panics
    /// If there is not one kind for each row.
    pub fn fit(
        parts: &[Part],
        like: &Rows,
        unlike: &Rows,
        kinds: &[usize],
        settings: ContrastSettings,
    ) -> Self {
        assert_eq!(unlike.len(), kinds.len(), "a kind for each row");
        let (mean, factor) = standards(&seen_rows(parts, like));
        let mut contrast = Self {
            parts: parts.to_vec(),
            mean,
            factor,
            weights: Vec::new(),
        };
        let rows = like.iter().chain(unlike.iter());
        let inputs: Vec<Vec<f64>> = rows.map(|row| contrast.input(row)).collect();
        let kind_count = 1 + kinds.iter().copied().max().unwrap_or(0);
        let truth: Vec<usize> = std::iter::repeat_n(0, like.len())
            .chain(kinds.iter().copied())
            .collect();
        let total = inputs.len() as f64;
        let weight_of = |kind: usize| match kind {
            0 => total * 0.5 / like.len().max(1) as f64,
            _ => total * 0.5 / unlike.len().max(1) as f64,
        };
        let problem = Regression {
            inputs: &inputs,
            truth: &truth,
            weights: truth.iter().map(|kind| weight_of(*kind)).collect(),
            kind_count,
            loss_weight: settings.loss_weight,
        };
        let width = contrast.mean.len() + 1;
        let found = minimise(
            vec![0.0; width * kind_count],
            settings.steps,
            |weights, gradient| problem.loss(weights, gradient),
        );
        let found = found.into_iter().map(|weight| weight as f32);
        contrast.weights = packed::all_rounded(found.collect());
        contrast
    }

    /// The logarithm of how likely any of the kinds is, against the training slices.
    pub fn score(&self, row: &[f32]) -> f64 {
        let kind_count = self.kind_count();
        let mut logits = vec![0.0; kind_count];
        for (value, weights) in self
            .input(row)
            .iter()
            .zip(self.weights.chunks_exact(kind_count))
        {
            for (logit, weight) in logits.iter_mut().zip(weights) {
                *logit += value * f64::from(*weight);
            }
        }
        let (like, others) = logits.split_at(1);
        log_sum(others) - like[0]
    }

    /// Standardised, with a one for the bias behind.
    fn input(&self, row: &[f32]) -> Vec<f64> {
        let seen = seen(&self.parts, row);
        let standardised = seen.iter().zip(self.mean.iter().zip(&self.factor));
        standardised
            .map(|(value, (mean, factor))| {
                f64::from(((value - mean) * factor).clamp(-Self::WITHIN, Self::WITHIN))
            })
            .chain([1.0])
            .collect()
    }

    /// What is taken from each value that is seen, and by what it is multiplied then.
    pub fn standards(&self) -> [&[f32]; 2] {
        [&self.mean, &self.factor]
    }

    /// A row for each value that is seen, and one for the bias; a column for each kind, that of the
    /// training slices first.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// How many kinds are told apart.
    pub fn kind_count(&self) -> usize {
        self.weights.len() / (self.mean.len() + 1)
    }

    /// Whether its numbers fit its parts, and those a row of `width`.
    pub(super) fn is_sound(&self, width: usize) -> bool {
        let seen: usize = self.parts.iter().map(|part| part.width()).sum();
        seen > 0
            && self.mean.len() == seen
            && self.factor.len() == seen
            && self.weights.len().is_multiple_of(seen + 1)
            && self.kind_count() >= 2
            && self
                .parts
                .iter()
                .all(|part| part.end().is_some_and(|end| end <= width))
    }
}

/// Mean and one over the deviation of each value; a value that hardly varies is not blown up.
fn standards(rows: &Rows) -> (Vec<f32>, Vec<f32>) {
    let count = rows.len().max(1) as f64;
    let moment = |power: i32, at: usize, about: f64| {
        rows.iter()
            .map(|row| (f64::from(row[at]) - about).powi(power))
            .sum::<f64>()
            / count
    };
    let means: Vec<f64> = (0..rows.width()).map(|at| moment(1, at, 0.0)).collect();
    let deviations: Vec<f64> = means
        .iter()
        .enumerate()
        .map(|(at, mean)| moment(2, at, *mean).sqrt())
        .collect();
    let usual = deviations.iter().sum::<f64>() / rows.width() as f64;
    let factor = deviations
        .iter()
        .map(|deviation| (1.0 / (deviation + 0.01 * usual).max(1e-4)) as f32);
    (
        packed::all_rounded(means.iter().map(|mean| *mean as f32).collect()),
        packed::all_rounded(factor.collect()),
    )
}

fn log_sum(logits: &[f64]) -> f64 {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    largest
        + logits
            .iter()
            .map(|logit| (logit - largest).exp())
            .sum::<f64>()
            .ln()
}

struct Regression<'a> {
    inputs: &'a [Vec<f64>],
    truth: &'a [usize],
    weights: Vec<f64>,
    kind_count: usize,
    loss_weight: f64,
}

impl Regression<'_> {
    /// The weighted cross-entropy and half the squared length of the weights, the bias apart; its
    /// gradient goes to `gradient`.
    fn loss(&self, weights: &[f64], gradient: &mut [f64]) -> f64 {
        let kinds = self.kind_count;
        let bias = weights.len() - kinds;
        gradient[..bias].copy_from_slice(&weights[..bias]);
        gradient[bias..].fill(0.0);
        let mut loss = weights[..bias]
            .iter()
            .map(|weight| weight * weight)
            .sum::<f64>()
            * 0.5;
        let mut logits = vec![0.0; kinds];
        for ((input, truth), weight) in self.inputs.iter().zip(self.truth).zip(&self.weights) {
            logits.fill(0.0);
            for (value, weights) in input.iter().zip(weights.chunks_exact(kinds)) {
                for (logit, weight) in logits.iter_mut().zip(weights) {
                    *logit += value * weight;
                }
            }
            let total = log_sum(&logits);
            let factor = self.loss_weight * weight;
            loss += factor * (total - logits[*truth]);
            for logit in &mut logits {
                *logit = factor * (*logit - total).exp();
            }
            logits[*truth] -= factor;
            for (value, gradient) in input.iter().zip(gradient.chunks_exact_mut(kinds)) {
                for (gradient, slope) in gradient.iter_mut().zip(&logits) {
                    *gradient += value * slope;
                }
            }
        }
        loss
    }
}
