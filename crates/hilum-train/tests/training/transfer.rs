//! What a run does with frozen layers, averages and rates by layer.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use hilum_graph::{Engine as _, Entry, NodeIndex};
use hilum_imaging::{Augmentation, Pixels, Recipe, Views};
use hilum_metrics::SplitRow;
use hilum_train::{
    BatchDone, EpochDone, FeatureCache, Freeze, Keep, Observer, Phase, Schedule, Settings,
    StopReason, TrainError, Training, TrainingData, slice_logits, train,
};

use crate::bench::{Bench, StopAt, log_without_times, model};
use crate::tiny::{self, TinyEngine};

fn frozen(epochs: usize, kept_variations: usize) -> Settings {
    Settings {
        freeze: Freeze::Backbone,
        kept_variations,
        ..tiny::settings(epochs)
    }
}

#[test]
fn kept_features_change_nothing_without_augmentation() {
    let bench = Bench::new();
    let run = |name: &str, kept_variations| {
        let settings = Settings {
            augmentation: Augmentation::none(),
            ..frozen(5, kept_variations)
        };
        let (mut engine, folder) = (TinyEngine::new(), bench.folder(name));
        bench.finish(&mut engine, &settings, &folder).unwrap();
        let whole = engine
            .steps
            .iter()
            .all(|seen| seen.entry == Entry::Features);
        assert!(whole, "the head alone was trained");
        let log = log_without_times(&folder);
        (engine.featured, log, model(&folder))
    };
    let (computed, log, weights) = run("anew", 0);
    let (kept, kept_log, kept_weights) = run("kept", 3);
    assert_eq!((log, weights), (kept_log, kept_weights));
    // The training slices in every epoch, or once with the validation slices.
    assert_eq!((computed, kept), (5 * 57, 57 + 24));
}

#[test]
fn as_many_kept_variations_as_epochs_change_nothing_either() {
    let bench = Bench::new();
    let run = |name: &str, kept_variations| {
        let (mut engine, folder) = (TinyEngine::new(), bench.folder(name));
        let settings = frozen(4, kept_variations);
        bench.finish(&mut engine, &settings, &folder).unwrap();
        (log_without_times(&folder), model(&folder), engine.featured)
    };
    let (anew, kept, fewer) = (run("anew", 0), run("kept", 4), run("fewer", 2));
    assert_eq!((&anew.0, &anew.1), (&kept.0, &kept.1));
    assert_ne!(anew.1, fewer.1, "two variations take turns");
    assert_eq!((kept.2, fewer.2), (4 * 57 + 24, 2 * 57 + 24));
}

#[test]
fn runs_on_the_same_slices_share_features() {
    let bench = Bench::new();
    let features = FeatureCache::new(FeatureCache::DEFAULT_LIMIT_BYTES, ".");
    let mut computed = Vec::new();
    for (name, first, seed) in [("one", 0, 32), ("two", 10, 32), ("other seed", 10, 33)] {
        let (mut engine, folder) = (TinyEngine::new(), bench.folder(name));
        let settings = Settings {
            seed,
            ..frozen(2, 2)
        };
        let training = Training {
            data: TrainingData {
                classes: &tiny::classes(),
                train: &bench.train[first..first + 40],
                valid: &bench.valid,
            },
            recipe: &tiny::recipe(),
            settings: &settings,
            folder: &folder,
            model: &tiny::TinyModel,
            features: &features,
        };
        train(&mut engine, &training, &mut (), &AtomicBool::new(false)).unwrap();
        computed.push(engine.featured - bench.valid.len());
    }
    // Thirty slices were there already; another seed draws other variations.
    assert_eq!(computed, [2 * 40, 2 * 10, 2 * 40]);
}

#[test]
fn a_cache_without_memory_gives_the_same_run() {
    let bench = Bench::new();
    let run = |limit_bytes: usize| {
        let folder = bench.folder(&limit_bytes.to_string());
        let features = FeatureCache::new(limit_bytes, folder.path());
        let (mut engine, never) = (TinyEngine::new(), AtomicBool::new(false));
        bench
            .run_keeping(
                &mut engine,
                &frozen(3, 2),
                &folder,
                &features,
                &mut (),
                &never,
            )
            .unwrap();
        (log_without_times(&folder), model(&folder))
    };
    assert_eq!(run(0), run(FeatureCache::DEFAULT_LIMIT_BYTES));
}

