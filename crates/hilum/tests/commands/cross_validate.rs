//! `hilum cross-validate`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::workplace::{CLASSES, Finished, QUICK, Workplace, names_in};

/// Nothing is chosen by validation.
const BLIND: [&str; 6] = [
    "--keep",
    "last",
    "--patience",
    "0",
    "--schedule",
    "constant",
];

fn arguments<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["cross-validate", "slices", "--epochs", "2", "--folds", "3"];
    arguments.extend(["--name", "cv", "--group", "none"]);
    arguments.extend(QUICK);
    arguments.extend(more);
    arguments
}

fn cross_validate(workplace: &Workplace, more: &[&str]) -> Finished {
    workplace.hilum(&arguments(more))
}

fn read(workplace: &Workplace, file: &str) -> String {
    std::fs::read_to_string(workplace.path("runs/cv").join(file)).expect("a file of the run")
}

/// Rows by column name.
fn rows(csv: &str) -> Vec<BTreeMap<String, String>> {
    let mut lines = csv.lines();
    let split = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
    let header = split(lines.next().expect("a header"));
    lines
        .map(|line| header.iter().cloned().zip(split(line)).collect())
        .collect()
}

#[test]
fn every_slice_of_train_and_valid_is_held_out_once_a_repeat_and_none_of_test() {
    let workplace = Workplace::new();
    workplace.slices();
    cross_validate(&workplace, &["--repeats", "2"]).succeeds();
    let predictions = rows(&read(&workplace, "predictions.csv"));
    assert_eq!(predictions.len(), 2 * 27);
    for repeat in ["1", "2"] {
        let of_repeat = predictions.iter().filter(|row| row["repeat"] == repeat);
        let paths: BTreeSet<&String> = of_repeat.map(|row| &row["path"]).collect();
        assert_eq!(paths.len(), 27);
        assert!(paths.iter().all(|path| !path.contains("/test/")));
    }
    let folds = rows(&read(&workplace, "folds.csv"));
    for (prediction, fold) in predictions.iter().zip(&folds) {
        for column in ["repeat", "fold", "path"] {
            assert_eq!(prediction[column], fold[column]);
        }
        assert_eq!(prediction["truth"], fold["class"]);
    }
    let counts = |repeat: &str, fold: &str, class: &str| {
        let same = |row: &&BTreeMap<String, String>| {
            row["repeat"] == repeat && row["fold"] == fold && row["class"] == class
        };
        folds.iter().filter(same).count()
    };
    for (repeat, fold) in [("1", "1"), ("1", "2"), ("2", "3")] {
        assert!(CLASSES.iter().all(|class| counts(repeat, fold, class) == 3));
    }
}

#[test]
fn a_run_leaves_every_file_and_no_models_unless_they_are_to_be_kept() {
    let workplace = Workplace::new();
    workplace.slices();
    let finished = cross_validate(&workplace, &[]);
    for word in ["mean ± sd", "macro-F1", "log-loss", "not a medical device"] {
        assert!(
            finished.succeeds().stdout.contains(word),
            "{}",
            finished.stdout
        );
    }
    assert_eq!(
        names_in(&workplace.path("runs/cv")),
        [
            "audit.json",
            "confusion-matrix.svg",
            "fold-1-1",
            "fold-1-2",
            "fold-1-3",
            "folds.csv",
            "metrics.json",
            "predictions.csv",
            "settings.toml",
        ]
    );
    let names = names_in(&workplace.path("runs/cv/fold-1-1"));
    assert!(
        names.iter().all(|name| !name.ends_with("safetensors")),
        "{names:?}"
    );
    assert!(names.contains(&"log.csv".to_owned()), "{names:?}");

    cross_validate(&workplace, &["--name", "kept", "--keep-models"]).succeeds();
    let names = names_in(&workplace.path("runs/kept/fold-1-1"));
    assert!(names.contains(&"model.safetensors".to_owned()), "{names:?}");
}

