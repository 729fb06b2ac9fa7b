//! One answer of many slices: of a series, a patient, a group.
//!
//! A lesion fills a few slices of a series, and the mean over all of them drowns it. Where one
//! class says that there is nothing ("normal"), only the slices that speak most against it are
//! asked; where no class does, all of them are.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use hilum_core::{ClassIndex, Classes, Probabilities};

/// The share of slices that carry an answer under [`Rule::Suspicious`],
const CARRYING_SHARE: f64 = 0.1;
/// and how many there are at least, where there are so many: no slice decides alone.
const CARRYING_LEAST: usize = 3;

/// How the answers of slices become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The mean over the slices that speak most against this class: a tenth of them, at least
    /// three.
    Suspicious(ClassIndex),
    /// The mean over all slices: the linear opinion pool (Stone, The opinion pool, 1961) with
    /// equal weights.
    Mean,
}

/// One answer, and which slices it is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// Of the whole.
    pub probabilities: Probabilities,
    /// The positions of the slices that carry it, the weightiest first: under
    /// [`Rule::Suspicious`] by how much they speak against that class, under [`Rule::Mean`] by how
    /// much they speak for the answer.
    pub carriers: Vec<usize>,
}

impl Rule {
    /// The rule for slices of these classes.
    pub fn of(classes: &Classes) -> Self {
        classes
            .without_finding()
            .map_or(Self::Mean, Self::Suspicious)
    }

    /// What it is called wherever an answer names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Suspicious(_) => "suspicious-tenth",
            Self::Mean => "mean",
        }
    }

    /// What it does, a phrase that goes on from "by".
    pub fn says(self, classes: &Classes) -> String {
        match self {
            Self::Suspicious(class) => format!(
                "the mean over the tenth of slices, {CARRYING_LEAST} at least, that speak most against `{}`",
                classes.name(class)
            ),
            Self::Mean => "the mean over all slices".to_owned(),
        }
    }

    /// How many of `count` slices carry the answer.
    pub fn carrier_count(self, count: usize) -> usize {
        match self {
            Self::Suspicious(_) => {
                let share = (count as f64 * CARRYING_SHARE).ceil() as usize;
                share.max(CARRYING_LEAST).min(count)
            }
            Self::Mean => count,
        }
    }

    /// What a whole is whose slices are of these classes: their only one; under
    /// [`Rule::Suspicious`] also the only one beside the class that says that there is nothing.
    pub fn truth(self, classes: &BTreeSet<ClassIndex>) -> Option<ClassIndex> {
        let only = |classes: &mut dyn Iterator<Item = ClassIndex>| {
            let first = classes.next()?;
            classes.next().is_none().then_some(first)
        };
        let all = only(&mut classes.iter().copied());
        all.or_else(|| match self {
            Self::Suspicious(nothing) => {
                let mut others = classes.iter().copied().filter(|class| *class != nothing);
                only(&mut others)
            }
            Self::Mean => None,
        })
    }

    /// The answer of all `slices` together; `None` without slices.
    ///
    /// It depends on which slices there are and not on their order: equals are told apart by all
    /// their probabilities, and those that are alike in all add up alike.
    pub fn aggregate(self, slices: &[Probabilities]) -> Option<Aggregate> {
        let class_count = slices.first()?.as_slice().len();
        let mut order: Vec<usize> = (0..slices.len()).collect();
        order.sort_by(|a, b| self.compare(&slices[*a], &slices[*b]));
        order.truncate(self.carrier_count(slices.len()));
        let mut sums = vec![0.0; class_count];
        for position in &order {
            for (sum, value) in sums.iter_mut().zip(slices[*position].as_slice()) {
                *sum += value;
            }
        }
        let total: f64 = sums.iter().sum();
        let means = sums.iter().map(|sum| sum / total).collect();
        let probabilities = Probabilities::new(means)?;
        if self == Self::Mean {
            let class = probabilities.most_likely();
            let weight = |position: &usize| self.weight(&slices[*position], class);
            order.sort_by(|a, b| weight(b).total_cmp(&weight(a)));
        }
        Some(Aggregate {
            probabilities,
            carriers: order,
        })
    }

    /// What a slice is weighed by in an answer of `class`: how likely it is that there is something
    /// to be seen, or how much the slice speaks for the answer.
    pub fn weight(self, slice: &Probabilities, class: ClassIndex) -> f64 {
        match self {
            Self::Suspicious(nothing) => 1.0 - slice.of(nothing),
            Self::Mean => slice.of(class),
        }
    }

    /// The weightier slice first.
    fn compare(self, a: &Probabilities, b: &Probabilities) -> Ordering {
        let by_background = match self {
            Self::Suspicious(class) => a.of(class).total_cmp(&b.of(class)),
            Self::Mean => Ordering::Equal,
        };
        let all = a.as_slice().iter().zip(b.as_slice());
        by_background.then_with(|| {
            let mut orders = all.map(|(a, b)| b.total_cmp(a));
            orders
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal)
        })
    }
}

