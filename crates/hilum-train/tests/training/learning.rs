//! What a run learns, and what it tells the engine and whoever watches.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;
use std::thread;

use hilum_graph::{Engine as _, NodeIndex};
use hilum_train::{
    BatchDone, ClassWeights, EarlyStopping, EpochDone, Freeze, Keep, Monitor, Observer,
    PredictError, Schedule, Settings, StopReason, predict_slices,
};

use crate::bench::{Bench, files, log_without_times, model};
use crate::tiny::{self, TinyEngine};

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
    let mut tell = |count| {
        told.push(count);
        ControlFlow::Continue(())
    };
    let predicted = predict_slices(&mut engine, &slices, &tiny::recipe(), size, &mut tell).unwrap();
    let right = predicted
        .iter()
        .zip(&bench.valid)
        .filter(|(p, s)| p.most_likely() == s.truth);
    assert_eq!(Some(right.count() as f64 / 24.0), best.valid.accuracy);
    assert_eq!(told, [7, 14, 21, 24]);
    let mut told = Vec::new();
    let mut stop = |count| {
        told.push(count);
        ControlFlow::Break(())
    };
    let refused = predict_slices(&mut engine, &slices, &tiny::recipe(), size, &mut stop);
    assert!(matches!(refused, Err(PredictError::Interrupted)));
    assert_eq!(told, [7]);

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
fn the_last_weights_are_kept_if_that_is_asked_for() {
    let bench = Bench::new();
    let settings = Settings {
        keep: Keep::Last,
        ..tiny::settings(25)
    };
    let (mut engine, folder) = (TinyEngine::new(), bench.folder("last"));
    let history = bench
        .finish(&mut engine, &settings, &folder)
        .unwrap()
        .history;
    assert_eq!(history.best_epoch, Some(25));
    let (checkpoint, _) = hilum_weights::read_tensors(&folder.checkpoint()).unwrap();
    let kept = engine.parameters().unwrap();
    for (name, tensor) in kept.iter() {
        let last = checkpoint.get(&format!("parameter/{name}")).unwrap();
        assert_eq!(last, tensor, "{name}");
    }
    // The same epochs as a run that keeps the best, whose best is not its last.
    let (mut engine, folder) = (TinyEngine::new(), bench.folder("best"));
    let best = bench
        .finish(&mut engine, &tiny::settings(25), &folder)
        .unwrap();
    assert_ne!(best.history.best_epoch, Some(25));
    assert_ne!(engine.parameters().unwrap(), kept);
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
            freeze: freeze.clone(),
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
    assert_eq!(engine.seen[0].class_weights.len(), expected.len());
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
fn runs_at_once_in_pools_of_their_own_are_what_they_are_alone() {
    let bench = Bench::new();
    let alone = bench.folder("alone");
    bench
        .finish(&mut TinyEngine::new(), &tiny::settings(4), &alone)
        .unwrap();
    let folders = [1, 3].map(|threads| (threads, bench.folder(&format!("with-{threads}"))));
    thread::scope(|scope| {
        for (threads, folder) in &folders {
            let (bench, threads) = (&bench, *threads);
            scope.spawn(move || {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
                let train = || bench.finish(&mut TinyEngine::new(), &tiny::settings(4), folder);
                pool.build().unwrap().install(train).unwrap();
            });
        }
    });
    for (_, folder) in &folders {
        assert_eq!(model(folder), model(&alone));
        assert_eq!(log_without_times(folder), log_without_times(&alone));
    }
}