#[test]
fn metrics_are_those_of_the_predictions() {
    let workplace = Workplace::new();
    workplace.slices();
    let finished = cross_validate(&workplace, &["--format", "json", "--repeats", "2"]);
    let printed: Value = serde_json::from_str(&finished.succeeds().stdout).unwrap();
    let written: Value = serde_json::from_str(&read(&workplace, "metrics.json")).unwrap();
    assert_eq!(written, printed);
    let predictions = rows(&read(&workplace, "predictions.csv"));
    let accuracy = |chosen: &dyn Fn(&BTreeMap<String, String>) -> bool| {
        let chosen: Vec<_> = predictions.iter().filter(|row| chosen(row)).collect();
        let right = chosen.iter().filter(|row| row["truth"] == row["predicted"]);
        right.count() as f64 / chosen.len() as f64
    };
    assert_eq!(written["out_of_fold"]["count"], 54);
    assert_eq!(written["out_of_fold"]["accuracy"], accuracy(&|_| true));
    let second = &written["per_repeat"][1]["out_of_fold"];
    assert_eq!(second["accuracy"], accuracy(&|row| row["repeat"] == "2"));
    let folds = written["per_fold"].as_array().unwrap();
    assert_eq!(folds.len(), 6);
    let fourth = accuracy(&|row| row["repeat"] == "2" && row["fold"] == "1");
    assert_eq!(folds[3]["accuracy"], fourth);
    let mean: f64 = folds
        .iter()
        .map(|fold| fold["accuracy"].as_f64().unwrap())
        .sum::<f64>()
        / 6.0;
    let reported = written["over_folds"]["accuracy"]["mean"].as_f64().unwrap();
    assert!((reported - mean).abs() < 1e-12);
    assert!(written["out_of_fold"]["intervals"]["macro_f1"]["low"].is_number());
    assert_eq!(written["audit"]["state"], "audited");
}

#[test]
fn a_fold_predicts_as_hilum_train_would_with_the_last_epoch() {
    let workplace = Workplace::new();
    workplace.slices();
    cross_validate(&workplace, &BLIND).succeeds();
    let mut manifest = "path,class,split\n".to_owned();
    for row in rows(&read(&workplace, "folds.csv")) {
        let split = if row["fold"] == "1" { "valid" } else { "train" };
        writeln!(manifest, "{},{},{split}", row["path"], row["class"]).unwrap();
    }
    std::fs::write(workplace.path("manifest.csv"), manifest).unwrap();
    let mut train = vec!["train", "manifest.csv", "--epochs", "2", "--name", "alone"];
    train.extend(QUICK);
    train.extend(BLIND);
    workplace.hilum(&train).succeeds();
    let model = "runs/alone/model.safetensors";
    let evaluate = [
        "evaluate",
        "manifest.csv",
        "--split",
        "valid",
        "--model",
        model,
        // As the fold does: another batch rounds otherwise.
        "--batch",
        "4",
        "--precision",
        "f32",
    ];
    workplace.hilum(&evaluate).succeeds();

    let alone = workplace.path("runs/alone/evaluation/predictions.csv");
    let alone = rows(&std::fs::read_to_string(alone).unwrap());
    let fold = rows(&read(&workplace, "fold-1-1/predictions.csv"));
    assert_eq!(fold.len(), alone.len());
    for (ours, theirs) in fold.iter().zip(&alone) {
        for column in CLASSES {
            assert_eq!(ours[column], theirs[column], "{}", ours["path"]);
        }
    }
}

#[test]
fn what_is_held_out_never_chooses() {
    let workplace = Workplace::new();
    workplace.slices();
    // The reference recipe chooses the epoch, the learning rate and the end.
    let refused = cross_validate(&workplace, &["--inner-valid", "0"]);
    refused.refuses(&["what is held out must not choose", "--keep last"]);
    cross_validate(&workplace, &[]).succeeds();
    let settings = read(&workplace, "settings.toml");
    assert!(settings.contains("inner_valid = 0.1"), "{settings}");
    let mut blind = BLIND.to_vec();
    blind.extend(["--name", "blind", "--inner-valid", "0"]);
    cross_validate(&workplace, &blind).succeeds();
}

