//! TID 4019 Algorithm Identification.

use super::content::Relation::HasConceptModifier;
use super::content::{Item, Value};
use crate::Code;
use crate::identifiers::Identifiers;

/// Name, version, manufacturer and parameters, with those that `further` names.
pub(super) fn identification(identifiers: &Identifiers<'_>, further: &[String]) -> Vec<Item> {
    let model = identifiers.model;
    let text = |value, meaning, text: &str| {
        let name = Code::dcm(value, meaning);
        Item::new(HasConceptModifier, name, Value::Text(text.to_owned()))
    };
    let parameter = |said: &str| text("111002", "Algorithm Parameters", said);
    let mut items = vec![
        text("111001", "Algorithm Name", &model.name),
        text("111003", "Algorithm Version", &model.version),
        text("122405", "Algorithm Manufacturer", "hilum"),
        parameter(&format!("fingerprint=blake3:{}", model.fingerprint)),
    ];
    items.extend(further.iter().map(|said| parameter(said)));
    items
}
