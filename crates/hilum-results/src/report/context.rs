//! In which language, by whom, and of what: the first items of a report.

use super::content::Relation::{HasConceptModifier, HasObservationContext};
use super::content::{Item, Value};
use crate::Code;
use crate::identifiers::Identifiers;

/// TID 1204 Language of Content Item and Descendants.
pub(super) fn language() -> Vec<Item> {
    let name = Code::dcm("121049", "Language of Content Item and Descendants");
    let english = Code::new("en", "RFC5646", "English");
    vec![Item::new(HasConceptModifier, name, Value::Code(english))]
}

/// TID 1001 Observation Context, TID 1002 Observer Context, TID 1004 Device Observer Identifying
/// Attributes.
pub(super) fn observer(identifiers: &Identifiers<'_>) -> Vec<Item> {
    let model = identifiers.model;
    let text = |value, meaning, text: &str| {
        let name = Code::dcm(value, meaning);
        Item::new(HasObservationContext, name, Value::Text(text.to_owned()))
    };
    let device = Value::Code(Code::dcm("121007", "Device"));
    let kind = Code::dcm("121005", "Observer Type");
    let uid = Code::dcm("121012", "Device Observer UID");
    vec![
        Item::new(HasObservationContext, kind, device),
        Item::new(
            HasObservationContext,
            uid,
            Value::Uid(identifiers.observer()),
        ),
        text("121013", "Device Observer Name", "hilum"),
        text("121014", "Device Observer Manufacturer", "hilum"),
        text("121015", "Device Observer Model Name", &model.name),
        text(
            "121016",
            "Device Observer Serial Number",
            &model.fingerprint,
        ),
    ]
}

/// The procedure whose images are reported on.
pub(super) fn procedure() -> Item {
    let name = Code::dcm("121058", "Procedure reported");
    let chest = Code::new("24627-2", "LN", "CT Chest");
    Item::new(HasConceptModifier, name, Value::Code(chest))
}
