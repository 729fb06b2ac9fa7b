//! Whole runs of a tiny network.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod tiny;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use hilum_core::{ClassIndex, Split};
use hilum_graph::{Engine as _, NodeIndex, Parameters, read_tensors};
use hilum_train::{
    BatchDone, ClassWeights, EarlyStopping, EpochDone, Freeze, LabelledSlice, Monitor, Observer,
    Outcome, RunFolder, Schedule, Settings, StopReason, TrainError, Training, TrainingData,
    predict_slices, train,
};
use tiny::TinyEngine;

/// A run's folder and data.
struct Bench {
    runs: tempfile::TempDir,
    train: Vec<LabelledSlice>,
    valid: Vec<LabelledSlice>,
}

impl Bench {
    fn new() -> Self {
        Self {
            runs: tempfile::tempdir().unwrap(),
            train: tiny::slices(57, 0),
            valid: tiny::slices(24, 1000),
        }
    }

    fn folder(&self, name: &str) -> RunFolder {
        RunFolder::create(self.runs.path(), name).unwrap()
    }

    fn run(
        &self,
        engine: &mut TinyEngine,
        settings: &Settings,
        folder: &RunFolder,
        observer: &mut dyn Observer,
        stop: &AtomicBool,
    ) -> Result<Outcome, TrainError> {
        let training = Training {
            data: TrainingData {
                classes: &tiny::classes(),
                train: &self.train,
                valid: &self.valid,
            },
            recipe: &tiny::recipe(),
            settings,
            folder,
            model: &tiny::TinyModel,
        };
        train(engine, &training, observer, stop)
    }

    fn finish(
        &self,
        engine: &mut TinyEngine,
        settings: &Settings,
        folder: &RunFolder,
    ) -> Result<Outcome, TrainError> {
        self.run(engine, settings, folder, &mut (), &AtomicBool::new(false))
    }
}

/// Sets the stop flag after a batch.
struct StopAt<'a> {
    flag: &'a AtomicBool,
    epoch: usize,
    batch: usize,
}

impl Observer for StopAt<'_> {
    fn batch_done(&mut self, batch: &BatchDone) {
        if (batch.epoch, batch.done) == (self.epoch, self.batch) {
            self.flag.store(true, Ordering::Relaxed);
        }
    }
}

/// The log without what a clock decides.
fn log_without_times(folder: &RunFolder) -> Vec<String> {
    let log = fs::read_to_string(folder.log()).unwrap();
    let line = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        [&fields[..2], &fields[4..]].concat().join(",")
    };
    log.lines().map(line).collect()
}

fn model(folder: &RunFolder) -> Parameters {
    read_tensors(&folder.model()).unwrap().0
}

fn files(folder: &Path) -> BTreeSet<String> {
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name();
    let entries = fs::read_dir(folder).unwrap().map(name);
    entries.map(|name| name.into_string().unwrap()).collect()
}

#[test]
fn a_run_learns_and_leaves_the_best_weights_everywhere() {
    let bench = Bench::new();
    let (mut engine, folder) = (TinyEngine::new(), bench.folder("run"));
    let outcome = bench
        .finish(&mut engine, &tiny::settings(25), &folder)
        .unwrap();

    assert_eq!(outcome.reason, StopReason::Finished);
    let (first, last) = (&outcome.history.rows[0], &outcome.history.rows[24]);
    assert!(last.train.loss < first.train.loss);
    assert!(last.valid.loss < first.valid.loss);
    let best = outcome.history.best().unwrap();
    assert!(best.valid.macro_f1 > Some(0.8), "{:?}", best.valid);
    assert!(best.valid.macro_auroc > Some(0.9) && best.valid.log_cosh < first.valid.log_cosh);

    assert_eq!(engine.parameters().unwrap(), model(&folder));
    let slices: Vec<_> = bench.valid.iter().map(|slice| &slice.pixels).collect();
    let size = 7.try_into().unwrap();
    let mut told = Vec::new();
    let mut tell = |count| told.push(count);
    let predicted = predict_slices(&mut engine, &slices, &tiny::recipe(), size, &mut tell).unwrap();
    let right = predicted
        .iter()
        .zip(&bench.valid)
        .filter(|(p, s)| p.most_likely() == s.truth);
    assert_eq!(Some(right.count() as f64 / 24.0), best.valid.accuracy);
    assert_eq!(told, [7, 14, 21, 24]);

    let expected = [
        "checkpoint.safetensors",
        "events.out.tfevents.hilum",
        "log.csv",
    ];
    let expected = expected
        .into_iter()
        .chain(["model.safetensors"])
        .map(str::to_owned)
        .collect();
    assert_eq!(files(folder.path()), expected);
    assert_eq!(log_without_times(&folder).len(), 26);
}

