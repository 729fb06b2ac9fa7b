//! Series of phantoms, and what the bundled model says of them.

use std::path::Path;

use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_object::{InMemDicomObject, OpenFileOptions, open_file};
use hilum_experiment::{Choices, Model, ModelOrigin, Predict, Session};
use hilum_imaging::{Lesion, Phantom, SeriesInfo, write_dicom};
use hilum_results::{
    CaptureSettings, ModelIdentity, ResultKind, ResultObject, Results, predict_results,
};
use hilum_trust::{Abstain, Policy};

/// Writes a series of `count` slices, each changed by `change`, as `NAME-1.dcm` and so on.
pub(crate) fn write(
    folder: &Path,
    name: &str,
    count: usize,
    change: impl Fn(&mut InMemDicomObject),
) {
    let patient_seed = name.bytes().map(u64::from).sum();
    let lesion = Lesion::SpiculatedPeripheral;
    for slice_index in 0..count {
        let phantom = Phantom {
            size: 64,
            patient_seed,
            slice_index,
            lesion,
        };
        let path = folder.join(format!("{name}-{}.dcm", slice_index + 1));
        let series = SeriesInfo::phantom(patient_seed, lesion);
        write_dicom(&path, &phantom.render(), &series, slice_index + 1).expect("a slice");
        let mut file = open_file(&path).expect("the slice");
        change(&mut file);
        file.write_to_file(&path).expect("a file");
    }
}

/// Puts the bytes of an attribute.
pub(crate) fn put(object: &mut InMemDicomObject, tag: Tag, vr: VR, value: &[u8]) {
    let value = PrimitiveValue::U8(value.to_vec().into());
    object.put(DataElement::new(tag, vr, value));
}

/// Everything that is written about the files under `folder`, the model never abstaining.
pub(crate) fn objects(folder: &Path, captures: usize) -> (Vec<ResultObject>, Results) {
    let policy = Policy {
        abstain: Abstain::Never,
        ..Policy::default()
    };
    objects_under(folder, captures, policy)
}

/// The same under another policy.
pub(crate) fn objects_under(
    folder: &Path,
    captures: usize,
    policy: Policy,
) -> (Vec<ResultObject>, Results) {
    let session = Session::default();
    let machine = Choices::default().machine();
    let mut model = Model::open(&ModelOrigin::Bundled, &machine, &session).expect("a model");
    let identity = ModelIdentity::of(&model.origin, &model.file.classes);
    let request = Predict {
        policy,
        ..Predict::new([folder])
    };
    let settings = CaptureSettings {
        most: captures,
        ..CaptureSettings::default()
    };
    let mut objects = Vec::new();
    let take = &mut |object| {
        objects.push(object);
        Ok(())
    };
    let results = predict_results(&mut model, &identity, &request, &settings, &session, take);
    (objects, results.expect("answers"))
}

/// The reports alone.
pub(crate) fn reports(folder: &Path) -> Vec<ResultObject> {
    let (objects, _) = objects(folder, 0);
    assert!(objects.iter().all(|one| one.kind == ResultKind::Report));
    objects
}

/// An object as a reader has it.
pub(crate) fn read(object: &ResultObject) -> InMemDicomObject {
    let file = OpenFileOptions::new()
        .from_reader(&object.bytes[..])
        .expect("a file");
    let meta = file.meta();
    assert_eq!(meta.transfer_syntax(), hilum_results::TRANSFER_SYNTAX_UID);
    assert_eq!(
        meta.implementation_class_uid(),
        hilum_results::IMPLEMENTATION_CLASS_UID
    );
    assert_eq!(
        meta.implementation_version_name().map(str::trim),
        Some(hilum_results::IMPLEMENTATION_VERSION_NAME)
    );
    assert_eq!(
        meta.media_storage_sop_instance_uid(),
        object.sop_instance_uid
    );
    file.into_inner()
}

/// A value as text.
pub(crate) fn text(object: &InMemDicomObject, tag: Tag) -> String {
    let value = object
        .get(tag)
        .unwrap_or_else(|| panic!("no {tag}"))
        .to_str()
        .expect("text");
    value.trim_end_matches(['\0', ' ']).to_owned()
}

/// The items of a sequence.
pub(crate) fn items(object: &InMemDicomObject, tag: Tag) -> &[InMemDicomObject] {
    object
        .get(tag)
        .and_then(|element| element.items())
        .unwrap_or_default()
}
