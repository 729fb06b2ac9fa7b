//! `hilum search`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::workplace::{Finished, QUICK, Workplace, names_in};

const SPACE: &str = "\
[learning_rate]
log = [1e-4, 1e-2]
[label_smoothing]
choices = [0.0, 0.1]
[augmentation.rotation_range]
uniform = [0, 20]
";

/// The slices, and `space.toml`.
fn workplace() -> Workplace {
    let workplace = Workplace::new();
    workplace.slices();
    std::fs::write(workplace.path("space.toml"), SPACE).expect("a space");
    workplace
}

fn arguments<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["search", "slices", "--space", "space.toml", "--trials", "4"];
    arguments.extend(["--folds", "2", "--epochs", "2", "--name", "found"]);
    arguments.extend(["--group", "none", "--keep", "last", "--patience", "0"]);
    arguments.extend(["--schedule", "one-cycle"]);
    arguments.extend(QUICK);
    arguments.extend(more);
    arguments
}

fn search(workplace: &Workplace, more: &[&str]) -> Finished {
    workplace.hilum(&arguments(more))
}

fn read(workplace: &Workplace, path: &str) -> String {
    std::fs::read_to_string(workplace.path(path)).expect("a file of the search")
}

fn trials(workplace: &Workplace, run: &str) -> Value {
    serde_json::from_str(&read(workplace, &format!("runs/{run}/trials.json"))).expect("JSON")
}

/// The log of every fold of every trial; seconds stand in it, so that a second training would
/// leave another one.
fn logs(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut logs = BTreeMap::new();
    for name in names_in(folder) {
        let path = folder.join(&name);
        if path.is_dir() {
            logs.extend(self::logs(&path));
        } else if name == "log.csv" {
            let text = std::fs::read_to_string(&path).expect("a log");
            logs.insert(path, text);
        }
    }
    logs
}

#[test]
fn a_search_leaves_every_file_and_prints_the_winning_command() {
    let workplace = workplace();
    let finished = search(&workplace, &[]);
    let said = &finished.succeeds().stdout;
    for word in [
        "the best of 4 trials flatters",
        "hilum train slices",
        "±",
        "not a medical device",
    ] {
        assert!(said.contains(word), "no `{word}` in:\n{said}");
    }
    let names = names_in(&workplace.path("runs/found"));
    for name in [
        "audit.json",
        "best.toml",
        "settings.toml",
        "trials.csv",
        "trials.json",
        "trials.svg",
        "trial-001",
        "trial-004",
    ] {
        assert!(names.contains(&name.to_owned()), "{name} in {names:?}");
    }
    let table = read(&workplace, "runs/found/trials.csv");
    assert_eq!(table.lines().count(), 5, "{table}");
    let drawing = read(&workplace, "runs/found/trials.svg");
    for word in ["learning_rate", "augmentation.rotation_range", "best:"] {
        assert!(drawing.contains(word), "no `{word}` in the drawing");
    }
    assert_eq!(logs(&workplace.path("runs/found")).len(), 4 * 2);
}

#[test]
fn the_best_trial_has_the_highest_mean_macro_f1_of_its_folds() {
    let workplace = workplace();
    let printed = search(&workplace, &["--format", "json"]);
    let printed: Value = serde_json::from_str(&printed.succeeds().stdout).unwrap();
    assert_eq!(printed, trials(&workplace, "found"));
    let mut best = (f64::NEG_INFINITY, f64::INFINITY, 0);
    for record in printed["trials"].as_array().unwrap() {
        let folds = record["folds"].as_array().unwrap();
        assert_eq!(folds.len(), 2);
        let mean = |score: &str| {
            let values = folds.iter().map(|fold| fold[score].as_f64().unwrap());
            values.sum::<f64>() / 2.0
        };
        let (macro_f1, log_loss) = (mean("macro_f1"), mean("log_loss"));
        assert_eq!(record["over_folds"]["macro_f1"]["mean"], macro_f1);
        if macro_f1 > best.0 || (macro_f1 == best.0 && log_loss < best.1) {
            best = (macro_f1, log_loss, record["trial"].as_u64().unwrap());
        }
    }
    assert_eq!(printed["best"], best.2);
    assert!(
        printed["flattery"]["judged_apart_macro_f1"]
            .as_f64()
            .unwrap()
            <= 1.0
    );
}

