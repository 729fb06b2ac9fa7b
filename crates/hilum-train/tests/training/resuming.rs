//! Runs that ended early, and what goes on from them.

use std::fs;
use std::sync::atomic::AtomicBool;

use hilum_graph::Engine as _;
use hilum_train::{RunFolder, Schedule, Settings, StopReason, TrainError};
use hilum_weights::read_tensors;

use crate::bench::{Bench, StopAt, log_without_times, model};
use crate::tiny::{self, TinyEngine};

#[test]
fn a_run_that_was_interrupted_anywhere_ends_as_if_it_had_not_been() {
    let bench = Bench::new();
    let settings = Settings {
        schedule: Schedule::OneCycle,
        ..tiny::settings(6)
    };
    let (mut whole, whole_folder) = (TinyEngine::new(), bench.folder("whole"));
    let expected = bench.finish(&mut whole, &settings, &whole_folder).unwrap();
    // 57 slices in batches of 8: 6 batches and one of 9, then 3 of validation.
    for (epoch, batch) in [(1, 1), (1, 7), (3, 2), (4, 7), (6, 6)] {
        let folder = bench.folder("halves");
        let flag = AtomicBool::new(false);
        let mut observer = StopAt {
            flag: &flag,
            epoch,
            batch,
        };
        let first = TinyEngine::new();
        let mut engine = first;
        let outcome = bench
            .run(&mut engine, &settings, &folder, &mut observer, &flag)
            .unwrap();
        assert_eq!(outcome.reason, StopReason::Interrupted { discarded: epoch });
        assert_eq!(outcome.history.rows.len(), epoch - 1);

        let mut engine = TinyEngine::new();
        let outcome = bench.finish(&mut engine, &settings, &folder).unwrap();
        assert_eq!(outcome.reason, expected.reason);
        assert_eq!(outcome.history.best_epoch, expected.history.best_epoch);
        assert_eq!(log_without_times(&folder), log_without_times(&whole_folder));
        assert_eq!(model(&folder), model(&whole_folder));
        let checkpoint = |folder: &RunFolder| read_tensors(&folder.checkpoint()).unwrap().0;
        assert_eq!(checkpoint(&folder), checkpoint(&whole_folder));
    }
}

#[test]
fn whatever_a_kill_left_of_the_other_files_the_checkpoint_mends_them() {
    let bench = Bench::new();
    let settings = tiny::settings(5);
    let (mut engine, whole) = (TinyEngine::new(), bench.folder("whole"));
    bench.finish(&mut engine, &settings, &whole).unwrap();

    let folder = bench.folder("killed");
    let flag = AtomicBool::new(false);
    let mut observer = StopAt {
        flag: &flag,
        epoch: 3,
        batch: 4,
    };
    bench
        .run(
            &mut TinyEngine::new(),
            &settings,
            &folder,
            &mut observer,
            &flag,
        )
        .unwrap();
    let log = fs::read_to_string(folder.log()).unwrap();
    fs::write(folder.log(), &log[..log.len() - 20]).unwrap();
    let events = fs::read(folder.events()).unwrap();
    fs::write(folder.events(), &events[..events.len() - 3]).unwrap();
    fs::remove_file(folder.model()).unwrap();
    fs::write(folder.path().join("checkpoint.safetensors.partial"), "half").unwrap();

    let mut engine = TinyEngine::new();
    bench.finish(&mut engine, &settings, &folder).unwrap();
    assert_eq!(log_without_times(&folder), log_without_times(&whole));
    assert_eq!(model(&folder), model(&whole));
    let length = |folder: &RunFolder| fs::metadata(folder.events()).unwrap().len();
    assert_eq!(length(&folder), length(&whole));
}

#[test]
fn a_finished_run_is_not_trained_again() {
    let bench = Bench::new();
    let (settings, folder) = (tiny::settings(3), bench.folder("run"));
    let first = bench
        .finish(&mut TinyEngine::new(), &settings, &folder)
        .unwrap();
    let mut engine = TinyEngine::new();
    let again = bench.finish(&mut engine, &settings, &folder).unwrap();
    assert_eq!(again, first);
    assert!(engine.steps.is_empty());
    assert_eq!(engine.parameters().unwrap(), model(&folder));
}

#[test]
fn a_run_is_not_resumed_with_something_else() {
    let mut bench = Bench::new();
    let (settings, folder) = (tiny::settings(2), bench.folder("run"));
    bench
        .finish(&mut TinyEngine::new(), &settings, &folder)
        .unwrap();
    let before = fs::read(folder.checkpoint()).unwrap();
    let refused = |bench: &Bench, engine: &mut TinyEngine, settings: &Settings| {
        let TrainError::Checkpoint { source } =
            bench.finish(engine, settings, &folder).unwrap_err()
        else {
            panic!("another error")
        };
        source.to_string()
    };

    let longer = Settings {
        epochs: 3,
        batch_size: 4,
        ..settings.clone()
    };
    let message = refused(&bench, &mut TinyEngine::new(), &longer);
    // More epochs alone would be no other run.
    assert!(!message.contains("`settings.epochs`"), "{message}");
    assert!(
        message.contains("`settings.batch_size` was 8, is 4"),
        "{message}"
    );

    let mut other = TinyEngine::new();
    other.description = "tiny, 2 threads".to_owned();
    let message = refused(&bench, &mut other, &settings);
    assert!(
        message.contains("`engine` was \"tiny, 1 thread\""),
        "{message}"
    );

    bench.valid.swap(0, 3);
    let message = refused(&bench, &mut TinyEngine::new(), &settings);
    assert!(message.contains("`data` was"), "{message}");
    assert_eq!(fs::read(folder.checkpoint()).unwrap(), before);
}

#[test]
fn a_checkpoint_that_was_altered_is_refused() {
    let bench = Bench::new();
    let (settings, folder) = (tiny::settings(2), bench.folder("run"));
    bench
        .finish(&mut TinyEngine::new(), &settings, &folder)
        .unwrap();
    let mut bytes = fs::read(folder.checkpoint()).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(folder.checkpoint(), &bytes).unwrap();
    let error = bench
        .finish(&mut TinyEngine::new(), &settings, &folder)
        .unwrap_err();
    assert!(matches!(error, TrainError::Checkpoint { .. }), "{error}");
}
