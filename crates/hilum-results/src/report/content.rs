//! Content items, and how they become a data set (PS3.3 C.17.3).

use dicom_core::{PrimitiveValue, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use crate::Code;
use crate::attributes::{Writer, put, sequence};

/// A content item with those below it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    /// How it belongs to the item above; `None` for the root.
    relation: Option<Relation>,
    /// What it says something of; an image of a library has no name.
    name: Option<Code>,
    value: Value,
    below: Vec<Item>,
}

/// Relationship Type (0040,A010).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Contains,
    HasObservationContext,
    HasAcquisitionContext,
    HasConceptModifier,
}

/// Value Type (0040,A040) with the value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// Holds others; of a template of PS3.16, if it is named.
    Container(Option<&'static str>),
    Code(Code),
    Text(String),
    Number {
        value: f64,
        units: Code,
    },
    Uid(String),
    Image(ImageReference),
}

/// An image, or a frame of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ImageReference {
    pub(super) sop_class_uid: String,
    pub(super) sop_instance_uid: String,
    /// From 1, of an image that has several.
    pub(super) frame: Option<usize>,
}

impl Item {
    pub(super) fn root(name: Code, template: &'static str, below: Vec<Self>) -> Self {
        Self {
            relation: None,
            name: Some(name),
            value: Value::Container(Some(template)),
            below,
        }
    }

    pub(super) fn new(relation: Relation, name: Code, value: Value) -> Self {
        Self {
            relation: Some(relation),
            name: Some(name),
            value,
            below: Vec::new(),
        }
    }

    /// A container with what it holds.
    pub(super) fn container(name: Code, template: Option<&'static str>, below: Vec<Self>) -> Self {
        let container = Self::new(Relation::Contains, name, Value::Container(template));
        container.with(below)
    }

    pub(super) fn contains_code(name: Code, value: Code) -> Self {
        Self::new(Relation::Contains, name, Value::Code(value))
    }

    pub(super) fn contains_text(name: Code, text: &str) -> Self {
        Self::new(Relation::Contains, name, Value::Text(text.to_owned()))
    }

    /// An image of a library, which has no name (TID 1601).
    pub(super) fn library_image(image: ImageReference) -> Self {
        Self {
            relation: Some(Relation::Contains),
            name: None,
            value: Value::Image(image),
            below: Vec::new(),
        }
    }

    /// The same with items below it.
    pub(super) fn with(mut self, below: Vec<Self>) -> Self {
        self.below.extend(below);
        self
    }

    /// Puts it, and all below it, into `object`.
    pub(super) fn put(&self, object: &mut InMemDicomObject, writer: Writer) {
        if let Some(relation) = self.relation {
            put(object, tags::RELATIONSHIP_TYPE, VR::CS, relation.term());
        }
        put(object, tags::VALUE_TYPE, VR::CS, self.value.type_term());
        if let Some(name) = &self.name {
            name.put(object, tags::CONCEPT_NAME_CODE_SEQUENCE, writer);
        }
        self.value.put(object, writer);
        if !self.below.is_empty() {
            let items = self.below.iter().map(|item| {
                let mut below = InMemDicomObject::new_empty();
                item.put(&mut below, writer);
                below
            });
            sequence(object, tags::CONTENT_SEQUENCE, items.collect());
        }
    }
}

impl Relation {
    fn term(self) -> &'static str {
        match self {
            Self::Contains => "CONTAINS",
            Self::HasObservationContext => "HAS OBS CONTEXT",
            Self::HasAcquisitionContext => "HAS ACQ CONTEXT",
            Self::HasConceptModifier => "HAS CONCEPT MOD",
        }
    }
}

impl Value {
    fn type_term(&self) -> &'static str {
        match self {
            Self::Container(_) => "CONTAINER",
            Self::Code(_) => "CODE",
            Self::Text(_) => "TEXT",
            Self::Number { .. } => "NUM",
            Self::Uid(_) => "UIDREF",
            Self::Image(_) => "IMAGE",
        }
    }

    fn put(&self, object: &mut InMemDicomObject, writer: Writer) {
        match self {
            Self::Container(template) => {
                put(object, tags::CONTINUITY_OF_CONTENT, VR::CS, "SEPARATE");
                if let Some(template) = template {
                    let mut item = InMemDicomObject::new_empty();
                    put(&mut item, tags::MAPPING_RESOURCE, VR::CS, "DCMR");
                    put(&mut item, tags::TEMPLATE_IDENTIFIER, VR::CS, *template);
                    sequence(object, tags::CONTENT_TEMPLATE_SEQUENCE, vec![item]);
                }
            }
            Self::Code(code) => code.put(object, tags::CONCEPT_CODE_SEQUENCE, writer),
            Self::Text(text) => put(object, tags::TEXT_VALUE, VR::UT, writer.text(text)),
            Self::Uid(uid) => put(object, tags::UID, VR::UI, uid.as_str()),
            Self::Number { value, units } => {
                let mut item = InMemDicomObject::new_empty();
                units.put(&mut item, tags::MEASUREMENT_UNITS_CODE_SEQUENCE, writer);
                put(&mut item, tags::NUMERIC_VALUE, VR::DS, decimal(*value));
                let exact = PrimitiveValue::from(*value);
                put(&mut item, tags::FLOATING_POINT_VALUE, VR::FD, exact);
                sequence(object, tags::MEASURED_VALUE_SEQUENCE, vec![item]);
            }
            Self::Image(image) => {
                sequence(object, tags::REFERENCED_SOP_SEQUENCE, vec![image.item()]);
            }
        }
    }
}

impl ImageReference {
    fn item(&self) -> InMemDicomObject {
        let mut item = InMemDicomObject::new_empty();
        let (class, instance) = (self.sop_class_uid.as_str(), self.sop_instance_uid.as_str());
        put(&mut item, tags::REFERENCED_SOP_CLASS_UID, VR::UI, class);
        put(
            &mut item,
            tags::REFERENCED_SOP_INSTANCE_UID,
            VR::UI,
            instance,
        );
        if let Some(frame) = self.frame {
            put(
                &mut item,
                tags::REFERENCED_FRAME_NUMBER,
                VR::IS,
                frame.to_string(),
            );
        }
        item
    }
}

/// A number in the 16 characters of `DS`, as exactly as they allow.
fn decimal(value: f64) -> String {
    const LONGEST: usize = 16;
    let shortest = value.to_string();
    if shortest.len() <= LONGEST {
        return shortest;
    }
    let fixed = (0..=14).rev().map(|digits| format!("{value:.digits$}"));
    let scientific = (0..=9).rev().map(|digits| format!("{value:.digits$e}"));
    let fits = |text: &String| text.len() <= LONGEST;
    let is_small = value != 0.0 && value.abs() < 1e-4;
    let found = if is_small {
        scientific.into_iter().find(fits)
    } else {
        fixed.into_iter().find(fits)
    };
    found.unwrap_or_else(|| format!("{value:.9e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_fits_its_representation_and_loses_next_to_nothing() {
        for value in [
            0.0,
            1.0,
            0.1,
            1.0 / 3.0,
            2.0 / 3.0 * 1e-7,
            1.234_567_890_123_456e-300,
            0.999_999_999_999_999_9,
        ] {
            let text = decimal(value);
            assert!(text.len() <= 16, "{text}");
            let back: f64 = text.parse().unwrap();
            assert!(
                (back - value).abs() <= 1e-9 * value.abs(),
                "{text} of {value}"
            );
        }
    }
}
