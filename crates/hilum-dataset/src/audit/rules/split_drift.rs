//! Properties and class shares that differ between splits.

use hilum_core::{ClassIndex, Severity, Split};

use super::rule::Rule;
use crate::audit::evidence::Evidence;
use crate::audit::finding::Finding;
use crate::audit::shortcuts::PROPERTIES;

pub(super) const RULE: Rule = Rule {
    name: "split-drift",
    severity: Severity::Warning,
    finds: "splits that differ from train",
    advice: "divide the data anew with `hilum split`, or say that the sources differ",
    page: PAGE,
    check,
};

const PAGE: &str = "\
Finds splits whose images or class shares differ from those of train: for every simple property by the two-sample Kolmogorov-Smirnov distance, for class shares by the largest difference. A distance counts if it is at least 0.3 and would come about by chance less than once in a thousand times over all properties; a share if it differs by 10 percent points or more and more than chance explains.

**Why it matters.** Validation is meant to tell how the model does on the next image of the same kind. If it is of another kind, early stopping, calibration and thresholds are chosen for something else.

**Example.** Train comes from two hospitals and test from a third, whose images are larger and darker.

**What to do.** If the data was divided by accident, divide it anew with `hilum split`. If the difference is meant, as with a test set from elsewhere, say so beside the score.
";

const LEAST_DISTANCE: f64 = 0.3;
const LEAST_SHARE_DIFFERENCE: f64 = 0.1;
const CHANCE: f64 = 0.001;
/// Fewer images than this say nothing of a distribution.
const LEAST_COUNT: usize = 20;

fn check(evidence: &Evidence<'_>) -> Vec<Finding> {
    let splits = evidence.dataset.splits();
    let Some((first, others)) = splits.split_first() else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    for other in others {
        findings.extend(property_drift(evidence, *first, *other));
        findings.extend(class_drift(evidence, *first, *other));
    }
    findings
}

fn property_drift(evidence: &Evidence<'_>, first: Split, other: Split) -> Option<Finding> {
    let values = |split: Split, of: fn(&crate::audit::SliceFacts) -> f64| -> Vec<f64> {
        evidence
            .slices()
            .filter(|(_, sample, _)| sample.split == split)
            .map(|(_, _, slice)| of(slice))
            .collect()
    };
    let mut drifted: Vec<(f64, &str, &str)> = Vec::new();
    for property in &PROPERTIES {
        let (a, b) = (values(first, property.of), values(other, property.of));
        if a.len().min(b.len()) < LEAST_COUNT {
            return None;
        }
        let distance = kolmogorov_smirnov(a.clone(), b.clone());
        let chance = chance_of_distance(distance, a.len(), b.len()) * PROPERTIES.len() as f64;
        if distance >= LEAST_DISTANCE && chance < CHANCE {
            drifted.push((distance, property.key, property.name));
        }
    }
    drifted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (distance, _, name) = *drifted.first()?;
    let message = format!(
        "`{other}` differs from `{first}` in {name}{} (Kolmogorov-Smirnov distance {distance:.2})",
        match drifted.len() {
            1 => String::new(),
            count => format!(" and {} more properties", count - 1),
        }
    );
    let distances: serde_json::Map<String, serde_json::Value> = drifted
        .iter()
        .map(|(distance, key, _)| ((*key).to_owned(), (*distance).into()))
        .collect();
    Some(
        Finding::new(message, Vec::new())
            .with("splits", vec![first.as_str(), other.as_str()])
            .with("distances", distances),
    )
}

/// The largest distance between two distribution functions; in `0.0..=1.0`.
///
/// Same as SciPy's `ks_2samp(a, b).statistic`.
pub(in crate::audit) fn kolmogorov_smirnov(mut a: Vec<f64>, mut b: Vec<f64>) -> f64 {
    a.sort_by(f64::total_cmp);
    b.sort_by(f64::total_cmp);
    let (mut i, mut j, mut largest) = (0, 0, 0.0_f64);
    while i < a.len() && j < b.len() {
        let value = a[i].min(b[j]);
        while i < a.len() && a[i] <= value {
            i += 1;
        }
        while j < b.len() && b[j] <= value {
            j += 1;
        }
        largest = largest.max((i as f64 / a.len() as f64 - j as f64 / b.len() as f64).abs());
    }
    largest
}

/// Massey's bound on how often chance gives this distance: `2 exp(-2 n d^2)`, n being the
/// harmonic size.
fn chance_of_distance(distance: f64, a: usize, b: usize) -> f64 {
    let size = (a * b) as f64 / (a + b) as f64;
    2.0 * (-2.0 * size * distance * distance).exp()
}

fn class_drift(evidence: &Evidence<'_>, first: Split, other: Split) -> Option<Finding> {
    let (a, b) = (
        evidence.dataset.class_counts(first),
        evidence.dataset.class_counts(other),
    );
    let (total_a, total_b) = (
        a.iter().sum::<usize>() as f64,
        b.iter().sum::<usize>() as f64,
    );
    let share = |count: usize, total: f64| count as f64 / total;
    let (class, from, to) = (0..a.len())
        .map(|class| (class, share(a[class], total_a), share(b[class], total_b)))
        .max_by(|x, y| (x.1 - x.2).abs().total_cmp(&(y.1 - y.2).abs()))?;
    // A difference of two shares, in standard errors of the pooled share.
    let pooled = (a[class] + b[class]) as f64 / (total_a + total_b);
    let error = (pooled * (1.0 - pooled) * (1.0 / total_a + 1.0 / total_b)).sqrt();
    let difference = (from - to).abs();
    if difference < LEAST_SHARE_DIFFERENCE || difference < 4.0 * error {
        return None;
    }
    let name = evidence.class_name(ClassIndex::new(class));
    let message = format!(
        "`{name}` is {:.0}% of `{first}` and {:.0}% of `{other}`",
        from * 100.0,
        to * 100.0
    );
    Some(
        Finding::new(message, Vec::new())
            .with("splits", vec![first.as_str(), other.as_str()])
            .with("class", name)
            .with("shares", vec![from, to]),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// scipy.stats.ks_2samp([1, 2, 3, 4], [3, 4, 5]).statistic and ks_2samp([1, 1, 2], [1, 2, 2])
    #[test]
    fn the_distance_is_scipys() {
        let distance = kolmogorov_smirnov(vec![1.0, 2.0, 3.0, 4.0], vec![3.0, 4.0, 5.0]);
        assert!((distance - 0.5).abs() < 1e-12);
        let distance = kolmogorov_smirnov(vec![1.0, 1.0, 2.0], vec![1.0, 2.0, 2.0]);
        assert!((distance - 1.0 / 3.0).abs() < 1e-12);
    }
}