#[test]
fn the_winning_command_trains_with_the_winners_settings() {
    let workplace = workplace();
    let finished = search(&workplace, &[]);
    let said = &finished.succeeds().stdout;
    let command = said
        .lines()
        .find(|line| line.starts_with("hilum train"))
        .unwrap();
    let mut arguments: Vec<&str> = command.split(' ').skip(1).collect();
    arguments.extend(["--name", "winner"]);
    workplace.hilum(&arguments).succeeds();
    // The same from `best.toml` as defaults of the project.
    std::fs::copy(
        workplace.path("runs/found/best.toml"),
        workplace.path("hilum.toml"),
    )
    .unwrap();
    workplace
        .hilum(&["train", "slices", "--name", "project"])
        .succeeds();

    let settings = |run: &str| -> toml::Table {
        read(&workplace, &format!("runs/{run}/settings.toml"))
            .parse()
            .unwrap()
    };
    let winner = settings("winner");
    assert_eq!(winner, settings("project"));
    let found = trials(&workplace, "found");
    let best = found["best"].as_u64().unwrap() as usize;
    let fold = settings(&format!("found/trial-{best:03}/fold-1-1"));
    for table in ["training", "recipe", "network"] {
        assert_eq!(winner[table], fold[table], "{table}");
    }
    let values = &found["trials"][best - 1]["values"];
    let rate = winner["training"]["learning_rate"].as_float().unwrap();
    assert_eq!(values["learning_rate"], rate);
}

#[test]
fn a_search_that_is_killed_and_started_again_repeats_no_finished_trial() {
    let workplace = workplace();
    search(&workplace, &["--name", "whole"]).succeeds();

    let killed = workplace.path("runs/killed");
    let mut child = workplace.start(&arguments(&["--name", "killed"]));
    let start = Instant::now();
    let written = killed.join("trials.csv");
    while std::fs::read_to_string(&written).map_or(0, |text| text.lines().count()) < 3 {
        assert!(start.elapsed() < Duration::from_mins(5), "no two trials");
        std::thread::sleep(Duration::from_millis(2));
    }
    // SIGKILL: no handler runs.
    child.kill().unwrap();
    child.wait().unwrap();
    let finished = trials(&workplace, "killed")["trials"]
        .as_array()
        .unwrap()
        .len();
    let before = logs(&killed);
    assert!(
        !killed.join("best.toml").exists(),
        "it was killed before its end"
    );

    search(&workplace, &["--name", "killed"]).succeeds();
    let after = logs(&killed);
    assert_eq!(
        after.len(),
        4 * 2,
        "four trials of two folds, each trained once"
    );
    let of_finished = before.iter().filter(|(path, _)| {
        let trial = |number: &usize| {
            path.to_string_lossy()
                .contains(&format!("trial-{number:03}"))
        };
        (1..=finished).any(|number| trial(&number))
    });
    assert_eq!(of_finished.clone().count(), finished * 2);
    for (path, log) in of_finished {
        assert_eq!(&after[path], log, "{}", path.display());
    }
    for file in ["trials.csv", "best.toml"] {
        let of = |run: &str| read(&workplace, &format!("runs/{run}/{file}"));
        assert_eq!(of("whole"), of("killed"), "{file}");
    }
}

#[test]
fn more_trials_go_on_where_fewer_ended() {
    let workplace = workplace();
    search(&workplace, &["--trials", "2"]).succeeds();
    let before = logs(&workplace.path("runs/found"));
    assert_eq!(before.len(), 2 * 2);
    search(&workplace, &["--trials", "3"]).succeeds();
    let after = logs(&workplace.path("runs/found"));
    assert_eq!(after.len(), 3 * 2);
    assert!(before.iter().all(|(path, log)| after[path] == *log));
}

#[test]
fn halving_gives_the_best_third_three_times_as_many_epochs() {
    let workplace = workplace();
    let halving = ["--strategy", "halving", "--trials", "6", "--epochs", "3"];
    search(&workplace, &halving).succeeds();
    let found = trials(&workplace, "found");
    let records = found["trials"].as_array().unwrap();
    let of_rung = |rung: u64| records.iter().filter(move |record| record["rung"] == rung);
    assert_eq!((of_rung(1).count(), of_rung(2).count()), (6, 2));
    assert!(of_rung(1).all(|record| record["epochs"] == 1));
    assert!(of_rung(2).all(|record| record["epochs"] == 3));
    let mut scores: Vec<(f64, f64, u64)> = of_rung(1)
        .map(|record| {
            let mean = |score: &str| record["over_folds"][score]["mean"].as_f64().unwrap();
            let trial = record["trial"].as_u64().unwrap();
            (-mean("macro_f1"), mean("log_loss"), trial)
        })
        .collect();
    scores.sort_by(|a, b| a.partial_cmp(b).unwrap());
    let mut went_on: Vec<u64> = of_rung(2)
        .map(|one| one["trial"].as_u64().unwrap())
        .collect();
    went_on.sort_unstable();
    let mut best: Vec<u64> = scores[..2].iter().map(|(_, _, trial)| *trial).collect();
    best.sort_unstable();
    assert_eq!(went_on, best);
    // A schedule that spans the run: its end is reached in every rung.
    let log = read(&workplace, "runs/found/rung-1/trial-001/fold-1-1/log.csv");
    assert_eq!(log.lines().count(), 2, "{log}");
}

