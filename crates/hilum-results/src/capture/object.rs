//! A capture as a data set.

use dicom_core::{PrimitiveValue, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;
use hilum_imaging::Pixels;

use super::{Captured, picture};
use crate::attributes::{put, sequence, several};
use crate::modules::{
    NOT_FOR_DIAGNOSIS, SeriesModule, put_equipment, put_series, put_sop, reference,
};
use crate::result_object::encode;
use crate::{Code, ResultKind, ResultObject, SourceInstance};

/// Behind a hundred times the number of the source's series.
const SERIES_NUMBER: i64 = 91;

pub(super) fn of(captured: &Captured<'_>) -> ResultObject {
    let Captured {
        slice, identifiers, ..
    } = captured;
    let source = &slice.source;
    let class = uids::SECONDARY_CAPTURE_IMAGE_STORAGE;
    let instance = identifiers.capture(slice, &captured.settings.heat);
    let mut object = InMemDicomObject::new_empty();
    source.put_patient_and_study(&mut object);
    put_sop(&mut object, class, &instance);
    let series_uid = identifiers.series("capture", &source.series_uid);
    let description = format!("hilum heat: {NOT_FOR_DIAGNOSIS}");
    let own_series = SeriesModule {
        modality: "OT",
        uid: &series_uid,
        number: SERIES_NUMBER,
        description: &description,
    };
    put_series(&mut object, source, &own_series);
    put_body_part(&mut object, source);
    put_equipment(&mut object, source, identifiers.model);
    put_capture(&mut object, captured);
    put_source_image(&mut object, captured);
    put_compression(&mut object, source);
    put_pixels(&mut object, &picture::draw(captured));
    ResultObject {
        kind: ResultKind::Capture,
        sop_class_uid: class,
        sop_instance_uid: instance,
        study_uid: source.study_uid.clone(),
        source_series_uid: source.series_uid.clone(),
        bytes: encode(object),
    }
}

/// The part of the body as the source has it; Laterality may be asked for beside any but the chest
/// (PS3.3 C.7.3.1, type 2C), and nobody says it.
fn put_body_part(object: &mut InMemDicomObject, source: &SourceInstance) {
    let part = source.ascii(tags::BODY_PART_EXAMINED);
    if let Some(part) = part {
        put(object, tags::BODY_PART_EXAMINED, VR::CS, part);
    }
    if part != Some("CHEST") {
        put(object, tags::LATERALITY, VR::CS, "");
    }
}

/// SC Equipment (PS3.3 C.8.6.1) and General Image (PS3.3 C.7.6.1).
fn put_capture(object: &mut InMemDicomObject, captured: &Captured<'_>) {
    let source = &captured.slice.source;
    put(object, tags::CONVERSION_TYPE, VR::CS, "WSD");
    put(
        object,
        tags::IMAGE_TYPE,
        VR::CS,
        several(&["DERIVED", "SECONDARY"]),
    );
    let frame = captured.slice.prediction.frame;
    let frame = frame.and_then(|frame| i64::try_from(frame).ok());
    let number = frame.or(source
        .instance_number
        .filter(|number| i32::try_from(*number).is_ok()));
    let number = number.map(|number| number.to_string()).unwrap_or_default();
    put(object, tags::INSTANCE_NUMBER, VR::IS, number);
    // Empty: the picture stands beside words, and lies along no axis of the patient.
    put(
        object,
        tags::PATIENT_ORIENTATION,
        VR::CS,
        PrimitiveValue::Empty,
    );
    let (date, time) = source.date_and_time();
    put(object, tags::CONTENT_DATE, VR::DA, date);
    put(object, tags::CONTENT_TIME, VR::TM, time);
    // Whether words name the patient: ours do not, those of the source stay where they are.
    let is_marked = source.ascii(tags::BURNED_IN_ANNOTATION) == Some("YES");
    let is_marked = if is_marked { "YES" } else { "NO" };
    put(object, tags::BURNED_IN_ANNOTATION, VR::CS, is_marked);
    put(object, tags::RECOGNIZABLE_VISUAL_FEATURES, VR::CS, "NO");
    let layer = captured.heat.layer.as_ref();
    let layer = layer.map_or_else(String::new, |layer| format!(" at {layer}"));
    let model = captured.identifiers.model;
    let said = format!(
        "{} heat{layer} for the class {} by {} (blake3:{}), over the slice in the window of the \
         model; {NOT_FOR_DIAGNOSIS}",
        captured.settings.heat.method.title(),
        captured.heat.class,
        model.name,
        model.fingerprint,
    );
    let said: String = source.writer().text(&said).chars().take(1024).collect();
    put(object, tags::DERIVATION_DESCRIPTION, VR::ST, said);
}

/// General Reference (PS3.3 C.12.4) and Common Instance Reference (PS3.3 C.12.2).
fn put_source_image(object: &mut InMemDicomObject, captured: &Captured<'_>) {
    let source = &captured.slice.source;
    let named = || reference(&source.sop_class_uid, &source.sop_instance_uid);
    let mut image = named();
    if let Some(frame) = captured.slice.prediction.frame {
        let frame = frame.to_string();
        put(&mut image, tags::REFERENCED_FRAME_NUMBER, VR::IS, frame);
    }
    let purpose = Code::dcm("121322", "Source image for image processing operation");
    let tag = tags::PURPOSE_OF_REFERENCE_CODE_SEQUENCE;
    purpose.put(&mut image, tag, source.writer());
    sequence(object, tags::SOURCE_IMAGE_SEQUENCE, vec![image]);
    let mut series = InMemDicomObject::new_empty();
    let uid = source.series_uid.as_str();
    put(&mut series, tags::SERIES_INSTANCE_UID, VR::UI, uid);
    sequence(
        &mut series,
        tags::REFERENCED_INSTANCE_SEQUENCE,
        vec![named()],
    );
    sequence(object, tags::REFERENCED_SERIES_SEQUENCE, vec![series]);
}

/// What was lost before is lost here too (PS3.3 C.7.6.1.1.5).
fn put_compression(object: &mut InMemDicomObject, source: &SourceInstance) {
    let said = source.ascii(tags::LOSSY_IMAGE_COMPRESSION);
    let ratio = source.ascii(tags::LOSSY_IMAGE_COMPRESSION_RATIO);
    let method = source.ascii(tags::LOSSY_IMAGE_COMPRESSION_METHOD);
    if said != Some("01") {
        return;
    }
    put(object, tags::LOSSY_IMAGE_COMPRESSION, VR::CS, "01");
    if let (Some(ratio), Some(method)) = (ratio, method) {
        put(object, tags::LOSSY_IMAGE_COMPRESSION_RATIO, VR::DS, ratio);
        put(object, tags::LOSSY_IMAGE_COMPRESSION_METHOD, VR::CS, method);
    }
}

/// Image Pixel (PS3.3 C.7.6.3).
fn put_pixels(object: &mut InMemDicomObject, picture: &Pixels) {
    let numbers = [
        (tags::SAMPLES_PER_PIXEL, 3),
        (tags::PLANAR_CONFIGURATION, 0),
        (tags::ROWS, picture.height() as u16),
        (tags::COLUMNS, picture.width() as u16),
        (tags::BITS_ALLOCATED, 8),
        (tags::BITS_STORED, 8),
        (tags::HIGH_BIT, 7),
        (tags::PIXEL_REPRESENTATION, 0),
    ];
    for (tag, number) in numbers {
        put(object, tag, VR::US, PrimitiveValue::from(number));
    }
    put(object, tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "RGB");
    let mut data = picture.data().to_vec();
    if data.len() % 2 == 1 {
        data.push(0);
    }
    put(
        object,
        tags::PIXEL_DATA,
        VR::OB,
        PrimitiveValue::U8(data.into()),
    );
}