#[cfg(test)]
mod tests {
    use hilum_core::ClassName;

    use super::*;

    fn classes(names: &[&str]) -> Classes {
        Classes::new(names.iter().map(|name| ClassName::new(*name))).unwrap()
    }

    fn slice(values: &[f64]) -> Probabilities {
        Probabilities::new(values.to_vec()).unwrap()
    }

    fn assert_near(found: &Probabilities, expected: &[f64]) {
        for (found, expected) in found.as_slice().iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
    }

    #[test]
    fn a_lesion_in_a_tenth_of_the_slices_is_not_drowned() {
        // By hand: 40 slices, four of which show it; a tenth is four.
        let mut slices = vec![slice(&[0.05, 0.95]); 36];
        slices.extend([0.8, 0.9, 0.7, 0.6].map(|lesion| slice(&[lesion, 1.0 - lesion])));
        let names = classes(&["lesion", "normal"]);
        let rule = Rule::of(&names);
        let whole = rule.aggregate(&slices).unwrap();
        assert_near(&whole.probabilities, &[0.75, 0.25]);
        assert_eq!(whole.carriers, [37, 36, 38, 39]);
        let mean = Rule::Mean.aggregate(&slices).unwrap();
        assert_near(&mean.probabilities, &[0.12, 0.88]);
        assert_eq!(rule.name(), "suspicious-tenth");
        assert!(rule.says(&names).contains("against `normal`"));
    }

    #[test]
    fn few_slices_are_all_asked() {
        let rule = Rule::Suspicious(ClassIndex::new(1));
        let counts = [1, 2, 3, 4, 30, 31, 64].map(|count| rule.carrier_count(count));
        assert_eq!(counts, [1, 2, 3, 3, 3, 4, 7]);
        assert_eq!(Rule::Mean.carrier_count(64), 64);
    }

    #[test]
    fn without_a_class_for_nothing_all_slices_have_an_equal_say() {
        let slices = [slice(&[0.9, 0.1]), slice(&[0.2, 0.8]), slice(&[0.7, 0.3])];
        let names = classes(&["benign", "malignant"]);
        let whole = Rule::of(&names).aggregate(&slices).unwrap();
        assert_near(&whole.probabilities, &[0.6, 0.4]);
        assert_eq!(whole.carriers, [0, 2, 1]);
    }

    #[test]
    fn a_lesion_in_one_slice_is_the_patients() {
        let set = |classes: &[usize]| classes.iter().copied().map(ClassIndex::new).collect();
        let [first, normal, last] = [0, 1, 2].map(ClassIndex::new);
        let rule = Rule::Suspicious(normal);
        assert_eq!(rule.truth(&set(&[1])), Some(normal));
        assert_eq!(rule.truth(&set(&[0, 1])), Some(first));
        assert_eq!(rule.truth(&set(&[1, 2])), Some(last));
        assert_eq!(rule.truth(&set(&[0, 2])), None);
        assert_eq!(rule.truth(&set(&[0, 1, 2])), None);
        assert_eq!(Rule::Mean.truth(&set(&[0])), Some(first));
        assert_eq!(Rule::Mean.truth(&set(&[0, 1])), None);
        assert_eq!(rule.truth(&set(&[])), None);
    }

    #[test]
    fn the_order_of_slices_changes_no_bit() {
        let mut slices: Vec<Probabilities> = (0..50)
            .map(|number| {
                // Many equals.
                let lesion = f64::from(number * 37 % 11) / 10.0 * 0.3;
                let other = f64::from(number * 17 % 7) / 30.0;
                slice(&[lesion, 1.0 - lesion - other, other])
            })
            .collect();
        for rule in [Rule::Suspicious(ClassIndex::new(1)), Rule::Mean] {
            let before = rule.aggregate(&slices).unwrap().probabilities;
            slices.reverse();
            slices.rotate_left(13);
            assert_eq!(rule.aggregate(&slices).unwrap().probabilities, before);
        }
        assert_eq!(Rule::Mean.aggregate(&[]), None);
    }
}