#[test]
fn a_trial_that_diverges_is_last_and_stops_nothing() {
    let workplace = workplace();
    let space = "[learning_rate]\nchoices = [1e30, 0.001]\n";
    std::fs::write(workplace.path("space.toml"), space).unwrap();
    let finished = search(&workplace, &["--optimizer", "sgd", "--trials", "6"]);
    finished.succeeds();
    let found = trials(&workplace, "found");
    let records = found["trials"].as_array().unwrap();
    assert!(records.iter().any(|record| record["state"] == "diverged"));
    let best = found["best"].as_u64().unwrap() as usize;
    assert_eq!(records[best - 1]["state"], "done");
}

#[test]
fn what_cannot_be_searched_is_refused_before_anything_is_trained() {
    let workplace = workplace();
    let with = |space: &str| {
        std::fs::write(workplace.path("space.toml"), space).unwrap();
        search(&workplace, &[])
    };
    with("learning_rat.log = [1e-4, 1e-2]").refuses(&["`learning_rat`", "did you mean"]);
    with("seed.integer = [1, 9]").refuses(&["`seed` cannot be searched", "hint:"]);
    with("image_size.choices = [32, 64]").refuses(&["`image_size` cannot be searched"]);
    with("label_smoothing.uniform = [1.5, 2.0]").refuses(&["trial 1", "label_smoothing"]);
    with("optimizer.choices = [\"lion\"]").refuses(&["trial 1", "lion", "adamw"]);
    with("batch.integer = [4, 8]\nbatch_size.integer = [4, 8]").refuses(&["are one setting"]);
    with("").refuses(&["space.toml", "varies nothing"]);
    search(&workplace, &["--space", "nowhere.toml"]).refuses(&["nowhere.toml"]);
    assert!(!workplace.path("runs").exists());
}

#[test]
fn names_of_settings_toml_are_searched_as_flags_are() {
    let workplace = workplace();
    let space = "[\"update.rule\"]\nchoices = [\"adam\", \"adam_w\"]\n\
                 [\"augmentation.fill_mode\"]\nchoices = [\"nearest\", \"reflect\"]\n\
                 [\"training.layer_rate\"]\nchoices = [0.5]\n";
    std::fs::write(workplace.path("space.toml"), space).unwrap();
    search(&workplace, &[]).succeeds();
    let found = trials(&workplace, "found");
    for (index, record) in found["trials"].as_array().unwrap().iter().enumerate() {
        let path = format!("runs/found/trial-{:03}/fold-1-1/settings.toml", index + 1);
        let settings: toml::Table = read(&workplace, &path).parse().unwrap();
        let (values, training) = (&record["values"], &settings["training"]);
        let rule = training["update"]["rule"].as_str().unwrap();
        assert_eq!(values["update.rule"], rule);
        let fill = training["augmentation"]["fill_mode"].as_str().unwrap();
        assert_eq!(values["augmentation.fill_mode"], fill);
        assert_eq!(training["layer_rate"].as_float(), Some(0.5));
    }
}

#[test]
fn an_architecture_can_be_searched_if_all_read_the_same_images() {
    let workplace = workplace();
    let with = |space: &str, more: &[&str]| {
        std::fs::write(workplace.path("space.toml"), space).unwrap();
        search(&workplace, &[&["--trials", "4"], more].concat())
    };
    // Grey of its own accord, and colour.
    let two = "network.architecture.choices = [\"compact-cnn\", \"squeezenet-1.1\"]";
    with(two, &[]).refuses(&["by another recipe", "hint:"]);
    let one = "network.architecture.choices = [\"compact-cnn\"]";
    let finished = with(one, &["--trials", "1"]);
    let said = &finished.succeeds().stdout;
    assert!(said.contains("--arch compact-cnn"), "{said}");
}

#[test]
fn other_settings_under_the_same_name_are_refused() {
    let workplace = workplace();
    search(&workplace, &["--trials", "1"]).succeeds();
    search(&workplace, &["--trials", "1", "--epochs", "3"])
        .refuses(&["run.training.epochs is 2, given is 3", "--name"]);
}

#[test]
fn the_space_is_printed_without_data_and_can_be_searched() {
    let workplace = workplace();
    let printed = workplace.hilum(&["search", "--print-space"]);
    let space = &printed.succeeds().stdout;
    assert!(space.contains("[learning_rate]\nlog ="), "{space}");
    std::fs::write(workplace.path("space.toml"), space).unwrap();
    search(&workplace, &["--trials", "1", "--epochs", "1"]).succeeds();
    workplace.hilum(&["search"]).refuses(&["<DATA>"]);
}
