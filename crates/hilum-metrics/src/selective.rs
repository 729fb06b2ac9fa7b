//! What a model is worth that may keep silent where it is least sure.

use std::collections::BTreeMap;

use hilum_core::{ClassIndex, Probabilities};
use serde::{Deserialize, Serialize};

/// Accuracies are given at these shares of slices, by their names.
const SHARES: [(&str, f64); 5] = [
    ("0.5", 0.5),
    ("0.7", 0.7),
    ("0.8", 0.8),
    ("0.9", 0.9),
    ("1", 1.0),
];

/// Risk against coverage, where the slices with the least probability of their most likely class
/// are left out first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Selective {
    /// The mean of the risk over all coverages: the area under the curve; 0 is best.
    pub aurc: Option<f64>,
    /// What of it a better order of the same slices could take away. Geifman, Uziel, El-Yaniv,
    /// Bias-reduced uncertainty estimation for deep neural classifiers, 2019, section 3, with
    /// their `risk + (1 - risk) ln(1 - risk)` as the area of the best order.
    pub e_aurc: Option<f64>,
    /// The accuracy among the share of slices that it is surest of, rounded up to a whole one.
    pub accuracy_at: BTreeMap<String, Option<f64>>,
}

/// How often the model errs on the slices that it is surest of.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RiskPoint {
    /// Which share of the slices they are.
    pub coverage: f64,
    /// Which share of them is called wrong.
    pub risk: f64,
}

/// The share of errors among the surest 1, 2, 3, ... slices.
///
/// Among slices of which it is equally sure, errors count as evenly spread, so that the order of
/// slices changes nothing.
pub fn risk_coverage(truth: &[ClassIndex], probabilities: &[Probabilities]) -> Vec<RiskPoint> {
    let mut slices: Vec<(f64, bool)> = truth
        .iter()
        .zip(probabilities)
        .map(|(truth, row)| {
            let predicted = row.most_likely();
            (row.of(predicted), predicted != *truth)
        })
        .collect();
    slices.sort_by(|one, other| other.0.total_cmp(&one.0));
    let count = slices.len() as f64;
    let mut points = Vec::with_capacity(slices.len());
    let mut errors_before = 0.0;
    for equals in slices.chunk_by(|one, other| one.0 == other.0) {
        let errors = equals.iter().filter(|(_, is_wrong)| *is_wrong).count() as f64;
        for taken in 1..=equals.len() {
            let kept = (points.len() + 1) as f64;
            let among = errors * taken as f64 / equals.len() as f64;
            points.push(RiskPoint {
                coverage: kept / count,
                risk: (errors_before + among) / kept,
            });
        }
        errors_before += errors;
    }
    points
}

impl Selective {
    /// Of slices of known class.
    ///
    /// # Panics
    /// If the slices differ in length, or a class belongs to another class set.
    pub fn compute(truth: &[ClassIndex], probabilities: &[Probabilities]) -> Self {
        let curve = risk_coverage(truth, probabilities);
        let aurc = mean(curve.iter().map(|point| point.risk));
        let risk = curve.last().map(|point| point.risk);
        let least = risk.map(|risk| {
            let right = 1.0 - risk;
            // The limit at a model that is never right.
            let entropy = if right > 0.0 { right * right.ln() } else { 0.0 };
            risk + entropy
        });
        let at = |share: f64| {
            // 0.7 of 10 slices are 7, whatever their product rounds to.
            let kept = (share * curve.len() as f64 - 1e-9).ceil() as usize;
            Some(1.0 - curve.get(kept.checked_sub(1)?)?.risk)
        };
        let named = |(name, share): (&str, f64)| (name.to_owned(), at(share));
        Self {
            e_aurc: aurc.zip(least).map(|(area, least)| area - least),
            aurc,
            accuracy_at: SHARES.map(named).into(),
        }
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (count, sum) = values.fold((0_u64, 0.0), |(count, sum), value| (count + 1, sum + value));
    (count > 0).then(|| sum / count as f64)
}