#[test]
fn a_run_on_kept_features_resumes_to_the_same_bits() {
    let bench = Bench::new();
    let settings = Settings {
        freeze: Freeze::Staged {
            head_epochs: 3,
            learning_rate_factor: 0.5,
        },
        averaging: Some(0.9),
        keep: Keep::Last,
        ..frozen(6, 2)
    };
    let whole = bench.folder("whole");
    bench
        .finish(&mut TinyEngine::new(), &settings, &whole)
        .unwrap();
    let cut = bench.folder("cut");
    for epoch in [2, 5] {
        let flag = AtomicBool::new(false);
        let (mut engine, batch) = (TinyEngine::new(), 3);
        let mut stop = StopAt {
            flag: &flag,
            epoch,
            batch,
        };
        let outcome = bench.run(&mut engine, &settings, &cut, &mut stop, &flag);
        let reason = outcome.unwrap().reason;
        assert_eq!(reason, StopReason::Interrupted { discarded: epoch });
    }
    bench
        .finish(&mut TinyEngine::new(), &settings, &cut)
        .unwrap();
    assert_eq!(log_without_times(&whole), log_without_times(&cut));
    assert_eq!(model(&whole), model(&cut));
}

/// Stops while frozen layers run, and remembers what it saw.
struct Watch<'a> {
    phases: Vec<Phase>,
    stop: Option<&'a AtomicBool>,
}

impl Observer for Watch<'_> {
    fn batch_done(&mut self, batch: &BatchDone) {
        self.phases.push(batch.phase);
        if let (Phase::Features, Some(stop)) = (batch.phase, self.stop) {
            stop.store(true, Ordering::Relaxed);
        }
    }

    fn epoch_done(&mut self, _: &EpochDone<'_>) {
        self.phases.push(Phase::Valid);
    }
}

/// Sets the flag when an epoch has nothing left but its validation.
struct StopBeforeValidation<'a>(&'a AtomicBool);

