//! Nothing is written over unasked, and no run is trained by two processes.

use std::time::{Duration, Instant};

use crate::workplace::{QUICK, Workplace, names_in};

const MODEL: [&str; 2] = ["--model", "runs/first/model.safetensors"];

#[test]
fn a_second_evaluation_gets_a_folder_of_its_own() {
    let workplace = Workplace::new();
    workplace.model();
    let evaluate = |more: &[&str]| {
        let arguments = [&["evaluate", "slices"], &MODEL[..], more].concat();
        workplace.hilum(&arguments)
    };
    evaluate(&[]).succeeds();
    let first = std::fs::read(workplace.path("runs/first/evaluation/metrics.json")).unwrap();
    let second = evaluate(&["--split", "valid"]);
    let said = "results are in `runs/first/evaluation-2`";
    assert!(second.succeeds().stderr.contains(said), "{}", second.stderr);
    let metrics = || std::fs::read(workplace.path("runs/first/evaluation/metrics.json")).unwrap();
    assert_eq!(metrics(), first);

    evaluate(&["--out", "mine"]).succeeds();
    evaluate(&["--out", "mine"]).refuses(&["`mine` holds an evaluation", "--force"]);
    evaluate(&["--out", "mine", "--force", "--split", "valid"]).succeeds();
    evaluate(&["--force", "--split", "valid"]).succeeds();
    assert_ne!(metrics(), first);
}

#[test]
fn an_export_replaces_no_file_and_takes_no_name_of_another_format() {
    let workplace = Workplace::new();
    workplace.model();
    let export = |more: &[&str]| {
        let arguments = [&["export"], &MODEL[..], more].concat();
        workplace.hilum(&arguments)
    };
    export(&["--out", "m.onnx"]).refuses(&["`m.onnx`", "safetensors", "`m.safetensors`"]);
    export(&["--out", "m.safetensors", "--card", "m.md"]).succeeds();
    let before = std::fs::read(workplace.path("m.safetensors")).unwrap();
    let half = ["--out", "m.safetensors", "--precision", "f16"];
    export(&half).refuses(&["`m.safetensors` is there already", "--force"]);
    export(&["--out", "n.safetensors", "--card", "m.md"]).refuses(&["`m.md` is there already"]);
    assert_eq!(
        std::fs::read(workplace.path("m.safetensors")).unwrap(),
        before
    );
    export(&[&half[..], &["--force"]].concat()).succeeds();
    assert_ne!(
        std::fs::read(workplace.path("m.safetensors")).unwrap(),
        before
    );
}

#[test]
fn a_run_that_is_being_trained_is_not_resumed_and_a_killed_one_is() {
    let workplace = Workplace::new();
    workplace.slices();
    let mut arguments = vec!["train", "slices", "--name", "first", "--epochs", "1000000"];
    arguments.extend(["--patience", "0", "--schedule", "constant"]);
    arguments.extend(QUICK);
    let mut child = workplace.start(&arguments);
    let log = workplace.path("runs/first/log.csv");
    let start = Instant::now();
    while !log.is_file() {
        assert!(start.elapsed() < Duration::from_mins(5), "no epoch");
        std::thread::sleep(Duration::from_millis(20));
    }
    let resume = ["train", "slices", "--name", "first", "--resume"];
    workplace
        .hilum(&resume)
        .refuses(&["another process", "hint:"]);

    child.kill().unwrap();
    child.wait().unwrap();
    let names = names_in(&workplace.path("runs/first"));
    assert!(!names.iter().any(|name| name.contains("lock")), "{names:?}");
    let mut resumed = workplace.start(&resume);
    std::thread::sleep(Duration::from_secs(2));
    assert!(resumed.try_wait().unwrap().is_none(), "it goes on");
    resumed.kill().unwrap();
    resumed.wait().unwrap();
}
