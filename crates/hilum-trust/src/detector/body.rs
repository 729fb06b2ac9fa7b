//! What all training slices show of a body: a slice that does not is unlike them, whatever a network
//! makes of it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is seen of a body in a slice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeenBody {
    /// Whether there are lungs in it.
    pub lungs: bool,
    /// Its width in the image by its height; `None` where there is no body.
    pub aspect: Option<f64>,
}

/// What a slice of the training's kind shows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BodyRule {
    /// The share of the training slices that show lungs.
    pub with_lungs: f64,
    /// Bodies are hardly narrower than this, as width by height.
    pub narrowest: f64,
}

/// How a slice departs from the training's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Departure {
    /// No lungs are seen.
    NoLungs,
    /// The body is narrower than any, as one that is turned by a quarter.
    Narrow,
}

impl BodyRule {
    /// Of the training slices so many show lungs, or there is no rule. Some that don't are found in
    /// most collections: slices of the belly, labelled as the patient's others.
    const LEAST_WITH_LUNGS: f64 = 0.95;
    /// The share of the training's bodies that may be narrower than the others, and how much
    /// narrower still a new one may be.
    const NARROWER_SHARE: f64 = 0.01;
    const NARROWER: f64 = 0.95;

    /// Of training slices; `None` if they are not of chests.
    pub fn fit(training: &[SeenBody]) -> Option<Self> {
        let with_lungs = training.iter().filter(|seen| seen.lungs).count();
        let with_lungs = with_lungs as f64 / training.len().max(1) as f64;
        let mut aspects: Vec<f64> = training.iter().filter_map(|seen| seen.aspect).collect();
        if with_lungs < Self::LEAST_WITH_LUNGS || aspects.is_empty() {
            return None;
        }
        aspects.sort_by(f64::total_cmp);
        let passed_over = (aspects.len() as f64 * Self::NARROWER_SHARE) as usize;
        Some(Self {
            with_lungs,
            narrowest: aspects[passed_over] * Self::NARROWER,
        })
    }

    /// How a slice departs from it; `None` if it does not.
    pub fn departure(&self, seen: SeenBody) -> Option<Departure> {
        if !seen.lungs {
            return Some(Departure::NoLungs);
        }
        let is_narrow = seen.aspect.is_some_and(|aspect| aspect < self.narrowest);
        is_narrow.then_some(Departure::Narrow)
    }

    pub(super) fn is_sound(&self) -> bool {
        (0.0..=1.0).contains(&self.with_lungs) && self.narrowest.is_finite()
    }
}

impl fmt::Display for Departure {
    /// In words: for warnings.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NoLungs => "no lungs are seen in it",
            Self::Narrow => "the body in it is narrower than in any training slice; is it turned?",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(lungs: bool, aspect: f64) -> SeenBody {
        SeenBody {
            lungs,
            aspect: Some(aspect),
        }
    }

    #[test]
    fn chests_ask_for_lungs_and_for_a_body_as_wide_as_theirs() {
        let mut training: Vec<_> = (0..199)
            .map(|at| seen(true, 1.0 + f64::from(at) / 200.0))
            .collect();
        training.push(seen(false, 0.2));
        let rule = BodyRule::fit(&training).unwrap();
        assert_eq!(rule.with_lungs, 0.995);
        // The narrowest two of 200 are passed over: 0.2 and 1.0.
        assert_eq!(rule.narrowest, 1.005 * 0.95);
        assert_eq!(rule.departure(seen(true, 0.96)), None);
        assert_eq!(rule.departure(seen(true, 0.95)), Some(Departure::Narrow));
        assert_eq!(rule.departure(seen(false, 1.2)), Some(Departure::NoLungs));
        let nothing = SeenBody {
            lungs: false,
            aspect: None,
        };
        assert_eq!(rule.departure(nothing), Some(Departure::NoLungs));
    }

    #[test]
    fn what_is_not_of_chests_asks_for_nothing() {
        let mut training = vec![seen(true, 1.0); 94];
        training.extend([seen(false, 1.0); 6]);
        assert_eq!(BodyRule::fit(&training), None);
        assert_eq!(BodyRule::fit(&[]), None);
    }
}
