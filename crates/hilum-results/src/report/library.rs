//! TID 1600 Image Library: every image that was judged.

use dicom_dictionary_std::tags;

use super::content::Relation::HasAcquisitionContext;
use super::content::{ImageReference, Item, Value};
use crate::{Code, JudgedSeries};

pub(super) fn of(series: &JudgedSeries) -> Item {
    // TID 1602 Image Library Entry Descriptors, those that all images have in common.
    let modality = Code::dcm("121139", "Modality");
    let ct = Value::Code(Code::dcm("CT", "Computed Tomography"));
    let mut items = vec![Item::new(HasAcquisitionContext, modality, ct)];
    if let Some(uid) = series.source().ascii(tags::FRAME_OF_REFERENCE_UID) {
        let name = Code::dcm("112227", "Frame of Reference UID");
        let uid = Value::Uid(uid.to_owned());
        items.push(Item::new(HasAcquisitionContext, name, uid));
    }
    let images = series.instances().into_iter().map(|(class, instance)| {
        Item::library_image(ImageReference {
            sop_class_uid: class.to_owned(),
            sop_instance_uid: instance.to_owned(),
            frame: None,
        })
    });
    items.extend(images);
    let group = Code::dcm("126200", "Image Library Group");
    let library = Code::dcm("111028", "Image Library");
    let groups = vec![Item::container(group, None, items)];
    Item::container(library, None, groups)
}
