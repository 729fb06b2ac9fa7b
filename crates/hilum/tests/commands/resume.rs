//! `hilum train --resume`: what a killed or interrupted run is worth.

use std::path::Path;
use std::time::{Duration, Instant};

use hilum_weights::{ModelFile, read_tensors};

use crate::workplace::{QUICK, Workplace};

const EPOCHS: &str = "6";

fn arguments<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["train", "slices", "--epochs", EPOCHS];
    arguments.extend(QUICK);
    // Every source of randomness takes part.
    arguments.extend(["--augment", "reference", "--dropout", "0.3"]);
    let position = arguments
        .iter()
        .position(|one| *one == "--augment")
        .expect("a flag of QUICK");
    arguments.drain(position..position + 2);
    arguments.extend(more);
    arguments
}

/// Waits until `log` has more than `rows` lines, or panics.
fn wait_for_rows(log: &Path, rows: usize) {
    let start = Instant::now();
    loop {
        let count = std::fs::read_to_string(log).map_or(0, |text| text.lines().count());
        if count > rows {
            return;
        }
        assert!(
            start.elapsed() < Duration::from_mins(5),
            "no row {rows} in {}",
            log.display()
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The log without seconds and images per second, which no two runs share.
fn log_without_times(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).expect("a log");
    let row = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        [&fields[..2], &fields[4..]].concat().join(",")
    };
    text.lines().map(row).collect()
}

fn assert_same_run(workplace: &Workplace, left: &str, right: &str) {
    let path = |run: &str, file: &str| workplace.path(&format!("runs/{run}/{file}"));
    let logs = [left, right].map(|run| log_without_times(&path(run, "log.csv")));
    assert_eq!(logs[0], logs[1]);
    let models =
        [left, right].map(|run| ModelFile::read(&path(run, "model.safetensors")).expect("a model"));
    assert!(
        models[0].parameters == models[1].parameters,
        "the best weights, to the bit"
    );
    let checkpoints = [left, right].map(|run| {
        read_tensors(&path(run, "checkpoint.safetensors"))
            .expect("a checkpoint")
            .0
    });
    assert!(
        checkpoints[0] == checkpoints[1],
        "weights and optimiser state, to the bit"
    );
}

#[test]
fn a_run_that_is_killed_and_resumed_equals_one_that_was_not() {
    let workplace = Workplace::new();
    workplace.slices();
    workplace.hilum(&arguments(&["--name", "whole"])).succeeds();

    let mut child = workplace.start(&arguments(&["--name", "killed"]));
    wait_for_rows(&workplace.path("runs/killed/log.csv"), 2);
    // SIGKILL: no handler runs.
    child.kill().unwrap();
    child.wait().unwrap();
    let rows = log_without_times(&workplace.path("runs/killed/log.csv")).len();
    assert!(rows < 7, "the run was killed before its end");

    workplace
        .hilum(&arguments(&["--name", "killed", "--resume"]))
        .succeeds();
    assert_same_run(&workplace, "whole", "killed");
}

#[cfg(unix)]
#[test]
fn ctrl_c_saves_and_says_how_to_go_on() {
    use std::process::{Command, Stdio};

    let workplace = Workplace::new();
    workplace.slices();
    workplace.hilum(&arguments(&["--name", "whole"])).succeeds();

    let child = workplace.start_piped(&arguments(&["--name", "stopped"]));
    wait_for_rows(&workplace.path("runs/stopped/log.csv"), 1);
    let interrupt = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .stdout(Stdio::null())
        .status();
    assert!(interrupt.unwrap().success());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("--resume"), "{said}");

    workplace.hilum(&["train", "slices", "--resume"]).succeeds();
    assert_same_run(&workplace, "whole", "stopped");
}

#[test]
fn resuming_with_other_settings_is_refused_with_the_difference() {
    let workplace = Workplace::new();
    workplace.model();
    let finished = workplace.hilum(&[
        "train", "slices", "--resume", "--name", "first", "--batch", "8",
    ]);
    finished.refuses(&["training.batch_size", "hint:"]);
}

