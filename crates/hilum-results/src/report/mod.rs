//! A structured report: what the model says of a series and of each of its slices.
//!
//! Comprehensive SR (PS3.3 A.35.3), TID 1500 Measurement Report (PS3.16).

mod algorithm;
mod content;
mod context;
mod evaluation;
mod group;
mod library;

use dicom_core::VR;
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;
use hilum_trust::Policy;

use crate::attributes::{put, sequence};
use crate::identifiers::Identifiers;
use crate::modules::{
    NOT_FOR_DIAGNOSIS, SeriesModule, put_equipment, put_evidence, put_series, put_sop,
};
use crate::result_object::encode;
use crate::{Code, JudgedSeries, ModelIdentity, ResultKind, ResultObject};
use content::Item;

/// Behind a hundred times the number of the source's series.
const SERIES_NUMBER: i64 = 90;

/// The report about a series; `policy` is the one that it was judged under.
pub fn report(series: &JudgedSeries, model: &ModelIdentity, policy: &Policy) -> ResultObject {
    let identifiers = Identifiers { model, policy };
    let source = series.source();
    let instance = identifiers.report(series);
    let mut object = InMemDicomObject::new_empty();
    let class = uids::COMPREHENSIVE_SR_STORAGE;
    source.put_patient_and_study(&mut object);
    put_sop(&mut object, class, &instance);
    let series_uid = identifiers.series("report", &source.series_uid);
    let description = format!("hilum: {NOT_FOR_DIAGNOSIS}");
    let own_series = SeriesModule {
        modality: "SR",
        uid: &series_uid,
        number: SERIES_NUMBER,
        description: &description,
    };
    put_series(&mut object, source, &own_series);
    let step = tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE;
    sequence(&mut object, step, Vec::new());
    put_equipment(&mut object, source, model);
    put_document(&mut object, series);
    tree(series, &identifiers).put(&mut object, source.writer());
    ResultObject {
        kind: ResultKind::Report,
        sop_class_uid: class,
        sop_instance_uid: instance,
        study_uid: source.study_uid.clone(),
        source_series_uid: source.series_uid.clone(),
        bytes: encode(object),
    }
}

/// SR Document General (PS3.3 C.17.2).
fn put_document(object: &mut InMemDicomObject, series: &JudgedSeries) {
    let source = series.source();
    let (date, time) = source.date_and_time();
    put(object, tags::CONTENT_DATE, VR::DA, date);
    put(object, tags::CONTENT_TIME, VR::TM, time);
    let texts = [
        (tags::INSTANCE_NUMBER, VR::IS, "1"),
        (tags::COMPLETION_FLAG, VR::CS, "COMPLETE"),
        (tags::VERIFICATION_FLAG, VR::CS, "UNVERIFIED"),
    ];
    for (tag, vr, text) in texts {
        put(object, tag, vr, text);
    }
    sequence(object, tags::PERFORMED_PROCEDURE_CODE_SEQUENCE, Vec::new());
    put_evidence(object, source, &series.instances());
}

/// TID 1500 Measurement Report.
fn tree(series: &JudgedSeries, identifiers: &Identifiers<'_>) -> Item {
    let mut items = context::language();
    items.extend(context::observer(identifiers));
    items.push(context::procedure());
    let comment = Code::dcm("121106", "Comment");
    items.push(Item::contains_text(comment, &disclaimer()));
    items.push(library::of(series));
    let whole = [group::of_series(series, identifiers)];
    let slices = series.slices.iter();
    let slices = slices.map(|slice| group::of_slice(slice, identifiers));
    let measurements = Code::dcm("126010", "Imaging Measurements");
    let groups = whole.into_iter().chain(slices).collect();
    items.push(Item::container(measurements, None, groups));
    let title = Code::dcm("126000", "Imaging Measurement Report");
    Item::root(title, "1500", items)
}

fn disclaimer() -> String {
    format!(
        "{NOT_FOR_DIAGNOSIS}: computed by hilum {}, which is research software, not a medical device",
        env!("CARGO_PKG_VERSION")
    )
}
