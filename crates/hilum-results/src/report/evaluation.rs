//! What an answer says, as the content of a measurement group.

use std::collections::BTreeMap;

use hilum_core::{ClassName, Classes};
use hilum_experiment::UnitReason;

use super::content::Relation::{Contains, HasConceptModifier};
use super::content::{Item, Value};
use crate::Code;
use crate::code::yes_or_no;
use crate::finding::{finding, indeterminate, reason};
use crate::scheme::own;

/// An answer of a slice or of a whole.
pub(super) struct Answer<'a> {
    pub(super) class: Option<&'a ClassName>,
    pub(super) reason: Option<UnitReason>,
    pub(super) probabilities: &'a BTreeMap<ClassName, f64>,
    pub(super) calibrated: bool,
    pub(super) set: Option<&'a [ClassName]>,
}

impl Answer<'_> {
    /// The finding and where it is: what a group says first.
    pub(super) fn finding(&self) -> Vec<Item> {
        let found = self.class.map_or_else(indeterminate, finding);
        let site = Code::sct("363698007", "Finding Site");
        let lung = Value::Code(Code::sct("39607008", "Lung"));
        vec![
            Item::contains_code(Code::dcm("121071", "Finding"), found),
            Item::new(HasConceptModifier, site, lung),
        ]
    }

    /// TID 300 Measurement, one for each class in the model's order.
    pub(super) fn measurements(&self, classes: &Classes) -> Vec<Item> {
        let of_class = |class: &ClassName| {
            let value = *self.probabilities.get(class)?;
            let units = Code::new("1", "UCUM", "no units");
            let probability = Code::dcm("122157", "Probability");
            let of = Code::dcm("121071", "Finding");
            let of = Item::new(HasConceptModifier, of, Value::Code(finding(class)));
            let number = Value::Number { value, units };
            Some(Item::new(Contains, probability, number).with(vec![of]))
        };
        classes.names().iter().filter_map(of_class).collect()
    }

    /// Qualitative evaluations: whether probabilities are calibrated, whether there is an answer
    /// and why not, and the set of classes.
    pub(super) fn evaluations(&self) -> Vec<Item> {
        let abstained = self.class.is_none();
        let calibrated = own("CALIBRATED", "Probabilities are calibrated");
        let unknown = own("DONT-KNOW", "Answer is \"I don't know\"");
        let mut items = vec![
            Item::contains_code(calibrated, yes_or_no(self.calibrated)),
            Item::contains_code(unknown, yes_or_no(abstained)),
        ];
        if let Some(why) = self.reason {
            let name = own("REASON", "Reason of \"I don't know\"");
            items.push(Item::contains_code(name, reason(why)));
        }
        let set = || own("SET", "Class in the set of possible classes");
        match self.set {
            Some([]) => {
                let none = own("SET-EMPTY", "no class is as likely as it takes");
                items.push(Item::contains_code(set(), none));
            }
            Some(classes) => {
                let of_class = |class| Item::contains_code(set(), finding(class));
                items.extend(classes.iter().map(of_class));
            }
            None => {}
        }
        items
    }
}
