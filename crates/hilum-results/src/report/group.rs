//! TID 1501 Measurement and Qualitative Evaluation Group: one for the series, one for each slice.

use std::fmt::Write as _;

use hilum_experiment::{UnitPrediction, UnitReason};

use super::algorithm::identification;
use super::content::Relation::{Contains, HasObservationContext};
use super::content::{ImageReference, Item, Value};
use super::evaluation::Answer;
use crate::identifiers::Identifiers;
use crate::{Code, JudgedSeries, JudgedSlice};

/// The whole series, resting on the slices that carry its answer.
pub(super) fn of_series(series: &JudgedSeries, identifiers: &Identifiers<'_>) -> Item {
    let unit = &series.answer;
    let answer = Answer {
        class: unit.class.as_ref(),
        reason: unit.reason,
        probabilities: &unit.probabilities,
        calibrated: unit.calibrated,
        set: None,
    };
    let uid = identifiers.tracking(&series.source().series_uid);
    let mut items = tracking("series", uid);
    items.extend(answer.finding());
    let parameters = [
        format!("rule={}", unit.rule),
        format!("policy={}", identifiers.policy),
        format!("hilum={}", env!("CARGO_PKG_VERSION")),
    ];
    items.extend(identification(identifiers, &parameters));
    items.extend(answer.measurements(&identifiers.model.classes));
    items.extend(answer.evaluations());
    let comment = || Code::dcm("121106", "Comment");
    items.push(Item::contains_text(comment(), &counts(unit, identifiers)));
    // Other warnings name files, which are none of the patient's.
    let warnings = unit
        .warnings
        .iter()
        .filter(|warning| !warning.contains('`'));
    items.extend(warnings.map(|warning| Item::contains_text(comment(), warning)));
    let carriers = unit.evidence.iter();
    let carriers = carriers.filter_map(|evidence| series.slice_of(evidence));
    items.extend(carriers.map(source_image));
    group(items)
}

/// A slice by itself.
pub(super) fn of_slice(slice: &JudgedSlice, identifiers: &Identifiers<'_>) -> Item {
    let prediction = &slice.prediction;
    let answer = Answer {
        class: prediction.class.as_ref(),
        reason: prediction.reason.map(UnitReason::Of),
        probabilities: &prediction.probabilities,
        calibrated: prediction.calibrated,
        set: prediction.set.as_deref(),
    };
    let (instance, frame) = slice.key();
    let uid = identifiers.tracking(&format!("{instance} {}", frame.unwrap_or_default()));
    let mut items = tracking(&slice.name(), uid);
    items.extend(answer.finding());
    items.extend(identification(identifiers, &[]));
    items.extend(answer.measurements(&identifiers.model.classes));
    items.extend(answer.evaluations());
    items.push(source_image(slice));
    group(items)
}

fn group(items: Vec<Item>) -> Item {
    Item::container(
        Code::dcm("125007", "Measurement Group"),
        Some("1501"),
        items,
    )
}

fn tracking(name: &str, uid: String) -> Vec<Item> {
    let identifier = Code::dcm("112039", "Tracking Identifier");
    let unique = Code::dcm("112040", "Tracking Unique Identifier");
    let name = Value::Text(name.to_owned());
    vec![
        Item::new(HasObservationContext, identifier, name),
        Item::new(HasObservationContext, unique, Value::Uid(uid)),
    ]
}

fn source_image(slice: &JudgedSlice) -> Item {
    let name = Code::dcm("121112", "Source of Measurement");
    let image = ImageReference {
        sop_class_uid: slice.source.sop_class_uid.clone(),
        sop_instance_uid: slice.source.sop_instance_uid.clone(),
        frame: slice.prediction.frame,
    };
    Item::new(Contains, name, Value::Image(image))
}

/// How the answer came about, for people.
fn counts(unit: &UnitPrediction, identifiers: &Identifiers<'_>) -> String {
    let slices = &unit.slices;
    let answered: Vec<String> = slices
        .classes
        .iter()
        .map(|(class, count)| format!("{count} {class}"))
        .collect();
    let mut said = format!(
        "by {}; {} slices judged: {} given a class ({}), {} \"I don't know\"",
        identifiers.model.rule,
        slices.count,
        slices.answered,
        answered.join(", "),
        slices.abstained
    );
    if slices.unreadable > 0 {
        let _ = write!(said, "; {} could not be judged", slices.unreadable);
    }
    said
}
