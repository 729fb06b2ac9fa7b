//! Simple image properties that give the class away.

use hilum_core::{ClassIndex, Severity, Split};

use super::rule::Rule;
use crate::audit::evidence::Evidence;
use crate::audit::finding::Finding;
use crate::audit::shortcuts::{CrossValidated, cross_validate};
use crate::audit::shortcuts::{PROPERTIES, Property};

pub(super) const RULE: Rule = Rule {
    name: "property-predicts-class",
    severity: Severity::Warning,
    finds: "simple image properties that give the class away",
    advice: "even the property out between classes, or say that the score rests on it",
    page: PAGE,
    check,
};

const PAGE: &str = "\
Finds a shortcut: one number per image, such as its size, aspect, mean grey level, a percentile, contrast, sharpness, colour, file format or border, that alone tells a class from the others. Each property is tried by itself, as one threshold for each class against the rest and as a tree of at most three cuts in a row for all classes, five times cross-validated with all copies of a picture in one fold.

**Why it matters.** A network finds such a shortcut long before it finds a tumour. The score is then real and means nothing: the classes came from different sources, and it is the sources that are told apart.

**Example.** One threshold on the 90th percentile of grey levels tells `normal` from cancer on 93% of the train images, because the normal ones are bright pictures from the web.

**What to do.** Bring all classes to the same source, window, format and crop. If that cannot be done, say beside every score what this property alone achieves.
";

/// How far above guessing a property must be to be told, 0 being a guess and 1 always right.
const LEAST_SKILL: f64 = 0.6;
/// Fewer images of a class than this say nothing.
const LEAST_COUNT: usize = 10;

fn check(evidence: &Evidence<'_>) -> Vec<Finding> {
    let Some(split) = evidence.dataset.splits().first().copied() else {
        return Vec::new();
    };
    let rows = Rows::new(evidence, split);
    if rows.classes_of_size(LEAST_COUNT).len() < 2 {
        return Vec::new();
    }
    let mut findings: Vec<Finding> = rows
        .classes_of_size(LEAST_COUNT)
        .into_iter()
        .filter_map(|class| one_class(evidence, &rows, class))
        .collect();
    findings.extend(all_classes(evidence, &rows));
    findings
}

/// One row an image: its class, its values, and which picture it is.
struct Rows {
    split: Split,
    class_count: usize,
    classes: Vec<usize>,
    pictures: Vec<u128>,
    values: Vec<Vec<f64>>,
}

impl Rows {
    fn new(evidence: &Evidence<'_>, split: Split) -> Self {
        let inside = || {
            evidence
                .slices()
                .filter(|(_, sample, _)| sample.split == split)
        };
        Self {
            split,
            class_count: evidence.dataset.classes.len(),
            classes: inside().map(|(_, sample, _)| sample.class.get()).collect(),
            pictures: inside()
                .map(|(_, _, slice)| slice.digest.as_number())
                .collect(),
            values: PROPERTIES
                .iter()
                .map(|property| inside().map(|(_, _, slice)| (property.of)(slice)).collect())
                .collect(),
        }
    }

    fn classes_of_size(&self, least: usize) -> Vec<usize> {
        let count = |class| self.classes.iter().filter(|one| **one == class).count();
        (0..self.class_count)
            .filter(|class| count(*class) >= least)
            .collect()
    }

    /// The median of a property in each class that has images, by name.
    fn medians(&self, evidence: &Evidence<'_>, property: &Property) -> Vec<(String, f64)> {
        let position = PROPERTIES.iter().position(|one| one.key == property.key);
        let values = &self.values[position.expect("one of the properties")];
        let median = |class: usize| {
            let rows = self.classes.iter().zip(values);
            let mut inside: Vec<f64> = rows
                .filter(|(one, _)| **one == class)
                .map(|(_, value)| *value)
                .collect();
            inside.sort_by(f64::total_cmp);
            let (lower, upper) = (inside.len().checked_sub(1)? / 2, inside.len() / 2);
            let name = evidence.class_name(ClassIndex::new(class)).to_owned();
            Some((name, f64::midpoint(inside[lower], inside[upper])))
        };
        (0..self.class_count).filter_map(median).collect()
    }

