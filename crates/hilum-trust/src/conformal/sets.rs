//! From scores to sets.

use std::fmt;
use std::str::FromStr;

use hilum_core::{ClassIndex, Probabilities};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::scores::{ClassScores, ConformalScores, pooled_quantile};

/// A class has a quantile of its own from this many held-out slices and groups on.
const LEAST_OF_CLASS: usize = 30;

/// How ill a class fits a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SetMethod {
    /// 1 less the probability of the class: least ambiguous classes. The smallest sets; they are
    /// empty where no class is as likely as those of held-out slices. Sadinle, Lei, Wasserman, Least
    /// ambiguous set-valued classifiers with bounded error levels, 2019.
    #[default]
    Lac,
    /// The sum of the probabilities of all likelier classes: adaptive prediction sets. Larger where
    /// a slice is hard; they always hold the most likely class, so that they cover at least as often
    /// as it is right. Romano, Sesia, Candès, Classification with valid and adaptive coverage, 2020,
    /// equation 6 with its random number at the end that leaves the class itself out, so that an
    /// answer is the same each time.
    Aps,
}

/// A word that names no method.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{name}` makes no sets\nhint: write `lac` or `aps`")]
pub struct UnknownSetMethod {
    /// What was given.
    pub name: String,
}

impl SetMethod {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Lac, Self::Aps];

    /// How it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lac => "lac",
            Self::Aps => "aps",
        }
    }

    /// How ill `class` fits a slice; the less, the better.
    pub fn score(self, probabilities: &Probabilities, class: ClassIndex) -> f64 {
        let own = probabilities.of(class);
        match self {
            Self::Lac => 1.0 - own,
            Self::Aps => {
                let others = probabilities.as_slice().iter();
                let likelier = others.filter(|other| **other > own);
                likelier.sum()
            }
        }
    }
}

impl FromStr for SetMethod {
    type Err = UnknownSetMethod;

    fn from_str(name: &str) -> Result<Self, UnknownSetMethod> {
        let known = Self::ALL.into_iter().find(|one| one.name() == name);
        known.ok_or_else(|| UnknownSetMethod {
            name: name.to_owned(),
        })
    }
}

impl fmt::Display for SetMethod {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// The quantile of each class at one coverage.
#[derive(Debug, Clone, PartialEq)]
pub struct Sets {
    method: SetMethod,
    /// The highest score of a class in a set; `None` where there were too few slices to leave
    /// any out.
    quantiles: Vec<Option<f64>>,
    /// Whether a class has a quantile of its own.
    own: Vec<bool>,
}

impl Sets {
    /// Sets that hold the truth in `coverage` of the slices.
    ///
    /// A class of enough held-out slices has a quantile of its own, so that its slices are covered
    /// as often as those of others (label-conditional, Vovk, Conditional validity of inductive
    /// conformal predictors, 2012); the others share one, or all do where those are few too.
    ///
    /// Slices of one group are no independent draws. As in the pooling of Dunn, Wasserman, Ramdas,
    /// Distribution-free prediction sets for two-layer hierarchical models, 2023, all slices count,
    /// and what is added for the new slice is one group's worth: the quantile is at
    /// `coverage * (g + 1) / g` of slices of `g` groups. Where every slice stands alone that is
    /// the usual `(n + 1)` rank.
    pub fn new(scores: &ConformalScores, method: SetMethod, coverage: f64) -> Self {
        let classes = scores.by(method);
        let has_own = |class: &ClassScores| {
            class.groups >= LEAST_OF_CLASS && quantile(&[class], coverage).is_some()
        };
        let own: Vec<bool> = classes.iter().map(has_own).collect();
        let rest: Vec<&ClassScores> = classes
            .iter()
            .zip(&own)
            .filter_map(|(class, own)| (!own).then_some(class))
            .collect();
        let rest_groups: usize = rest.iter().map(|class| class.groups).sum();
        let all: Vec<&ClassScores> = classes.iter().collect();
        let shared = match rest_groups {
            LEAST_OF_CLASS.. => quantile(&rest, coverage),
            _ => quantile(&all, coverage),
        };
        let quantiles = classes
            .iter()
            .zip(&own)
            .map(|(class, own)| {
                if *own {
                    quantile(&[class], coverage)
                } else {
                    shared
                }
            })
            .collect();
        Self {
            method,
            quantiles,
            own,
        }
    }

    /// The set of a slice, the most likely class first; possibly empty.
    pub fn of(&self, probabilities: &Probabilities) -> Vec<ClassIndex> {
        let fits = |class: &ClassIndex| {
            let quantile = self.quantiles[class.get()];
            quantile.is_none_or(|highest| self.method.score(probabilities, *class) <= highest)
        };
        let classes = (0..self.quantiles.len()).map(ClassIndex::new);
        let mut set: Vec<ClassIndex> = classes.filter(fits).collect();
        set.sort_by(|one, other| probabilities.of(*other).total_cmp(&probabilities.of(*one)));
        set
    }

    /// How they are made.
    pub fn method(&self) -> SetMethod {
        self.method
    }

    /// The highest score of each class that is in; `None` where any score is.
    pub fn quantiles(&self) -> &[Option<f64>] {
        &self.quantiles
    }

    /// Whether the slices of each class are covered by a quantile of their own.
    pub fn own_quantiles(&self) -> &[bool] {
        &self.own
    }
}

fn quantile(classes: &[&ClassScores], coverage: f64) -> Option<f64> {
    let slices: usize = classes.iter().map(|class| class.slices).sum();
    let groups: usize = classes.iter().map(|class| class.groups).sum();
    if groups == 0 {
        return None;
    }
    let one_more = (groups as f64 + 1.0) / groups as f64;
    pooled_quantile(classes, slices as f64 * coverage * one_more)
}
