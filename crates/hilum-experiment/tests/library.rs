//! What the library promises whoever calls it: a binary, a server, Python.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use hilum_core::{Cancel, Grouping};
use hilum_experiment::{
    Choices, CrossValidation, ErrorKind, Evaluate, Event, ExperimentError, FoldSettings,
    LeakMeasure, Model, ModelOrigin, Place, Predict, Resume, Run, RunSettings, Session,
    cross_validate, evaluate, predict, resume, train,
};
use hilum_imaging::{DatasetSettings, write_dataset};
use tempfile::TempDir;

/// Phantoms of four classes, and settings that learn from them in a moment.
fn workplace() -> (TempDir, RunSettings) {
    let folder = tempfile::tempdir().expect("a folder");
    let slices = folder.path().join("slices");
    let settings = DatasetSettings {
        size: 64,
        ..DatasetSettings::default()
    };
    write_dataset(&slices, &settings, |_, _| {}).expect("slices");
    let settings = choices(&[]).resolve(&slices).expect("valid settings");
    (folder, settings)
}

fn choices(more: &[(&str, &str)]) -> Choices {
    let quick = [
        ("arch", "compact-cnn"),
        ("image-size", "32"),
        ("epochs", "3"),
        ("threads", "2"),
    ];
    let mut choices = Choices::default();
    for (name, text) in quick.iter().chain(more) {
        choices.choose(name, text).expect("a setting");
    }
    choices
}

fn run(folder: &Path, name: &str, settings: &RunSettings) -> Run {
    Run {
        place: Place::At(folder.join(name)),
        settings: settings.clone(),
    }
}

fn model(run: &Path) -> Vec<u8> {
    std::fs::read(run.join("model.safetensors")).expect("a model")
}

#[test]
fn two_trainings_at_once_give_what_one_alone_gives() {
    let (folder, settings) = workplace();
    let train = |name: &str| {
        let trained = train(&run(folder.path(), name, &settings), &Session::default());
        model(&trained.unwrap().folder)
    };
    let alone = train("alone");
    std::thread::scope(|scope| {
        let both = ["one", "other"].map(|name| scope.spawn(move || train(name)));
        for one in both {
            assert!(one.join().unwrap() == alone, "other weights than alone");
        }
    });
}

#[test]
fn a_training_that_is_cancelled_goes_on_to_the_same_weights() {
    let (folder, settings) = workplace();
    let whole = train(&run(folder.path(), "whole", &settings), &Session::default()).unwrap();

    let cancel = Cancel::default();
    let asked = cancel.clone();
    let observer = move |event: &Event<'_>| {
        if let Event::EpochDone(_) = event {
            asked.cancel();
        }
    };
    let session = Session::observed(&observer).cancelled_by(cancel);
    let error = train(&run(folder.path(), "cut", &settings), &session).unwrap_err();
    assert!(
        matches!(error, ExperimentError::Interrupted { epoch: 2, .. }),
        "{error}"
    );
    assert_eq!(error.kind(), ErrorKind::Cancelled);

    let cut = folder.path().join("cut");
    let taken = train(&run(folder.path(), "cut", &settings), &Session::default()).unwrap_err();
    assert!(matches!(taken, ExperimentError::Place(_)), "{taken}");
    let again = resume(&Resume {
        out: Some(cut.clone()),
        runs: PathBuf::new(),
        name: None,
        data: settings.data.path.clone(),
        given: choices(&[]),
    });
    train(&again.unwrap(), &Session::default()).unwrap();
    assert!(model(&cut) == model(&whole.folder));
}

#[test]
fn a_call_that_is_cancelled_before_it_begins_leaves_nothing() {
    let (folder, settings) = workplace();
    let cancel = Cancel::default();
    cancel.cancel();
    let session = Session::default().cancelled_by(cancel);
    let error = train(&run(folder.path(), "never", &settings), &session).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
    assert!(!folder.path().join("never").exists());
}