    /// Every property by how well it tells `classes` apart, best first.
    fn ranked(
        &self,
        classes: &[usize],
        class_count: usize,
        depth: usize,
    ) -> Vec<(&'static Property, CrossValidated)> {
        let mut ranked: Vec<(&'static Property, CrossValidated)> = PROPERTIES
            .iter()
            .zip(&self.values)
            .filter_map(|(property, values)| {
                let scores = cross_validate(values, classes, class_count, &self.pictures, depth)?;
                Some((property, scores))
            })
            .collect();
        ranked.sort_by(|a, b| b.1.skill().total_cmp(&a.1.skill()));
        ranked
    }
}

fn one_class(evidence: &Evidence<'_>, rows: &Rows, class: usize) -> Option<Finding> {
    let is_class: Vec<usize> = rows
        .classes
        .iter()
        .map(|one| usize::from(*one == class))
        .collect();
    let ranked = rows.ranked(&is_class, 2, 1);
    let (best, scores) = ranked.first()?;
    if scores.skill() < LEAST_SKILL {
        return None;
    }
    let name = evidence.class_name(ClassIndex::new(class));
    let medians = rows.medians(evidence, best);
    let message = format!(
        "{} alone tells `{name}` from the rest in {:.1}% of `{}` (always naming the larger side: {:.1}%); {}",
        best.name,
        scores.accuracy * 100.0,
        rows.split,
        scores.majority * 100.0,
        told(&medians)
    );
    Some(
        describe(Finding::new(message, Vec::new()), best, scores, &ranked)
            .with("split", rows.split.as_str())
            .with("class", name)
            .with("threshold", scores.threshold)
            .with("medians", as_map(&medians)),
    )
}

fn all_classes(evidence: &Evidence<'_>, rows: &Rows) -> Option<Finding> {
    if rows.class_count < 3 {
        return None;
    }
    let ranked = rows.ranked(&rows.classes, rows.class_count, 3);
    let (best, scores) = ranked.first()?;
    if scores.skill() < LEAST_SKILL {
        return None;
    }
    let medians = rows.medians(evidence, best);
    let recalls: serde_json::Map<String, serde_json::Value> = scores
        .recalls
        .iter()
        .enumerate()
        .filter_map(|(class, recall)| {
            let name = evidence.class_name(ClassIndex::new(class));
            Some((name.to_owned(), (*recall)?.into()))
        })
        .collect();
    let message = format!(
        "{} alone tells all classes apart in {:.1}% of `{}` (always naming the largest: {:.1}%); {}",
        best.name,
        scores.accuracy * 100.0,
        rows.split,
        scores.majority * 100.0,
        told(&medians)
    );
    Some(
        describe(Finding::new(message, Vec::new()), best, scores, &ranked)
            .with("split", rows.split.as_str())
            .with("recalls", recalls)
            .with("medians", as_map(&medians)),
    )
}

/// How the classes differ in a property, for a person.
fn told(medians: &[(String, f64)]) -> String {
    let parts = medians.iter().map(|(name, median)| {
        let digits = if median.abs() < 10.0 { 3 } else { 0 };
        format!("`{name}` {median:.digits$}")
    });
    format!("medians: {}", parts.collect::<Vec<_>>().join(", "))
}

fn as_map(medians: &[(String, f64)]) -> serde_json::Map<String, serde_json::Value> {
    let pairs = medians.iter();
    pairs
        .map(|(name, median)| (name.clone(), (*median).into()))
        .collect()
}

fn describe(
    finding: Finding,
    best: &Property,
    scores: &CrossValidated,
    ranked: &[(&'static Property, CrossValidated)],
) -> Finding {
    let others: serde_json::Map<String, serde_json::Value> = ranked
        .iter()
        .skip(1)
        .filter(|(_, scores)| scores.skill() >= LEAST_SKILL)
        .map(|(property, scores)| (property.key.to_owned(), scores.accuracy.into()))
        .collect();
    finding
        .with("property", best.key)
        .with("accuracy", scores.accuracy)
        .with("balanced_accuracy", scores.balanced_accuracy)
        .with("majority", scores.majority)
        .with("other_properties", others)
}