#[test]
fn the_kept_weights_are_those_of_the_highest_macro_f1_and_then_of_the_lowest_loss() {
    let bench = Bench::new();
    let (mut engine, folder) = (TinyEngine::new(), bench.folder("run"));
    let history = bench
        .finish(&mut engine, &tiny::settings(25), &folder)
        .unwrap()
        .history;
    let best = history.best().unwrap();
    for row in &history.rows {
        assert!(row.valid.macro_f1 <= best.valid.macro_f1);
        assert!(row.valid.macro_f1 < best.valid.macro_f1 || row.valid.loss >= best.valid.loss);
    }
}

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
    assert!(engine.seen.is_empty());
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
    assert!(
        message.contains("`settings.epochs` was 2, is 3"),
        "{message}"
    );
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
    assert!(engine.seen.is_empty());
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
fn early_stopping_ends_the_run() {
    let bench = Bench::new();
    let settings = Settings {
        early_stopping: Some(EarlyStopping {
            monitor: Monitor::ValidMacroF1,
            patience: 2,
        }),
        // A rate too small to change any decision.
        learning_rate: 1e-12,
        ..tiny::settings(20)
    };
    let (mut engine, folder) = (TinyEngine::new(), bench.folder("run"));
    let outcome = bench.finish(&mut engine, &settings, &folder).unwrap();
    assert_eq!(outcome.reason, StopReason::EarlyStopping { epoch: 3 });
    assert_eq!(outcome.history.rows.len(), 3);
    // Resumed, it does not go on either.
    let again = bench
        .finish(&mut TinyEngine::new(), &settings, &folder)
        .unwrap();
    assert_eq!(again.reason, outcome.reason);
}

#[test]
fn every_slice_is_trained_on_once_an_epoch() {
    let bench = Bench::new();
    let (mut engine, folder) = (TinyEngine::new(), bench.folder("run"));
    bench
        .finish(&mut engine, &tiny::settings(3), &folder)
        .unwrap();
    let counts: Vec<usize> = engine.seen.iter().map(|seen| seen.count).collect();
    // 57 = 7 * 8 + 1: the single slice joins the batch before.
    assert_eq!(counts, [8, 8, 8, 8, 8, 8, 9].repeat(3));
    let seeds: BTreeSet<u64> = engine.seen.iter().map(|seen| seen.seed).collect();
    assert_eq!(seeds.len(), counts.len());
}

#[test]
fn frozen_stages_reach_the_engine() {
    let bench = Bench::new();
    let head = NodeIndex(4);
    let staged = Freeze::Staged {
        head_epochs: 2,
        learning_rate_factor: 0.1,
    };
    for (freeze, expected) in [
        (Freeze::None, [(NodeIndex(0), 0.01); 3]),
        (Freeze::Backbone, [(head, 0.01); 3]),
        (
            staged,
            [(head, 0.01), (head, 0.01), (NodeIndex(0), 0.01 * 0.1)],
        ),
    ] {
        let settings = Settings {
            freeze,
            schedule: Schedule::Constant,
            ..tiny::settings(3)
        };
        let (mut engine, folder) = (TinyEngine::new(), bench.folder("run"));
        let before = engine.parameters().unwrap();
        bench.finish(&mut engine, &settings, &folder).unwrap();
        for (step, seen) in engine.seen.iter().enumerate() {
            assert_eq!((seen.first_trained, seen.learning_rate), expected[step / 7]);
        }
        let after = engine.parameters().unwrap();
        let moved = |name: &str| before.get(name) != after.get(name);
        assert!(moved("head.weight"));
        if freeze == Freeze::Backbone {
            assert!(!moved("features.weight"));
        }
    }
}