#[test]
fn results_can_be_serialised_and_events_tell_what_happened() {
    let (folder, settings) = workplace();
    let told = Mutex::new(Vec::new());
    let slices_read = AtomicUsize::new(0);
    let observer = |event: &Event<'_>| match event {
        Event::Audited(summary) => told.lock().unwrap().push(summary.to_string()),
        Event::EpochDone(epoch) => told
            .lock()
            .unwrap()
            .push(format!("epoch {}", epoch.row.epoch)),
        Event::ModelOpened { origin, .. } => told.lock().unwrap().push(origin.to_string()),
        Event::Advances { .. } => {
            slices_read.fetch_add(1, Ordering::Relaxed);
        }
        _ => {}
    };
    let session = Session::observed(&observer);
    let trained = train(&run(folder.path(), "run", &settings), &session).unwrap();
    let json = serde_json::to_value(&trained).unwrap();
    assert_eq!(json["history"]["rows"].as_array().unwrap().len(), 3);

    let origin = ModelOrigin::File(trained.model);
    let mut model = Model::open(&origin, &settings.machine, &session).unwrap();
    let request = Evaluate::new(settings.data.clone(), &origin);
    let report = evaluate(&mut model, &request, &session).unwrap();
    assert!(serde_json::to_value(&report).unwrap()["as_is"]["accuracy"].is_number());

    let test = settings.data.path.join("test");
    let said = predict(&mut model, &Predict::new([test]), &session).unwrap();
    assert_eq!(said.answers.len(), report.as_is.count);
    let line = serde_json::to_value(&said.answers[0]).unwrap();
    assert!(
        line["class"].is_string() == (line["abstained"] == false)
            && line["probabilities"].is_object(),
        "{line}"
    );

    let told = told.into_inner().unwrap();
    let position = |what: &str| told.iter().position(|line| line.contains(what)).unwrap();
    assert!(position("data audited") < position("epoch 1"));
    assert!(position("epoch 3") < position("model.safetensors"));
    assert!(slices_read.into_inner() > 0);
}

#[test]
fn a_file_that_cannot_be_read_is_an_answer() {
    let (folder, settings) = workplace();
    let broken = folder.path().join("broken.png");
    std::fs::write(&broken, b"\x89PNG\r\n\x1a\nand no more").unwrap();
    let session = Session::default();
    let mut model = Model::open(&ModelOrigin::Bundled, &settings.machine, &session).unwrap();
    let said = predict(&mut model, &Predict::new([broken.clone()]), &session).unwrap();
    let line = serde_json::to_value(&said.answers).unwrap();
    assert_eq!(line[0]["path"], broken.display().to_string());
    assert!(line[0]["error"].is_string());
    let nothing = predict(
        &mut model,
        &Predict::new([folder.path().join("none")]),
        &session,
    );
    assert_eq!(nothing.unwrap_err().kind(), ErrorKind::BadInput);
}

#[test]
fn a_cross_validation_that_is_cancelled_repeats_no_fold() {
    let (folder, settings) = workplace();
    let request = |name: &str| CrossValidation {
        settings: settings.clone(),
        folds: FoldSettings {
            group: Grouping::None,
            fold_count: 2,
            ..FoldSettings::default()
        },
        repeat_count: 1,
        keeps_models: false,
        runs: folder.path().join("runs"),
        name: Some(name.to_owned()),
        leak: LeakMeasure::Skip,
    };
    let whole = cross_validate(&request("whole"), &Session::default()).unwrap();
    let cancel = Cancel::default();
    let asked = cancel.clone();
    let observer = move |event: &Event<'_>| {
        if let Event::FoldDone { .. } = event {
            asked.cancel();
        }
    };
    let session = Session::observed(&observer).cancelled_by(cancel);
    let error = cross_validate(&request("cut"), &session).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");

    let trained = AtomicUsize::new(0);
    let observer = |event: &Event<'_>| {
        if let Event::FoldDone {
            seconds: Some(_), ..
        } = event
        {
            trained.fetch_add(1, Ordering::Relaxed);
        }
    };
    let again = cross_validate(&request("cut"), &Session::observed(&observer)).unwrap();
    assert_eq!(trained.into_inner(), 1, "the first fold was done");
    assert_eq!(again.report.out_of_fold, whole.report.out_of_fold);
}
