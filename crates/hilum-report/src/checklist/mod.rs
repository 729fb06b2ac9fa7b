//! Reporting checklists, filled in with what a model, its run and its evaluations can answer.
//!
//! Both lists read the same [`Facts`]. What the facts do not hold is never made up: the item stays
//! open, with what is known of it and with what a person is to write.

mod answer;
mod claim;
mod facts;
mod item;
mod layout;
mod phrases;
mod reply;
#[cfg(test)]
mod tests;
mod tripod_ai;

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use thiserror::Error;

pub use facts::{
    DataFacts, EpochFacts, EvaluationFacts, Facts, FindingFacts, IgnoredFacts, JudgedData,
    MistakeFacts, SplitFacts,
};

use item::Item;
use reply::Reply;

/// A published list of what a report must say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guideline {
    /// CLAIM, for AI in medical imaging, as of its 2024 update.
    Claim,
    /// TRIPOD+AI, for prediction models.
    TripodAi,
}

/// A name that is no checklist.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{name}` is no checklist\nhint: write `claim` or `tripod-ai`")]
pub struct UnknownGuideline {
    /// What was given.
    pub name: String,
}

impl Guideline {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Claim, Self::TripodAi];

    /// How it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::TripodAi => "tripod-ai",
        }
    }

    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Claim => "CLAIM 2024",
            Self::TripodAi => "TRIPOD+AI",
        }
    }

    /// What it is for, and how long it is.
    pub const fn says(self) -> &'static str {
        match self {
            Self::Claim => "AI in medical imaging, 2024: 44 items",
            Self::TripodAi => "Prediction models, 2024: 27 items in 52 parts",
        }
    }

    const fn reference(self) -> &'static str {
        match self {
            Self::Claim => {
                "Tejani et al., Radiology: Artificial Intelligence 2024;6(4):e240300, \
                 doi:10.1148/ryai.240300"
            }
            Self::TripodAi => "Collins et al., BMJ 2024;385:e078378, doi:10.1136/bmj-2023-078378",
        }
    }

    fn items(self) -> &'static [Item] {
        match self {
            Self::Claim => &claim::ITEMS,
            Self::TripodAi => &tripod_ai::ITEMS,
        }
    }

    /// The list, with all answered that `facts` answer.
    pub fn fill(self, facts: &Facts) -> Checklist {
        let items: Vec<Entry> = self
            .items()
            .iter()
            .map(|item| Entry::new(item, item.reply(facts)))
            .collect();
        let filled = items.iter().filter(|item| item.answer.is_some()).count();
        Checklist {
            checklist: self.name(),
            title: self.title(),
            reference: self.reference(),
            filled,
            open: items.len() - filled,
            total: items.len(),
            items,
        }
    }
}

impl FromStr for Guideline {
    type Err = UnknownGuideline;

    fn from_str(name: &str) -> Result<Self, UnknownGuideline> {
        let known = Self::ALL.into_iter().find(|one| one.name() == name);
        known.ok_or_else(|| UnknownGuideline {
            name: name.to_owned(),
        })
    }
}

impl fmt::Display for Guideline {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// A checklist with its answers: what `hilum card --checklist` tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checklist {
    /// [`Guideline::name`].
    pub checklist: &'static str,
    /// [`Guideline::title`].
    pub title: &'static str,
    /// Where the list was published.
    pub reference: &'static str,
    /// Every item, in the list's order.
    pub items: Vec<Entry>,
    /// How many have an answer.
    pub filled: usize,
    /// How many have none.
    pub open: usize,
    /// How many there are.
    pub total: usize,
}

/// An item with its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its official number.
    pub number: &'static str,
    /// The part of a paper that it belongs to.
    pub section: &'static str,
    /// What it asks, in our own words.
    pub asks: &'static str,
    /// The answer; `None` where the item is open.
    pub answer: Option<String>,
    /// The files that the answer, or what is known, was read from.
    pub source: Option<String>,
    /// What is known of an open item, if anything is.
    pub known: Option<String>,
    /// What a person is to write of an open item.
    pub hint: Option<&'static str>,
}

impl Entry {
    fn new(item: &Item, reply: Reply) -> Self {
        let Item {
            number,
            section,
            asks,
            hint,
            ..
        } = *item;
        let open = Self {
            number,
            section,
            asks,
            answer: None,
            source: None,
            known: None,
            hint: Some(hint),
        };
        match reply {
            Reply::Answered(answer) => Self {
                answer: Some(answer.text()),
                source: Some(answer.source()),
                hint: None,
                ..open
            },
            Reply::Partly(known) => Self {
                known: Some(known.text()),
                source: Some(known.source()),
                ..open
            },
            Reply::Silent => open,
        }
    }
}
