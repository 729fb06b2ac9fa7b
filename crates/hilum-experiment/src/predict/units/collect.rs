//! The slices of one whole as they are judged, and the answer that they make.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use hilum_core::{ClassName, Classes, Probabilities};
use hilum_trust::{Policy, Reason, Rule};

use super::Whole;
use super::answer::{Evidence, SliceCounts, UnitPrediction, UnitReason};
use super::member::UnitName;
use crate::named_model::NamedModel;
use crate::predict::{FileAnswer, Prediction};

/// Warnings that are told; a damaged series may have one of its own for every slice.
const WARNING_COUNT: usize = 10;

/// What is kept of a slice.
struct Slice {
    probabilities: Probabilities,
    reason: Option<Reason>,
    path: PathBuf,
    series_uid: Option<String>,
    instance_number: Option<i64>,
    position_mm: Option<f64>,
    frame: Option<usize>,
}

/// Slices of one whole.
pub(in crate::predict) struct Collected {
    whole: Whole,
    name: UnitName,
    classes: Classes,
    model: String,
    policy: Policy,
    slices: Vec<Slice>,
    unreadable_count: usize,
    study_uids: BTreeSet<Option<String>>,
    series_uids: BTreeSet<Option<String>>,
    folders: BTreeSet<PathBuf>,
    warnings: BTreeMap<String, usize>,
}

impl Collected {
    pub(in crate::predict) fn new(
        model: &NamedModel<'_>,
        policy: Policy,
        whole: Whole,
        name: UnitName,
    ) -> Self {
        Self {
            whole,
            name,
            classes: model.classes.clone(),
            model: model.name.clone(),
            policy,
            slices: Vec::new(),
            unreadable_count: 0,
            study_uids: BTreeSet::new(),
            series_uids: BTreeSet::new(),
            folders: BTreeSet::new(),
            warnings: BTreeMap::new(),
        }
    }

    /// What was said of a file or frame of it.
    pub(in crate::predict) fn answer_of_file(&mut self, answer: &FileAnswer) {
        match answer {
            FileAnswer::Predicted(prediction) => self.slice(prediction),
            FileAnswer::Unreadable { .. } => self.unreadable(),
        }
    }

    /// A slice that was judged.
    pub(super) fn slice(&mut self, prediction: &Prediction) {
        let names = self.classes.names().iter();
        let values = names.map(|name| prediction.probabilities[name]).collect();
        let folder = prediction.path.parent().unwrap_or(Path::new(""));
        if !self.folders.contains(folder) {
            self.folders.insert(folder.to_owned());
        }
        self.study_uids.insert(prediction.study_uid.clone());
        self.series_uids.insert(prediction.series_uid.clone());
        for warning in &prediction.warnings {
            *self.warnings.entry(warning.clone()).or_default() += 1;
        }
        self.slices.push(Slice {
            probabilities: Probabilities::new(values).expect("those of an answer"),
            reason: prediction.reason,
            path: prediction.path.clone(),
            series_uid: prediction.series_uid.clone(),
            instance_number: prediction.instance_number,
            position_mm: prediction.position_mm,
            frame: prediction.frame,
        });
    }

    /// A file or frame that could not be judged.
    pub(super) fn unreadable(&mut self) {
        self.unreadable_count += 1;
    }

