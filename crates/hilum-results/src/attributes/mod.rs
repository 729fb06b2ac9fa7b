//! Attributes as dicom-object takes them.

mod writer;

use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_object::InMemDicomObject;

pub(crate) use writer::Writer;

/// Puts one attribute.
pub(crate) fn put(
    object: &mut InMemDicomObject,
    tag: Tag,
    vr: VR,
    value: impl Into<PrimitiveValue>,
) {
    object.put(DataElement::new(tag, vr, value.into()));
}

/// Puts a sequence of items.
pub(crate) fn sequence(object: &mut InMemDicomObject, tag: Tag, items: Vec<InMemDicomObject>) {
    let items = DataSetSequence::from(items);
    object.put(DataElement::new(tag, VR::SQ, items));
}

/// Several values of an attribute that is text.
pub(crate) fn several(values: &[&str]) -> PrimitiveValue {
    PrimitiveValue::Strs(values.iter().map(|value| (*value).to_owned()).collect())
}
