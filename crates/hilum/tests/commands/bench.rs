//! `hilum bench`.

use serde_json::Value;

use crate::workplace::Workplace;

fn figures(arguments: &[&str]) -> Vec<Value> {
    let finished = Workplace::new().hilum(&[&["bench"], arguments].concat());
    let parse = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
    finished.succeeds().stdout.lines().map(parse).collect()
}

#[test]
fn every_figure_is_a_line_that_says_what_was_measured() {
    let figures = figures(&[
        "--arch",
        "compact-cnn",
        "--batch",
        "2",
        "--image-size",
        "32",
        "--threads",
        "1",
    ]);
    let modes: Vec<&str> = figures
        .iter()
        .map(|figure| figure["mode"].as_str().unwrap())
        .collect();
    assert_eq!(modes, ["predict", "train"]);
    for figure in &figures {
        assert_eq!(figure["arch"], "compact-cnn");
        assert_eq!(
            (&figure["batch"], &figure["threads"], &figure["image_size"]),
            (&2.into(), &1.into(), &32.into())
        );
        let engine = figure["engine"].as_str().unwrap();
        assert!(
            engine.starts_with("cpu ") && engine.ends_with(", 1 thread"),
            "{engine}"
        );
        assert!(figure["memory_mb"].as_f64().unwrap() > 0.0);
        if cfg!(target_os = "linux") {
            assert!(figure["peak_rss_mb"].as_f64() > figure["memory_mb"].as_f64());
        }
    }
}

#[test]
fn predictions_and_steps_are_timed_in_the_precision_that_is_asked_for() {
    let small = [
        "--arch",
        "compact-cnn",
        "--image-size",
        "32",
        "--threads",
        "1",
    ];
    for (asked, precision) in [(&[][..], "f32"), (&["--precision", "bf16"][..], "bf16")] {
        let figures = figures(&[&small[..], asked].concat());
        let found: Vec<_> = figures
            .iter()
            .map(|figure| {
                (
                    figure["mode"].as_str().unwrap(),
                    figure["precision"].as_str().unwrap(),
                )
            })
            .collect();
        assert_eq!(found, [("predict", precision), ("train", precision)]);
        for figure in &figures {
            let engine = figure["engine"].as_str().unwrap();
            assert_eq!(engine.contains("bf16"), precision == "bf16", "{engine}");
        }
    }
}

/// Two operations per multiply-add, three passes per training step, whatever the time.
#[test]
fn operations_follow_from_the_layers() {
    let shape = ["--image-size", "32", "--format", "json"];
    let arch = Workplace::new().hilum(&[&["arch", "compact-cnn"], &shape[..]].concat());
    let summary: Value = serde_json::from_str(&arch.succeeds().stdout).unwrap();
    let multiply_adds = summary["multiply_adds"].as_f64().unwrap();
    for (mode, passes) in [("predict", 1.0), ("train", 3.0)] {
        let figures = figures(&[
            "--arch",
            "compact-cnn",
            "--mode",
            mode,
            "--batch",
            "3",
            "--image-size",
            "32",
        ]);
        assert_eq!(figures.len(), 1);
        let value = |key: &str| figures[0][key].as_f64().unwrap();
        let operations = value("gflops_per_second") * value("ms_per_image") * 1e6;
        let expected = 2.0 * passes * multiply_adds;
        assert!((operations / expected - 1.0).abs() < 1e-9, "{mode}");
    }
}

#[test]
fn what_cannot_be_measured_is_refused() {
    let workplace = Workplace::new();
    let bench = |more: &[&str]| workplace.hilum(&[&["bench"], more].concat());
    bench(&["--arch", "mobilenetv2"]).refuses(&["did you mean `mobilenet-v2`?"]);
    bench(&["--arch", "reference-cnn", "--image-size", "40"]).refuses(&["hint:", "larger"]);
    bench(&["--arch", "compact-cnn", "--batch", "0"]).refuses(&["--batch"]);
    bench(&["--arch", "compact-cnn", "--device", "gpu"]).refuses(&[
        "gpu",
        "--device",
        "choose `cpu`",
    ]);
}

#[cfg(not(feature = "cuda"))]
#[test]
fn a_gpu_that_was_left_out_says_how_to_build_it_in() {
    let arguments = ["bench", "--arch", "compact-cnn", "--device", "cuda:1"];
    let finished = Workplace::new().hilum(&arguments);
    assert_eq!(finished.code, 2, "{}", finished.stderr);
    assert_eq!(
        finished.stderr,
        "error: device `cuda:1` cannot be used: this build leaves it out\n\
         hint: build it in: `cargo install --path crates/hilum --features cuda`\n"
    );
}