#[test]
fn a_frozen_stage_uses_up_no_patience() {
    let bench = Bench::new();
    let settings = Settings {
        freeze: Freeze::Staged {
            head_epochs: 5,
            learning_rate_factor: 1.0,
        },
        early_stopping: Some(EarlyStopping {
            monitor: Monitor::ValidMacroF1,
            patience: 2,
        }),
        learning_rate: 1e-12,
        ..tiny::settings(20)
    };
    let folder = bench.folder("run");
    let outcome = bench
        .finish(&mut TinyEngine::new(), &settings, &folder)
        .unwrap();
    assert_eq!(outcome.reason, StopReason::EarlyStopping { epoch: 8 });
}

#[test]
fn weights_and_smoothing_reach_the_engine() {
    let mut bench = Bench::new();
    bench.train.truncate(56);
    let settings = Settings {
        class_weights: ClassWeights::Balanced,
        label_smoothing: 0.1,
        ..tiny::settings(1)
    };
    let (mut engine, folder) = (TinyEngine::new(), bench.folder("run"));
    bench.finish(&mut engine, &settings, &folder).unwrap();
    // 19, 19 and 18 of 56 slices: n / (k * n_c).
    let expected = [56.0 / 57.0, 56.0 / 57.0, 56.0 / 54.0];
    for (found, expected) in engine.seen[0].class_weights.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-6);
    }
    assert_eq!(engine.seen[0].label_smoothing, 0.1);
}

#[test]
fn the_plateau_lowers_the_rate_of_the_next_epoch() {
    let bench = Bench::new();
    let settings = Settings {
        learning_rate: 1e-12,
        schedule: Schedule::Plateau {
            factor: 0.5,
            patience: 1,
            floor: 0.0,
        },
        ..tiny::settings(4)
    };
    let (mut engine, folder) = (TinyEngine::new(), bench.folder("run"));
    let history = bench
        .finish(&mut engine, &settings, &folder)
        .unwrap()
        .history;
    let rates: Vec<f64> = history.rows.iter().map(|row| row.learning_rate).collect();
    assert_eq!(rates, [1e-12, 1e-12, 0.5e-12, 0.25e-12]);
    assert_eq!(engine.seen[7 * 3].learning_rate, 0.25e-12);
}

#[test]
fn another_seed_gives_other_weights_and_the_same_seed_the_same() {
    let bench = Bench::new();
    let trained = |seed| {
        let settings = Settings {
            seed,
            ..tiny::settings(2)
        };
        let folder = bench.folder("run");
        bench
            .finish(&mut TinyEngine::new(), &settings, &folder)
            .unwrap();
        model(&folder)
    };
    assert_eq!(trained(1), trained(1));
    assert_ne!(trained(1), trained(2));
}

#[test]
fn an_observer_is_told_of_every_batch_and_epoch() {
    #[derive(Default)]
    struct Told {
        lines: Vec<String>,
    }
    impl Observer for Told {
        fn started(&mut self, run: &hilum_train::RunStart<'_>) {
            let (before, all) = (run.epochs_before, run.epochs);
            self.lines.push(format!(
                "start {before}/{all} {} {}",
                run.train_count, run.engine
            ));
        }
        fn batch_done(&mut self, batch: &BatchDone) {
            let (phase, loss) = (batch.phase, batch.loss.is_some());
            let position = format!("{}/{}", batch.done, batch.batch_count);
            self.lines
                .push(format!("{phase:?} {position} {} {loss}", batch.slice_count));
        }
        fn epoch_done(&mut self, epoch: &EpochDone<'_>) {
            let count = epoch.history.rows.len();
            self.lines
                .push(format!("epoch {} of {count}", epoch.row.epoch));
        }
        fn stopped(&mut self, reason: StopReason) {
            self.lines.push(format!("{reason:?}"));
        }
    }
    let mut bench = Bench::new();
    bench.train.truncate(12);
    let mut told = Told::default();
    let folder = bench.folder("run");
    let flag = AtomicBool::new(false);
    let settings = tiny::settings(1);
    bench
        .run(&mut TinyEngine::new(), &settings, &folder, &mut told, &flag)
        .unwrap();
    let expected = [
        "start 0/1 12 tiny, 1 thread",
        "Train 1/2 8 true",
        "Train 2/2 4 true",
        "Valid 1/3 8 false",
        "Valid 2/3 8 false",
        "Valid 3/3 8 false",
        "epoch 1 of 1",
        "Finished",
    ];
    assert_eq!(told.lines, expected);
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
