//! Which of the judged slices belong together, and what the wholes are worth.

use std::collections::{BTreeMap, BTreeSet};

use hilum_core::{ClassIndex, Classes, GroupId, Probabilities};
use hilum_dataset::audit::is_inferred;
use hilum_metrics::{Bootstrap, ByGroup, Drawn, Evaluation, GroupUnit, GroupedPart};
use hilum_report::Prediction;
use hilum_trust::{Reason, Rule};

use crate::data::Audited;

/// The groups of the judged slices.
pub(super) struct Groups {
    /// One a slice; a slice that belongs to no other has one to itself.
    numbers: Vec<usize>,
    pub(super) unit: GroupUnit,
    /// What to draw for intervals: groups, if there are any.
    pub(super) drawn: Drawn,
}

impl Groups {
    /// Of the samples that were judged: those that the data names, and for the rest those that
    /// look like one scan.
    pub(super) fn of(audited: &Audited, judged: &[usize]) -> Self {
        let Audited { dataset, audit } = audited;
        let all = audit.similarity_groups(dataset);
        let groups = || judged.iter().map(|sample| all[*sample].as_ref());
        let mut sizes: BTreeMap<&GroupId, usize> = BTreeMap::new();
        for group in groups().flatten() {
            *sizes.entry(group).or_default() += 1;
        }
        let is_named = sizes.keys().any(|group| !is_inferred(group));
        let mut inferred = sizes.iter().filter(|(group, _)| is_inferred(group));
        // Of an inferred group, the other slices may lie in another split.
        let is_guess = inferred.any(|(_, size)| *size > 1);
        let names_patient = |sample: &usize| {
            let header = audit.facts()[*sample].slice();
            let header = header.and_then(|slice| slice.dicom.as_ref());
            let patient = header.and_then(|header| header.patient_id.as_ref());
            patient == all[*sample].as_ref().map(|group| &group.0)
        };
        let is_of_patients = is_named && !is_guess && judged.iter().all(names_patient);
        Self {
            numbers: numbered(groups()),
            unit: if is_of_patients {
                GroupUnit::Patient
            } else {
                GroupUnit::Group
            },
            drawn: match (is_named, is_guess) {
                (_, true) => Drawn::InferredGroups,
                (true, false) => Drawn::Groups,
                (false, false) => Drawn::Slices,
            },
        }
    }

    /// The numbers of the groups of the slices at `positions`, from 0 without gaps.
    pub(super) fn at(&self, positions: &[usize]) -> Vec<usize> {
        numbered(
            positions
                .iter()
                .map(|position| Some(self.numbers[*position])),
        )
    }

    /// Every group of the slices at `positions` judged once; `None` where none belong together.
    ///
    /// A group whose slices are of several classes has none, unless all but one of them say that
    /// there is nothing to be seen: then it has that one.
    pub(super) fn judge(
        &self,
        classes: &Classes,
        slices: &[&Prediction],
        positions: &[usize],
        of: GroupedPart,
        bootstrap: &Bootstrap,
    ) -> Option<ByGroup> {
        if self.drawn == Drawn::Slices || positions.is_empty() {
            return None;
        }
        let mut members: BTreeMap<usize, Vec<&Prediction>> = BTreeMap::new();
        for position in positions {
            let group = members.entry(self.numbers[*position]).or_default();
            group.push(slices[*position]);
        }
        let rule = Rule::of(classes);
        let (mut truth, mut probabilities) = (Vec::new(), Vec::new());
        let (mut slice_count, mut of_several_classes) = (0, 0);
        for group in members.values() {
            let of_group: BTreeSet<ClassIndex> = group.iter().map(|one| one.truth).collect();
            let values = with_a_say(group);
            match (rule.truth(&of_group), rule.aggregate(&values)) {
                (Some(class), Some(whole)) => {
                    truth.push(class);
                    probabilities.push(whole.probabilities);
                    slice_count += group.len();
                }
                _ => of_several_classes += 1,
            }
        }
        Some(ByGroup {
            unit: self.unit,
            inferred: self.drawn == Drawn::InferredGroups,
            of,
            rule: rule.name().to_owned(),
            rule_says: rule.says(classes),
            slices: slice_count,
            of_several_classes,
            figures: Evaluation::compute(classes, &truth, &probabilities, bootstrap),
        })
    }
}

/// The probabilities of slices that are like the training data; of all, if none is.
fn with_a_say(group: &[&Prediction]) -> Vec<Probabilities> {
    let is_unlike = |one: &Prediction| one.answer.reason == Some(Reason::NotLikeTraining.says());
    let is_none = group.iter().all(|one| is_unlike(one));
    let heard = group.iter().filter(|one| is_none || !is_unlike(one));
    heard.map(|one| one.probabilities.clone()).collect()
}

/// Equal names get equal numbers, from 0 without gaps; who has no name gets one to itself.
fn numbered<T: Ord>(names: impl Iterator<Item = Option<T>>) -> Vec<usize> {
    let mut known: BTreeMap<T, usize> = BTreeMap::new();
    let mut next = 0;
    let mut fresh = || {
        next += 1;
        next - 1
    };
    names
        .map(|name| match name {
            Some(name) => *known.entry(name).or_insert_with(&mut fresh),
            None => fresh(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_no_gaps_and_the_nameless_stand_alone() {
        let names = [Some("b"), None, Some("a"), Some("b"), None];
        assert_eq!(numbered(names.into_iter()), [0, 1, 2, 0, 3]);
    }
}