#[test]
fn the_test_split_is_refused() {
    let workplace = Workplace::new();
    workplace.slices();
    cross_validate(&workplace, &["--splits", "train,test"])
        .refuses(&["`test` cannot be cross-validated", "hint:"]);
}

#[test]
fn one_fold_and_more_folds_than_slices_are_refused() {
    let workplace = Workplace::new();
    workplace.slices();
    cross_validate(&workplace, &["--folds", "1"]).refuses(&["1 folds divide nothing", "hint:"]);
    cross_validate(&workplace, &["--folds", "20"]).refuses(&["class `adenocarcinoma`", "20"]);
    assert!(!workplace.path("runs").exists());
}

#[test]
fn patients_that_a_manifest_names_stay_on_one_side() {
    let workplace = Workplace::new();
    workplace.slices();
    let mut manifest = "path,class,split,group\n".to_owned();
    for (class, name) in CLASSES.iter().enumerate() {
        for number in 0..6 {
            let patient = class * 3 + number / 2;
            writeln!(
                manifest,
                "slices/train/{name}/{number}.png,{name},train,patient-{patient}"
            )
            .unwrap();
        }
    }
    std::fs::write(workplace.path("manifest.csv"), manifest).unwrap();
    let mut arguments = arguments(&["--group", "given", "--splits", "train"]);
    arguments[1] = "manifest.csv";
    arguments.extend(BLIND);
    workplace.hilum(&arguments).succeeds();
    let mut folds: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in rows(&read(&workplace, "folds.csv")) {
        folds
            .entry(row["group"].clone())
            .or_default()
            .insert(row["fold"].clone());
    }
    assert_eq!(folds.len(), 9);
    assert!(folds.values().all(|folds| folds.len() == 1), "{folds:?}");

    arguments[1] = "slices";
    workplace
        .hilum(&arguments)
        .refuses(&["names no patients", "--group inferred"]);
}

#[test]
fn the_same_command_again_trains_nothing() {
    let workplace = Workplace::new();
    workplace.slices();
    cross_validate(&workplace, &[]).succeeds();
    // Seconds stand in the log, so a second training would leave another one.
    let logs = || [1, 2, 3].map(|fold| read(&workplace, &format!("fold-1-{fold}/log.csv")));
    let (before, metrics) = (logs(), read(&workplace, "metrics.json"));
    let finished = cross_validate(&workplace, &[]);
    assert!(
        finished.succeeds().stderr.contains("done before"),
        "{}",
        finished.stderr
    );
    assert_eq!(logs(), before);
    assert_eq!(read(&workplace, "metrics.json"), metrics);
}

#[test]
fn other_settings_and_other_slices_under_the_same_name_are_refused() {
    let workplace = Workplace::new();
    workplace.slices();
    cross_validate(&workplace, &[]).succeeds();
    let other = cross_validate(&workplace, &["--learning-rate", "0.002"]);
    other.refuses(&[
        "run.training.learning_rate is 0.001, given is 0.002",
        "--name",
    ]);
    workplace.write_slice("slices/train/normal/0.png", 1, 777);
    cross_validate(&workplace, &[]).refuses(&["data_fingerprint is"]);
}

