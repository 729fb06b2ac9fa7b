//! Trials that were trained apart make the search that one machine makes.

use std::path::Path;

use hilum_core::{Grouping, Split};
use hilum_experiment::{
    Choices, ErrorKind, FoldSettings, Search, Session, Strategy, TrialRecord, judge_trial, search,
    trials_ahead,
};
use hilum_imaging::{DatasetSettings, write_dataset};

const SPACE: &str = "[learning_rate]\nlog = [1e-4, 1e-2]\n";

fn request(folder: &Path, runs: &str, strategy: Strategy) -> Search {
    let mut choices = Choices::default();
    for (name, text) in [
        ("arch", "compact-cnn"),
        ("image-size", "32"),
        ("epochs", "3"),
        ("threads", "2"),
        ("keep", "last"),
        ("patience", "0"),
        ("schedule", "one-cycle"),
    ] {
        choices.choose(name, text).expect("a setting");
    }
    Search {
        choices,
        data: folder.join("slices"),
        space: SPACE.to_owned(),
        space_path: "space".into(),
        trial_count: 3,
        strategy,
        folds: FoldSettings {
            splits: vec![Split::Train, Split::Valid],
            group: Grouping::None,
            inner_valid: None,
            fold_count: 2,
        },
        runs: folder.join(runs),
        name: Some("found".to_owned()),
        known: Vec::new(),
    }
}

fn slices(folder: &Path) {
    let settings = DatasetSettings {
        train_per_class: 4,
        valid_per_class: 2,
        test_per_class: 1,
        size: 64,
        ..DatasetSettings::default()
    };
    write_dataset(&folder.join("slices"), &settings, |_, _| {}).expect("slices");
}

/// Every trial on a machine of its own, rung after rung.
fn apart(folder: &Path, strategy: Strategy) -> Vec<TrialRecord> {
    let mut gathering = request(folder, "gathered", strategy);
    while let Some(ahead) = trials_ahead(&gathering).expect("a search") {
        for trial in ahead.trials.iter().rev() {
            let elsewhere = request(folder, &format!("machine-{trial}"), strategy);
            let record = judge_trial(&elsewhere, *trial, ahead.rung, &Session::default());
            gathering.known.push(record.expect("a record"));
        }
    }
    gathering.known
}

#[test]
fn trials_that_were_trained_apart_make_the_same_search() {
    for strategy in [Strategy::Random, Strategy::Halving] {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        slices(folder);
        let alone = search(&request(folder, "alone", strategy), &Session::default());
        let alone = alone.expect("a search");
        let known = apart(folder, strategy);
        assert_eq!(known.len(), alone.trials.records.len());
        let gathered = Search {
            known,
            ..request(folder, "gathered", strategy)
        };
        let gathered = search(&gathered, &Session::default()).expect("a search");
        assert_eq!(gathered.ranking, alone.ranking);
        assert_eq!(gathered.trials.best, alone.trials.best);
        assert_eq!(gathered.trials.optimism, alone.trials.optimism);
        for mut own in alone.trials.records {
            let found = gathered.trials.find(own.trial, own.rung).expect("a record");
            own.seconds = found.seconds;
            assert_eq!(*found, own);
        }
    }
}

#[test]
fn a_record_of_another_search_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    slices(folder);
    let own = request(folder, "runs", Strategy::Random);
    let record = judge_trial(&own, 1, 1, &Session::default()).expect("a record");
    let mut other = request(folder, "runs", Strategy::Random);
    other.choices.choose("seed", "7").expect("a setting");
    other.known = vec![record];
    let error = search(&other, &Session::default()).expect_err("foreign");
    assert_eq!(error.kind(), ErrorKind::BadInput);
    assert!(error.to_string().contains("trial 1 at rung 1"), "{error}");
    let error = judge_trial(&own, 4, 1, &Session::default()).expect_err("no such trial");
    assert!(error.to_string().contains("trial 4 at rung 1"), "{error}");
}
