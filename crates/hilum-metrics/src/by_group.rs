//! Figures of wholes, such as patients, beside those of their slices.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::evaluation::Evaluation;

/// What slices are put together by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupUnit {
    /// Patients that DICOM headers name.
    Patient,
    /// What a manifest names, or, where nothing does, slices that look like one scan.
    Group,
}

/// What was drawn for the intervals of slices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drawn {
    /// Slices, as if each were of a patient of its own: too narrow where they are not.
    #[default]
    Slices,
    /// Groups that the data names.
    Groups,
    /// Groups of which some are inferred, a guess.
    InferredGroups,
}

/// The slices that figures by group are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupedPart {
    /// The clean ones.
    Clean,
    /// All of them.
    AsIs,
}

/// Every group judged once, by one answer of all its slices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ByGroup {
    /// What the groups are.
    pub unit: GroupUnit,
    /// Whether some of them are inferred from how alike slices are: a guess.
    pub inferred: bool,
    /// Which slices were put together.
    pub of: GroupedPart,
    /// How the answers of slices became one.
    pub rule: String,
    /// The same in words, a phrase that goes on from "by".
    pub rule_says: String,
    /// Slices of the groups that are judged.
    pub slices: usize,
    /// Groups that are left out, since their slices are of several classes.
    pub of_several_classes: usize,
    /// The figures; their `count` is that of the groups, and their intervals come from drawing
    /// groups.
    #[serde(flatten)]
    pub figures: Evaluation,
}

impl GroupUnit {
    /// What `count` of them are called.
    pub fn named(self, count: usize) -> &'static str {
        match (self, count) {
            (Self::Patient, 1) => "patient",
            (Self::Patient, _) => "patients",
            (Self::Group, 1) => "group",
            (Self::Group, _) => "groups",
        }
    }
}

impl Drawn {
    /// As a heading has it.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Slices => "slices drawn",
            Self::Groups | Self::InferredGroups => "groups drawn",
        }
    }
}

impl fmt::Display for Drawn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Slices => {
                "slices are drawn; with several slices a patient the true interval is wider"
            }
            Self::Groups => "whole groups are drawn, as the data names them",
            Self::InferredGroups => {
                "whole groups are drawn, inferred where none are named, which is a guess"
            }
        })
    }
}

impl ByGroup {
    /// `12 patients of 96 slices, each by the mean over all slices; 1 of several classes is left
    /// out`
    pub fn says(&self) -> String {
        let count = self.figures.count;
        let guess = if self.inferred {
            " (inferred where none are named, which is a guess)"
        } else {
            ""
        };
        let left_out = match self.of_several_classes {
            0 => String::new(),
            1 => "; 1 of several classes is left out".to_owned(),
            several => format!("; {several} of several classes are left out"),
        };
        format!(
            "{count} {}{guess} of {} slices, each by {}{left_out}",
            self.unit.named(count),
            self.slices,
            self.rule_says
        )
    }
}