    /// What all of them say together; `None` without a slice.
    pub(in crate::predict) fn answer(self) -> Option<UnitPrediction> {
        let rule = Rule::of(&self.classes);
        let is_unlike = |slice: &&Slice| slice.reason == Some(Reason::NotLikeTraining);
        let unlike_count = self.slices.iter().filter(is_unlike).count();
        // What is not like the training data has no say, unless there is nothing else.
        let has_say = |slice: &&Slice| unlike_count == self.slices.len() || !is_unlike(slice);
        let voices: Vec<&Slice> = self.slices.iter().filter(has_say).collect();
        let of_voices: Vec<Probabilities> =
            voices.iter().map(|one| one.probabilities.clone()).collect();
        let whole = rule.aggregate(&of_voices)?;
        let reason = if 2 * unlike_count > self.slices.len() {
            Some(UnitReason::MostUnlike)
        } else {
            let reason = self.policy.reason(&whole.probabilities, false);
            reason.map(UnitReason::Of)
        };
        let class = whole.probabilities.most_likely();
        let of_class = |class| {
            let probability = whole.probabilities.of(class);
            (self.classes.name(class).clone(), probability)
        };
        let has_several = self.series_uids.len() > 1;
        let carriers = whole.carriers.iter();
        Some(UnitPrediction {
            by: self.whole,
            path: self.path(),
            study_uid: only(&self.study_uids),
            series_uid: only(&self.series_uids),
            patient_id: match &self.name {
                UnitName::Patient(patient) => Some(patient.clone()),
                _ => None,
            },
            group: match &self.name {
                UnitName::Group(group) => Some(group.clone()),
                _ => None,
            },
            class: reason.is_none().then(|| self.classes.name(class).clone()),
            abstained: reason.is_some(),
            reason,
            probabilities: self.classes.indices().map(of_class).collect(),
            calibrated: false,
            rule: rule.name(),
            rule_says: rule.says(&self.classes),
            model: self.model.clone(),
            slices: self.counts(),
            evidence: carriers
                .map(|position| {
                    let slice = voices[*position];
                    let weight = rule.weight(&slice.probabilities, class);
                    slice.evidence(&self.classes, weight, has_several)
                })
                .collect(),
            warnings: self.told_warnings(),
        })
    }

    /// As it is shown.
    fn path(&self) -> Option<String> {
        if let UnitName::File(path) = &self.name {
            return Some(path.display().to_string());
        }
        let mut folders = self.folders.iter();
        let first = folders.next().filter(|_| folders.next().is_none());
        first.map(|folder| folder.display().to_string())
    }

    fn counts(&self) -> SliceCounts {
        let mut counts = SliceCounts {
            count: self.slices.len(),
            unreadable: self.unreadable_count,
            ..SliceCounts::default()
        };
        for slice in &self.slices {
            if let Some(reason) = slice.reason {
                counts.abstained += 1;
                *counts.reasons.entry(reason).or_default() += 1;
            } else {
                counts.answered += 1;
                let class = self.class_of(slice);
                *counts.classes.entry(class).or_default() += 1;
            }
        }
        counts
    }

    fn class_of(&self, slice: &Slice) -> ClassName {
        let class = slice.probabilities.most_likely();
        self.classes.name(class).clone()
    }

    /// Those of the most slices first.
    fn told_warnings(&self) -> Vec<String> {
        let mut warnings: Vec<(&String, usize)> = self
            .warnings
            .iter()
            .map(|(text, count)| (text, *count))
            .collect();
        warnings.sort_by_key(|(text, count)| (std::cmp::Reverse(*count), *text));
        let others = warnings.split_off(warnings.len().min(WARNING_COUNT));
        let told = warnings.into_iter().map(|(text, count)| {
            let slices = if count == 1 { "slice" } else { "slices" };
            format!("{text} ({count} {slices})")
        });
        let others = (!others.is_empty()).then(|| format!("{} other warnings", others.len()));
        told.chain(others).collect()
    }
}

impl Slice {
    fn evidence(&self, classes: &Classes, weight: f64, has_several: bool) -> Evidence {
        let class = self.probabilities.most_likely();
        Evidence {
            path: self.path.clone(),
            series_uid: self.series_uid.clone().filter(|_| has_several),
            instance_number: self.instance_number,
            position_mm: self.position_mm,
            frame: self.frame,
            weight,
            class: classes.name(class).clone(),
            probability: self.probabilities.of(class),
            abstained: self.reason.is_some(),
        }
    }
}

/// The one of a set that has one.
fn only(uids: &BTreeSet<Option<String>>) -> Option<String> {
    let mut uids = uids.iter();
    let first = uids.next()?.clone();
    first.filter(|_| uids.next().is_none())
}
