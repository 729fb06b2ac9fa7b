//! What a model says of a series, and when it is asked.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::open_file;
use hilum_core::Cancel;
use hilum_experiment::{Choices, Model, ModelOrigin, Session, SharedModel, Sharing};
use hilum_imaging::{Lesion, Phantom, SeriesInfo, write_dicom};
use hilum_node::{ModelPredictor, Predictor, PredictorError, ResultObject, SeriesFiles};

fn slices(folder: &Path, count: usize) -> Vec<PathBuf> {
    let (patient_seed, lesion) = (5, Lesion::SpiculatedPeripheral);
    let write = |slice_index| {
        let phantom = Phantom {
            size: 64,
            patient_seed,
            slice_index,
            lesion,
        };
        let path = folder.join(format!("{slice_index}.dcm"));
        let info = SeriesInfo::phantom(patient_seed, lesion);
        write_dicom(&path, &phantom.render(), &info, slice_index + 1).unwrap();
        path
    };
    (0..count).map(write).collect()
}

fn without(files: &[PathBuf], tag: Tag) {
    for path in files {
        let mut file = open_file(path).unwrap();
        assert!(file.remove_element(tag));
        file.write_to_file(path).unwrap();
    }
}

fn shared(origin: &ModelOrigin) -> SharedModel {
    let machine = Choices::default().machine();
    let model = Model::open(origin, &machine, &Session::default()).unwrap();
    SharedModel::new(model, origin.to_string(), Sharing::default()).unwrap()
}

fn series(files: &[PathBuf]) -> SeriesFiles<'_> {
    SeriesFiles {
        study_uid: "1.2",
        series_uid: "1.2.3",
        files,
    }
}

fn predicted(predictor: &mut ModelPredictor, files: &[PathBuf]) -> Vec<ResultObject> {
    let mut results = Vec::new();
    let take = &mut |result| {
        results.push(result);
        ControlFlow::Continue(())
    };
    predictor.predict(series(files), take).unwrap();
    results
}

fn names(results: &[ResultObject], name: &str) -> bool {
    let file = &results[0].file;
    file.windows(name.len())
        .any(|bytes| bytes == name.as_bytes())
}

#[test]
fn what_was_judged_ahead_changes_nothing_that_is_said() {
    let model = shared(&ModelOrigin::Bundled);
    let predictor = || {
        let model = model.clone();
        ModelPredictor::new(move || model.clone(), Cancel::default())
    };
    // With places, and without: then a slice says that the order rests on numbers.
    for removed in [None, Some(tags::IMAGE_POSITION_PATIENT)] {
        let folder = tempfile::tempdir().unwrap();
        let mut files = slices(folder.path(), 5);
        without(&files, tags::SLICE_LOCATION);
        if let Some(tag) = removed {
            without(&files[4..], tag);
        }
        std::fs::write(folder.path().join("none.dcm"), "no slice").unwrap();
        files.push(folder.path().join("none.dcm"));
        let at_once = predicted(&mut predictor(), &files);
        assert!(at_once.len() > 1, "a report and captures");
        let mut ahead = predictor();
        ahead.look_ahead(series(&files[1..3]));
        ahead.look_ahead(series(&files[4..]));
        assert_eq!(predicted(&mut ahead, &files), at_once);
        // What was known is used up, and asked for again.
        assert_eq!(predicted(&mut ahead, &files), at_once);
    }
}

#[test]
fn no_more_is_made_than_is_wanted_and_nothing_of_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let model = shared(&ModelOrigin::Bundled);
    let mut predictor = ModelPredictor::new(move || model.clone(), Cancel::default());
    let files = slices(folder.path(), 2);
    let mut count = 0;
    let take = &mut |_| {
        count += 1;
        ControlFlow::Break(())
    };
    predictor.predict(series(&files), take).unwrap();
    assert_eq!(count, 1);
    let none = folder.path().join("none.dcm");
    std::fs::write(&none, "no slice").unwrap();
    let take = &mut |_| ControlFlow::Continue(());
    let refused = predictor.predict(series(&[none]), take);
    assert!(matches!(refused, Err(PredictorError::Never(_))));
}

#[test]
fn a_model_that_takes_anothers_place_is_asked_from_then_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("second.safetensors");
    std::fs::write(&path, hilum_models::bundled()).unwrap();
    let first = shared(&ModelOrigin::Bundled);
    let second = shared(&ModelOrigin::File(path));
    let is_replaced = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&is_replaced);
    let current = move || {
        let one = if asked.load(Ordering::SeqCst) {
            &second
        } else {
            &first
        };
        one.clone()
    };
    let mut predictor = ModelPredictor::new(current, Cancel::default());
    let slices_folder = tempfile::tempdir().unwrap();
    let files = slices(slices_folder.path(), 2);
    let of_first = predicted(&mut predictor, &files);
    assert!(names(&of_first, "bundled:mobilenet-v2-chest-ct"));
    predictor.look_ahead(series(&files[..1]));
    is_replaced.store(true, Ordering::SeqCst);
    let of_second = predicted(&mut predictor, &files);
    assert!(names(&of_second, "second") && !names(&of_second, "bundled:"));
}
