//! From held-out logits to a scaling, and what it is worth.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::folds;
use super::likelihood::{Form, most_likely};
use super::scaling::Scaling;
use crate::held_out::{HeldOut, HeldOutSlice};

/// Fewer slices say too little.
const LEAST_SLICES: usize = 30;
/// Folds that a scaling is judged by.
const FOLD_COUNT: usize = 5;

/// A scaling, what it was fitted on, and what it is worth on slices that it was not fitted on.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// The scaling, fitted on all slices.
    pub scaling: Scaling,
    /// How many slices.
    pub slices: usize,
    /// How many groups they are of.
    pub groups: usize,
    /// The log-losses; `None` with fewer than two groups, which cannot be divided.
    pub log_losses: Option<LogLosses>,
}

/// The mean of `-ln(probability of the truth)`, before and after.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LogLosses {
    /// Of the softmax as it is.
    pub before: f64,
    /// Of the scaling, cross-validated: each group is judged by a scaling that did not see it.
    pub after: f64,
}

/// Held-out slices that a scaling cannot be fitted on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TooFewSlices {
    /// There are not enough.
    #[error("{found} slices are too few to calibrate by, it takes {LEAST_SLICES}")]
    Count {
        /// How many there are.
        found: usize,
    },
    /// A class has none.
    #[error("there are no slices of class {class} to calibrate by")]
    Class {
        /// Which, from 0.
        class: usize,
    },
}

/// Whether a bias for each class may be fitted beside the temperature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bias {
    /// If it earns its place. For logits of the model that is calibrated.
    IfWorthIt,
    /// Never. For logits of fold models: each learned from fewer slices of each class, and what it
    /// prefers for that reason is not what the final model prefers.
    Never,
}

/// Fits the temperature and, where it may be and is worth more on slices that it was not fitted on, a
/// bias for each class.
///
/// The bias stays only if it lowers the cross-validated log-loss by more than one standard error
/// of the difference, taken over groups, and if neither accuracy nor balanced accuracy falls by it:
/// it can change which class is the most likely, so it has to earn its place.
///
/// # Errors
/// [`TooFewSlices`].
pub fn calibrate(held_out: &HeldOut, bias: Bias) -> Result<Calibration, TooFewSlices> {
    let found = held_out.slices().len();
    if found < LEAST_SLICES {
        return Err(TooFewSlices::Count { found });
    }
    if let Some(class) = held_out.support().iter().position(|count| *count == 0) {
        return Err(TooFewSlices::Class { class });
    }
    let groups = held_out.group_count();
    let judged = (groups > 1).then(|| Judged::new(held_out));
    let takes_bias =
        bias == Bias::IfWorthIt && judged.as_ref().is_some_and(Judged::bias_earns_its_place);
    let form = if takes_bias {
        Form::TemperatureAndBias
    } else {
        Form::Temperature
    };
    Ok(Calibration {
        scaling: most_likely(held_out, form),
        slices: found,
        groups,
        log_losses: judged.map(|judged| judged.log_losses(form)),
    })
}

/// The loss of each slice under scalings that did not see its group.
struct Judged {
    before: Vec<f64>,
    by_temperature: Vec<f64>,
    by_bias: Vec<f64>,
    groups: Vec<usize>,
    /// How many slices of each class are called right by the temperature alone,
    right_by_temperature: Vec<usize>,
    /// and with the bias.
    right_by_bias: Vec<usize>,
    support: Vec<usize>,
}

impl Judged {
    fn new(held_out: &HeldOut) -> Self {
        let fold_count = FOLD_COUNT.min(held_out.group_count());
        let folds = folds::of_groups(held_out, fold_count);
        let scalings = |form| -> Vec<Scaling> {
            let without = |fold| held_out.subset(|slice| folds[slice.group] != fold);
            (0..fold_count)
                .map(|fold| most_likely(&without(fold), form))
                .collect()
        };
        let temperatures = scalings(Form::Temperature);
        let biases = scalings(Form::TemperatureAndBias);
        let as_it_is = Scaling {
            temperature: 1.0,
            bias: None,
        };
        let slices = || held_out.slices().iter();
        let losses = |scalings: &[Scaling]| {
            slices()
                .map(|slice| loss(&scalings[folds[slice.group]], slice))
                .collect()
        };
        let right = |scalings: &[Scaling]| {
            let mut right = vec![0; held_out.class_count()];
            for slice in slices() {
                let scaling = &scalings[folds[slice.group]];
                let said = scaling.probabilities_of_wide(&slice.logits).most_likely();
                right[slice.truth.get()] += usize::from(said == slice.truth);
            }
            right
        };
        Self {
            right_by_temperature: right(&temperatures),
            right_by_bias: right(&biases),
            support: held_out.support(),
            before: slices().map(|slice| loss(&as_it_is, slice)).collect(),
            by_temperature: losses(&temperatures),
            by_bias: losses(&biases),
            groups: slices().map(|slice| slice.group).collect(),
        }
    }

    fn log_losses(&self, form: Form) -> LogLosses {
        LogLosses {
            before: mean(&self.before),
            after: mean(match form {
                Form::Temperature => &self.by_temperature,
                Form::TemperatureAndBias => &self.by_bias,
            }),
        }
    }

    fn bias_earns_its_place(&self) -> bool {
        let gains = self.by_temperature.iter().zip(&self.by_bias);
        let gains: Vec<f64> = gains.map(|(without, with)| without - with).collect();
        let gain = mean(&gains);
        // Slices of one group err together: the standard error of a mean of clusters.
        let group_count = self.groups.iter().max().map_or(0, |last| last + 1);
        let mut sums = vec![0.0; group_count];
        for (one, group) in gains.iter().zip(&self.groups) {
            sums[*group] += one - gain;
        }
        let squares: f64 = sums.iter().map(|sum| sum * sum).sum();
        let freedom = (group_count as f64 / (group_count as f64 - 1.0)).sqrt();
        let error = squares.sqrt() / gains.len() as f64 * freedom;
        gain > error && self.bias_costs_no_accuracy()
    }

    fn bias_costs_no_accuracy(&self) -> bool {
        let balanced = |right: &[usize]| -> f64 {
            let recalls = right.iter().zip(&self.support);
            recalls.map(|(right, of)| *right as f64 / *of as f64).sum()
        };
        let (without, with) = (&self.right_by_temperature, &self.right_by_bias);
        let sum = |right: &[usize]| right.iter().sum::<usize>();
        sum(with) >= sum(without) && balanced(with) >= balanced(without) - 1e-12
    }
}

fn loss(scaling: &Scaling, slice: &HeldOutSlice) -> f64 {
    let probabilities = scaling.probabilities_of_wide(&slice.logits);
    -probabilities.of(slice.truth).max(f64::EPSILON).ln()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
