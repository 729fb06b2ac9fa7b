//! Modules that reports and captures have in common.

use dicom_core::VR;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use crate::attributes::{put, sequence};
use crate::scheme;
use crate::{ModelIdentity, SourceInstance};

/// What every object says where a person looks first.
pub const NOT_FOR_DIAGNOSIS: &str = "research, not for diagnosis";

/// What a series of objects is.
pub(crate) struct SeriesModule<'a> {
    pub(crate) modality: &'a str,
    pub(crate) uid: &'a str,
    /// Added to a hundred times the source's number, so that results stand behind what they are
    /// about.
    pub(crate) number: i64,
    pub(crate) description: &'a str,
}

/// SOP Common (PS3.3 C.12.1).
pub(crate) fn put_sop(object: &mut InMemDicomObject, class: &str, instance: &str) {
    put(object, tags::SOP_CLASS_UID, VR::UI, class);
    put(object, tags::SOP_INSTANCE_UID, VR::UI, instance);
    scheme::identify(object);
}

/// General Series (PS3.3 C.7.3.1), or SR Document Series (PS3.3 C.17.1).
pub(crate) fn put_series(
    object: &mut InMemDicomObject,
    source: &SourceInstance,
    series: &SeriesModule<'_>,
) {
    put(object, tags::MODALITY, VR::CS, series.modality);
    put(object, tags::SERIES_INSTANCE_UID, VR::UI, series.uid);
    let source_number = source
        .series_number
        .filter(|number| (0..10_000_000).contains(number));
    let number = 100 * source_number.unwrap_or_default() + series.number;
    put(object, tags::SERIES_NUMBER, VR::IS, number.to_string());
    put(object, tags::SERIES_DESCRIPTION, VR::LO, series.description);
    let (date, time) = source.date_and_time();
    put(object, tags::SERIES_DATE, VR::DA, date);
    put(object, tags::SERIES_TIME, VR::TM, time);
}

/// General Equipment (PS3.3 C.7.5.1) and Enhanced General Equipment (PS3.3 C.7.5.2): the model is
/// the device.
pub(crate) fn put_equipment(
    object: &mut InMemDicomObject,
    source: &SourceInstance,
    model: &ModelIdentity,
) {
    let name = source.writer().long_string(&model.name);
    let texts = [
        (tags::MANUFACTURER, "hilum"),
        (tags::MANUFACTURER_MODEL_NAME, name.as_str()),
        (tags::DEVICE_SERIAL_NUMBER, model.fingerprint.as_str()),
        (tags::SOFTWARE_VERSIONS, env!("CARGO_PKG_VERSION")),
    ];
    for (tag, text) in texts {
        put(object, tag, VR::LO, text);
    }
}

/// An item that names an instance: Referenced SOP Class and Instance UID.
pub(crate) fn reference(class: &str, instance: &str) -> InMemDicomObject {
    let mut item = InMemDicomObject::new_empty();
    put(&mut item, tags::REFERENCED_SOP_CLASS_UID, VR::UI, class);
    put(
        &mut item,
        tags::REFERENCED_SOP_INSTANCE_UID,
        VR::UI,
        instance,
    );
    item
}

/// The hierarchy of instances that a report rests on: Current Requested Procedure Evidence
/// Sequence (PS3.3 C.17.2).
pub(crate) fn put_evidence(
    object: &mut InMemDicomObject,
    source: &SourceInstance,
    instances: &[(&str, &str)],
) {
    let mut series = InMemDicomObject::new_empty();
    let uid = source.series_uid.as_str();
    put(&mut series, tags::SERIES_INSTANCE_UID, VR::UI, uid);
    let items = instances
        .iter()
        .map(|(class, instance)| reference(class, instance));
    sequence(&mut series, tags::REFERENCED_SOP_SEQUENCE, items.collect());
    let mut study = InMemDicomObject::new_empty();
    let uid = source.study_uid.as_str();
    put(&mut study, tags::STUDY_INSTANCE_UID, VR::UI, uid);
    sequence(&mut study, tags::REFERENCED_SERIES_SEQUENCE, vec![series]);
    let tag = tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE;
    sequence(object, tag, vec![study]);
}