impl Observer for StopBeforeValidation<'_> {
    fn batch_done(&mut self, batch: &BatchDone) {
        if batch.phase == Phase::Train && batch.done == batch.batch_count {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

#[test]
fn a_validation_from_frozen_layers_can_be_interrupted() {
    let bench = Bench::new();
    let (folder, flag) = (bench.folder("cut"), AtomicBool::new(false));
    let mut engine = TinyEngine::new();
    let mut stop = StopBeforeValidation(&flag);
    let outcome = bench.run(&mut engine, &frozen(6, 2), &folder, &mut stop, &flag);
    let reason = outcome.unwrap().reason;
    assert_eq!(reason, StopReason::Interrupted { discarded: 1 });
}

#[test]
fn frozen_layers_run_first_and_can_be_interrupted() {
    let bench = Bench::new();
    let flag = AtomicBool::new(false);
    let mut watch = Watch {
        phases: Vec::new(),
        stop: Some(&flag),
    };
    let (mut engine, folder) = (TinyEngine::new(), bench.folder("run"));
    let outcome = bench.run(&mut engine, &frozen(2, 1), &folder, &mut watch, &flag);
    let reason = outcome.unwrap().reason;
    assert_eq!(reason, StopReason::Interrupted { discarded: 1 });
    assert_eq!(watch.phases, [Phase::Features]);
}

#[test]
fn the_average_is_what_is_validated_and_kept() {
    let bench = Bench::new();
    let settings = Settings {
        averaging: Some(0.9),
        keep: Keep::Last,
        schedule: Schedule::Constant,
        ..tiny::settings(3)
    };
    let (mut engine, folder) = (TinyEngine::new(), bench.folder("run"));
    bench.finish(&mut engine, &settings, &folder).unwrap();
    let average = engine.average().unwrap().unwrap();
    assert_eq!(model(&folder), average);
    assert_eq!(engine.parameters().unwrap(), average);
    let decays: Vec<f64> = engine
        .steps
        .iter()
        .filter_map(|seen| seen.averaging)
        .collect();
    // min(0.9, (1 + t) / (10 + t)) for t from 0; the bound is reached at t = 80.
    assert_eq!(decays[..3], [0.1, 2.0 / 11.0, 3.0 / 12.0]);
    assert_eq!(decays.len(), engine.steps.len());

    let plain = Settings {
        averaging: None,
        ..settings
    };
    let folder = bench.folder("plain");
    bench.finish(&mut engine, &plain, &folder).unwrap();
    assert_eq!(engine.average().unwrap(), None, "no average is left over");
}

#[test]
fn the_last_weights_are_kept_where_the_settings_say_so() {
    let bench = Bench::new();
    let settings = Settings {
        keep: Keep::Last,
        ..tiny::settings(4)
    };
    let (mut engine, folder) = (TinyEngine::new(), bench.folder("run"));
    let outcome = bench.finish(&mut engine, &settings, &folder).unwrap();
    assert_eq!(outcome.history.best_epoch, Some(4));
    assert_eq!(model(&folder), engine.parameters().unwrap());
}

#[test]
fn rates_by_layer_reach_the_engine_and_a_layer_can_begin_what_learns() {
    let bench = Bench::new();
    let settings = Settings {
        layer_rate: 0.2,
        freeze: Freeze::Before {
            node: "dropout".to_owned(),
        },
        ..tiny::settings(1)
    };
    let (mut engine, folder) = (TinyEngine::new(), bench.folder("run"));
    bench.finish(&mut engine, &settings, &folder).unwrap();
    let seen = &engine.steps[0];
    assert_eq!((seen.layer_rate, seen.first_trained), (0.2, NodeIndex(4)));

    let unknown = Settings {
        freeze: Freeze::Before {
            node: "drop".to_owned(),
        },
        ..settings
    };
    let folder = bench.folder("unknown");
    let refused = bench.finish(&mut engine, &unknown, &folder).unwrap_err();
    assert!(
        matches!(refused, TrainError::UnknownNode { .. }),
        "{refused}"
    );
}

#[test]
fn several_views_are_judged_by_the_mean_of_their_logits() {
    let bench = Bench::new();
    let mut engine = TinyEngine::new();
    // Sure of some slices, and not of others.
    let parameters = engine.parameters().unwrap().into_iter();
    let parameters = parameters.map(|(name, mut tensor)| {
        tensor.data.iter_mut().for_each(|value| *value *= 5.0);
        (name, tensor)
    });
    engine.set_parameters(&parameters.collect()).unwrap();
    let logits = |engine: &mut TinyEngine, pixels: &[&Pixels], views| {
        let recipe = Recipe {
            views,
            ..tiny::recipe()
        };
        let size = 5.try_into().unwrap();
        slice_logits(engine, pixels, &recipe, size, &mut |_| {
            ControlFlow::Continue(())
        })
        .unwrap()
    };
    let slices: Vec<&Pixels> = bench.valid.iter().map(|slice| &slice.pixels).collect();
    let mirrored: Vec<Pixels> = slices.iter().map(|slice| turned(slice)).collect();
    let plain = logits(&mut engine, &slices, Views::Single);
    let other = logits(
        &mut engine,
        &mirrored.iter().collect::<Vec<_>>(),
        Views::Single,
    );
    let both = logits(&mut engine, &slices, Views::Mirrored);
    let if_unsure = logits(&mut engine, &slices, Views::MirroredIfUnsure);
    let mut settled = 0;
    for (slice, (plain, other)) in plain.iter().zip(&other).enumerate() {
        for class in 0..tiny::CLASSES {
            let mean = f32::midpoint(plain[class], other[class]);
            assert!((both[slice][class] - mean).abs() < 1e-6);
        }
        let is_settled = hilum_train::is_settled(Views::MirroredIfUnsure, plain);
        settled += usize::from(is_settled);
        let expected = hilum_train::of_two_views(Views::MirroredIfUnsure, plain, other);
        for (found, expected) in if_unsure[slice].iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-6);
        }
    }
    assert!(
        (1..plain.len()).contains(&settled),
        "{settled} of {}",
        plain.len()
    );
    assert_ne!(plain, other, "the slices are not symmetric");
}

fn turned(pixels: &Pixels) -> Pixels {
    let mut bytes = pixels.data().to_vec();
    bytes.chunks_exact_mut(tiny::SIDE).for_each(<[u8]>::reverse);
    Pixels::new(tiny::SIDE, tiny::SIDE, pixels.channels(), bytes)
}

#[test]
fn a_run_that_chooses_nothing_needs_no_validation() {
    let mut bench = Bench::new();
    bench.valid.clear();
    let settings = Settings {
        keep: Keep::Last,
        schedule: Schedule::OneCycle,
        early_stopping: None,
        averaging: Some(0.9),
        ..tiny::settings(2)
    };
    let (mut engine, folder) = (TinyEngine::new(), bench.folder("run"));
    let outcome = bench.finish(&mut engine, &settings, &folder).unwrap();
    assert_eq!(outcome.history.rows[1].valid, SplitRow::default());
    assert_eq!(model(&folder), engine.parameters().unwrap());

    let choosing = Settings {
        keep: Keep::Best,
        ..settings
    };
    let refused = bench.finish(&mut engine, &choosing, &bench.folder("choosing"));
    assert!(matches!(refused, Err(TrainError::ClassMissing { .. })));
}
