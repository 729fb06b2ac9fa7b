//! What stops a run, and what is left of it.

use std::fs;

use hilum_core::{ClassIndex, Split};
use hilum_graph::Engine as _;
use hilum_train::{RunFolder, TrainError};

use crate::bench::{Bench, files, log_without_times, model};
use crate::tiny::{self, TinyEngine};

#[test]
fn a_loss_that_is_not_finite_stops_the_run_and_keeps_the_best_model() {
    let bench = Bench::new();
    let (settings, folder) = (tiny::settings(9), bench.folder("run"));
    let mut engine = TinyEngine::new();
    // Seven steps an epoch: the third step of the fourth epoch.
    engine.diverges_at = Some(3 * 7 + 2);
    let error = bench.finish(&mut engine, &settings, &folder).unwrap_err();
    let TrainError::NotFinite {
        what, epoch, step, ..
    } = &error
    else {
        panic!("{error}")
    };
    assert_eq!((*what, *epoch, *step), ("loss", 4, 3));
    let message = error.to_string();
    assert!(
        message.contains("lower the learning rate, such as to 0.001"),
        "{message}"
    );
    assert!(
        message.contains(&folder.model().display().to_string()),
        "{message}"
    );

    let short = bench.folder("short");
    bench
        .finish(&mut TinyEngine::new(), &tiny::settings(3), &short)
        .unwrap();
    assert_eq!(model(&folder), model(&short));
    assert_eq!(log_without_times(&folder).len(), 4);
}

#[test]
fn weights_that_are_not_finite_are_refused_before_the_first_step() {
    let bench = Bench::new();
    let (settings, folder) = (tiny::settings(2), bench.folder("run"));
    let mut engine = TinyEngine::new();
    let mut parameters = engine.parameters().unwrap();
    parameters.get_mut("head.bias").unwrap().data[1] = f32::NAN;
    engine.set_parameters(&parameters).unwrap();
    let error = bench.finish(&mut engine, &settings, &folder).unwrap_err();
    assert!(
        matches!(error, TrainError::InitialWeights { .. }),
        "{error}"
    );
    assert!(engine.steps.is_empty());
    assert!(files(folder.path()).is_empty());
}

#[test]
fn a_class_missing_from_a_split_stops_the_run() {
    let mut bench = Bench::new();
    bench
        .valid
        .retain(|slice| slice.truth != ClassIndex::new(1));
    let (settings, folder) = (tiny::settings(2), bench.folder("run"));
    let error = bench
        .finish(&mut TinyEngine::new(), &settings, &folder)
        .unwrap_err();
    let TrainError::ClassMissing { class, split } = &error else {
        panic!("{error}")
    };
    assert_eq!((class.as_str(), *split), ("normal", Split::Valid));
    assert!(
        error
            .to_string()
            .contains("`normal` has no images in `valid`")
    );
}

#[test]
fn a_file_that_cannot_be_written_stops_the_run_and_is_named() {
    let bench = Bench::new();
    let settings = tiny::settings(2);
    let in_the_way: [fn(&RunFolder) -> std::path::PathBuf; 4] = [
        RunFolder::log,
        RunFolder::events,
        RunFolder::checkpoint,
        RunFolder::model,
    ];
    for place in in_the_way {
        let folder = bench.folder("run");
        let path = place(&folder);
        fs::create_dir(&path).unwrap();
        let error = bench
            .finish(&mut TinyEngine::new(), &settings, &folder)
            .unwrap_err();
        let first: Option<&dyn std::error::Error> = Some(&error);
        let errors = std::iter::successors(first, |error| error.source());
        let chain: Vec<String> = errors.map(ToString::to_string).collect();
        let chain = chain.join("\n");
        assert!(chain.contains(&path.display().to_string()), "{chain}");
    }
}