#[test]
fn differences_are_those_of_what_was_given_alone() {
    let workplace = Workplace::new();
    workplace.model();
    let finished = workplace.hilum(&[
        "train", "slices", "--resume", "--name", "first", "--batch", "8", "--lr", "0.002",
    ]);
    finished.refuses(&[
        "training.batch_size is 4, given is 8",
        "training.learning_rate is 0.001, given is 0.002",
    ]);
    let listed = finished
        .stderr
        .lines()
        .filter(|line| line.contains("given is"));
    assert_eq!(listed.count(), 2, "{}", finished.stderr);
    // What is as it was is no difference.
    let same = [
        "train", "slices", "--resume", "--name", "first", "--batch", "4",
    ];
    workplace.hilum(&same).succeeds();
}

#[test]
fn a_finished_run_gets_more_epochs_as_if_it_had_them_from_the_start() {
    let workplace = Workplace::new();
    workplace.slices();
    let short = ["--name", "short", "--epochs", "3"];
    workplace.hilum(&arguments(&short)).succeeds();
    workplace.hilum(&arguments(&["--name", "whole"])).succeeds();
    let more = [
        "train", "slices", "--resume", "--name", "short", "--epochs", EPOCHS,
    ];
    workplace.hilum(&more).succeeds();
    assert_same_run(&workplace, "whole", "short");
    // And again without a word of epochs: they are the run's own now.
    let again = ["train", "slices", "--resume", "--name", "short"];
    workplace.hilum(&again).succeeds();
}

#[test]
fn a_run_in_bf16_says_so_and_goes_on_in_it() {
    let workplace = Workplace::new();
    workplace.slices();
    let rounded = ["--name", "rounded", "--epochs", "2", "--precision", "bf16"];
    workplace.hilum(&arguments(&rounded)).succeeds();
    let more = [
        "train", "slices", "--resume", "--name", "rounded", "--epochs", "3",
    ];
    workplace.hilum(&more).succeeds();
    let settings = std::fs::read_to_string(workplace.path("runs/rounded/settings.toml")).unwrap();
    for record in ["precision = \"bf16\"", "trained in bf16"] {
        assert!(settings.contains(record), "{settings}");
    }
    let otherwise = [
        "train",
        "slices",
        "--resume",
        "--name",
        "rounded",
        "--precision",
        "f32",
    ];
    let refused = workplace.hilum(&otherwise);
    refused.refuses(&["machine.precision is \"bf16\""]);

    // Nobody chose otherwise than what is so by itself.
    let exact = ["--name", "exact", "--epochs", "1"];
    workplace.hilum(&arguments(&exact)).succeeds();
    let same = [
        "train",
        "slices",
        "--resume",
        "--name",
        "exact",
        "--precision",
        "f32",
    ];
    workplace.hilum(&same).succeeds();
}

#[test]
fn a_run_whose_learning_rate_was_planned_for_its_end_says_how_to_go_on() {
    let workplace = Workplace::new();
    workplace.slices();
    let planned = [
        "--name",
        "planned",
        "--epochs",
        "2",
        "--schedule",
        "one-cycle",
    ];
    workplace.hilum(&arguments(&planned)).succeeds();
    let more = [
        "train", "slices", "--resume", "--name", "planned", "--epochs", "5",
    ];
    let finished = workplace.hilum(&more);
    finished.refuses(&[
        "planned for 2 epochs",
        "one-cycle",
        "--weights runs/planned/model.safetensors --epochs 3",
    ]);
    assert_eq!(finished.stderr.lines().count(), 2, "{}", finished.stderr);
}

#[test]
fn resuming_where_there_is_no_run_is_refused() {
    let workplace = Workplace::new();
    workplace.slices();
    workplace
        .hilum(&["train", "slices", "--resume"])
        .refuses(&["no run in `runs`", "hint:"]);
}

#[test]
fn a_complete_run_is_resumed_to_nothing() {
    let workplace = Workplace::new();
    let model = workplace.model();
    let before = std::fs::read(&model).unwrap();
    workplace.hilum(&["train", "slices", "--resume"]).succeeds();
    assert_eq!(std::fs::read(&model).unwrap(), before);
}