#[test]
fn a_run_that_is_killed_and_started_again_equals_one_that_was_not() {
    let workplace = Workplace::new();
    workplace.slices();
    let long = ["--epochs", "6", "--dropout", "0.3"];
    let named = |name| [&long[..], &["--name", name]].concat();
    cross_validate(&workplace, &named("whole")).succeeds();

    let mut child = workplace.start(&arguments(&named("killed")));
    let log = workplace.path("runs/killed/fold-1-2/log.csv");
    let start = Instant::now();
    while std::fs::read_to_string(&log).map_or(0, |text| text.lines().count()) < 3 {
        assert!(
            start.elapsed() < Duration::from_mins(5),
            "no epoch of fold 2"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    // SIGKILL: no handler runs.
    child.kill().unwrap();
    child.wait().unwrap();
    let first = workplace.path("runs/killed/fold-1-1/log.csv");
    let before = std::fs::read_to_string(&first).unwrap();
    assert!(!workplace.path("runs/killed/metrics.json").exists());

    cross_validate(&workplace, &named("killed")).succeeds();
    assert_eq!(std::fs::read_to_string(&first).unwrap(), before);
    for file in ["predictions.csv", "folds.csv", "metrics.json"] {
        let content = |run: &str| std::fs::read_to_string(workplace.path(run).join(file)).unwrap();
        assert!(content("runs/whole") == content("runs/killed"), "{file}");
    }
}

#[test]
fn two_processes_never_work_in_one_run() {
    let workplace = Workplace::new();
    workplace.slices();
    let mut child = workplace.start(&arguments(&["--epochs", "200"]));
    let start = Instant::now();
    while !workplace.path("runs/cv/fold-1-1/log.csv").exists() {
        assert!(start.elapsed() < Duration::from_mins(5), "no fold");
        std::thread::sleep(Duration::from_millis(5));
    }
    let second = cross_validate(&workplace, &["--epochs", "200"]);
    child.kill().unwrap();
    child.wait().unwrap();
    second.refuses(&["another process", "--name"]);
}

#[cfg(unix)]
#[test]
fn ctrl_c_saves_and_says_how_to_go_on() {
    let workplace = Workplace::new();
    workplace.slices();
    let child = workplace.start_piped(&arguments(&["--epochs", "200"]));
    let start = Instant::now();
    while !workplace
        .path("runs/cv/fold-1-1/checkpoint.safetensors")
        .exists()
    {
        assert!(start.elapsed() < Duration::from_mins(5), "no epoch");
        std::thread::sleep(Duration::from_millis(5));
    }
    let interrupt = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(interrupt.unwrap().success());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("go on with the same command"), "{said}");
}

/// A manifest of three patients a class with two slices each, and a copy of the first slice.
fn patients(workplace: &Workplace) {
    workplace.slices();
    let mut manifest = "path,class,split,group\n".to_owned();
    for (class, name) in CLASSES.iter().enumerate() {
        for number in 0..6 {
            let patient = class * 3 + number / 2;
            writeln!(
                manifest,
                "slices/train/{name}/{number}.png,{name},train,patient-{patient}"
            )
            .expect("a slice");
        }
    }
    let copy = "slices/train/normal/copy.png";
    let original = workplace.path("slices/train/normal/0.png");
    std::fs::copy(original, workplace.path(copy)).expect("a slice");
    writeln!(manifest, "{copy},normal,train,patient-3").expect("a slice");
    std::fs::write(workplace.path("manifest.csv"), manifest).expect("a slice");
}

fn measuring_the_leak<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["cross-validate", "manifest.csv", "--epochs", "2"];
    arguments.extend(["--folds", "3", "--name", "cv", "--splits", "train"]);
    arguments.extend(["--leak", "--group", "given"]);
    arguments.extend(QUICK);
    arguments.extend(BLIND);
    arguments.extend(more);
    arguments
}

#[test]
fn leakage_is_what_the_same_recipe_says_with_copies_and_every_slice_on_its_own() {
    let workplace = Workplace::new();
    patients(&workplace);
    let finished = workplace.hilum(&measuring_the_leak(&[]));
    let metrics: Value = serde_json::from_str(&read(&workplace, "metrics.json")).unwrap();
    let leak = &metrics["leak"];
    let by_slice = rows(&read(&workplace, "by-slice/predictions.csv"));
    let by_group = rows(&read(&workplace, "predictions.csv"));
    assert_eq!((by_slice.len(), by_group.len()), (19, 18));
    assert!(by_slice.iter().all(|row| row["group"].is_empty()));
    let accuracy = |rows: &[BTreeMap<String, String>]| {
        let right = rows.iter().filter(|row| row["truth"] == row["predicted"]);
        right.count() as f64 / rows.len() as f64
    };
    assert_eq!(leak["by_slice"]["count"], 19);
    assert_eq!(leak["by_slice"]["accuracy"], accuracy(&by_slice));
    assert_eq!(leak["by_group"]["accuracy"], accuracy(&by_group));
    assert_eq!(
        leak["by_group"]["accuracy"],
        metrics["out_of_fold"]["accuracy"]
    );
    let judged: BTreeSet<&String> = by_group.iter().map(|row| &row["path"]).collect();
    let same = by_slice.iter().filter(|row| judged.contains(&row["path"]));
    let same: Vec<_> = same.cloned().collect();
    assert_eq!(leak["by_slice_on_same"]["count"], 18);
    assert_eq!(leak["by_slice_on_same"]["accuracy"], accuracy(&same));
    let difference = accuracy(&by_slice) - accuracy(&by_group);
    assert_eq!(leak["difference"]["accuracy"], difference);
    let said = format!(
        "split by slice this would have said {:.3}; it is {:.3}",
        accuracy(&by_slice),
        accuracy(&by_group)
    );
    assert!(
        finished.succeeds().stdout.contains(&said),
        "{}",
        finished.stdout
    );
    // Patients are divided by slice, and whole by group.
    let split_patients = |file: &str| {
        let groups = rows(&read(&workplace, "folds.csv"));
        let group_of: BTreeMap<_, _> = groups
            .iter()
            .map(|row| (&row["path"], &row["group"]))
            .collect();
        let mut folds: BTreeMap<&String, BTreeSet<String>> = BTreeMap::new();
        for row in rows(&read(&workplace, file)) {
            if let Some(group) = group_of.get(&row["path"]) {
                folds.entry(group).or_default().insert(row["fold"].clone());
            }
        }
        folds.values().filter(|folds| folds.len() > 1).count()
    };
    assert_eq!(split_patients("folds.csv"), 0);
    assert!(split_patients("by-slice/folds.csv") > 0);
}

#[test]
fn a_measured_leak_goes_on_where_it_was_and_takes_the_folds_that_are_there() {
    let workplace = Workplace::new();
    patients(&workplace);
    let whole = measuring_the_leak(&[]);
    let without: Vec<&str> = whole
        .iter()
        .copied()
        .filter(|one| *one != "--leak")
        .collect();
    workplace.hilum(&without).succeeds();
    let without_leak = read(&workplace, "metrics.json");
    assert!(!without_leak.contains("\"leak\""), "{without_leak}");
    let log = read(&workplace, "fold-1-1/log.csv");
    workplace.hilum(&whole).succeeds();
    assert_eq!(read(&workplace, "fold-1-1/log.csv"), log);
    let (by_slice, metrics) = (
        read(&workplace, "by-slice/fold-1-2/log.csv"),
        read(&workplace, "metrics.json"),
    );
    let again = workplace.hilum(&whole);
    assert!(
        again.succeeds().stderr.contains("done before"),
        "{}",
        again.stderr
    );
    assert_eq!(read(&workplace, "by-slice/fold-1-2/log.csv"), by_slice);
    assert_eq!(read(&workplace, "metrics.json"), metrics);
}

#[test]
fn no_leak_is_measured_where_nothing_is_kept_together() {
    let workplace = Workplace::new();
    workplace.slices();
    let mut arguments = measuring_the_leak(&["--group", "none"]);
    arguments.retain(|one| *one != "given");
    let position = arguments.iter().position(|one| *one == "--group").unwrap();
    arguments.remove(position);
    arguments[1] = "slices";
    workplace
        .hilum(&arguments)
        .refuses(&["`--group none` keeps nothing together", "hint:"]);
    let last = arguments.len() - 1;
    arguments[last] = "inferred";
    let mut manifest = "path,class,split\n".to_owned();
    for name in CLASSES {
        // Noise of its own each: no two slices look like one scan.
        for number in 0..6 {
            let relative = format!("noise/{name}-{number}.png");
            workplace.write_noise(&relative, name.len() * 100 + number);
            writeln!(manifest, "{relative},{name},train").unwrap();
        }
    }
    std::fs::write(workplace.path("noise.csv"), manifest).unwrap();
    arguments[1] = "noise.csv";
    workplace
        .hilum(&arguments)
        .refuses(&["no groups that could leak", "`group` column", "hint:"]);
    assert!(!workplace.path("runs").exists());
}
