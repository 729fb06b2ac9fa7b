//! What a model was made with is known by content, whatever it is called.

use std::collections::BTreeSet;
use std::path::Path;

use hilum_imaging::{
    DatasetSettings, DecodeLimits, Interpolation, PhantomFormat, Pixels, Window, decode_file,
    write_dataset, write_png,
};
use serde_json::Value;

use crate::workplace::{CLASSES, Finished, QUICK, Workplace};

/// `unsplit/CLASS/*.png`: twenty slices a class.
fn unsplit(workplace: &Workplace, folder: &str, seed: usize) {
    for (class, name) in CLASSES.iter().enumerate() {
        for number in 0..20 {
            let path = format!("{folder}/{name}/{number}.png");
            workplace.write_slice(&path, class, seed + class * 1000 + number * 10);
        }
    }
}

fn train(workplace: &Workplace, more: &[&str]) {
    let mut arguments = vec!["train", more[0], "--name", "first", "--epochs", "1"];
    arguments.extend(QUICK);
    arguments.extend(&more[1..]);
    workplace.hilum(&arguments).succeeds();
}

fn evaluate(workplace: &Workplace, more: &[&str]) -> (Finished, Value) {
    let model = "runs/first/model.safetensors";
    let mut arguments = vec!["evaluate", more[0], "--model", model, "--format", "json"];
    arguments.extend(&more[1..]);
    let finished = workplace.hilum(&arguments);
    let metrics = serde_json::from_str(&finished.succeeds().stdout).expect("JSON");
    (finished, metrics)
}

/// The paths of a split, by `hilum split`.
fn split(workplace: &Workplace, seed: &str, split: &str) -> BTreeSet<String> {
    let manifest = format!("{seed}.csv");
    let arguments = [
        "split",
        "unsplit",
        "--split-seed",
        seed,
        "--out",
        &manifest,
        "--force",
    ];
    workplace.hilum(&arguments).succeeds();
    let text = std::fs::read_to_string(workplace.path(&manifest)).expect("a manifest");
    let rows = text
        .lines()
        .skip(1)
        .map(|row| row.split(',').collect::<Vec<_>>());
    rows.filter(|row| row[2] == split)
        .map(|row| row[0].to_owned())
        .collect()
}

#[test]
fn slices_that_another_split_seed_put_into_train_leave_the_clean_figures() {
    let workplace = Workplace::new();
    unsplit(&workplace, "unsplit", 0);
    train(&workplace, &["unsplit", "--split-seed", "1"]);
    let strangers = split(&workplace, "1", "test");
    let judged = split(&workplace, "32", "test");
    let known = judged.difference(&strangers).count();
    assert!(known > 0 && known < judged.len(), "{known}");

    let (finished, metrics) = evaluate(&workplace, &["unsplit", "--split-seed", "32"]);
    assert_eq!(metrics["leaked"]["count"], known);
    assert_eq!(metrics["leaked"]["of"], judged.len());
    assert_eq!(metrics["leaked"]["files"].as_array().unwrap().len(), known);
    assert_eq!(metrics["clean"]["count"], judged.len() - known);
    assert_eq!(metrics["as_is"]["count"], judged.len());
    let said = format!("learned from {known} of {} slices", judged.len());
    assert!(finished.stderr.contains(&said), "{}", finished.stderr);
    assert!(metrics["audit"].to_string().contains("trained-on-split"));
}

#[test]
fn data_without_splits_is_divided_as_it_was_to_train_the_model_and_that_is_said_first() {
    let workplace = Workplace::new();
    unsplit(&workplace, "unsplit", 0);
    train(&workplace, &["unsplit", "--split-seed", "1"]);
    let known = split(&workplace, "32", "test");
    let known = known.difference(&split(&workplace, "1", "test")).count();

    let (_, metrics) = evaluate(&workplace, &["unsplit"]);
    assert_eq!(metrics["leaked"]["count"], 0);
    assert_eq!(metrics["as_is"]["count"], 12);
    assert_eq!(metrics["clean"], metrics["as_is"]);

    let model = ["--model", "runs/first/model.safetensors"];
    let finished = workplace.hilum(&["evaluate", "unsplit", model[0], model[1]]);
    let first = finished.succeeds().stdout.lines().next().unwrap();
    assert!(
        first.contains("as it was to train the model (split seed 1)"),
        "{first}"
    );
    assert!(
        first.contains(&format!("the model would know {known} of 12")),
        "{first}"
    );
}

#[test]
fn all_of_a_folder_of_classes_that_the_model_never_saw_is_judged() {
    let workplace = Workplace::new();
    unsplit(&workplace, "unsplit", 0);
    unsplit(&workplace, "strange", 500_000);
    train(&workplace, &["unsplit"]);
    let (finished, metrics) = evaluate(&workplace, &["strange"]);
    assert_eq!(metrics["as_is"]["count"], 60);
    assert_eq!(metrics["leaked"]["count"], 0);
    assert_eq!(metrics["split"], "test");
    let said = "all 60 files are judged as `test`";
    assert!(finished.stderr.contains(said), "{}", finished.stderr);
}

/// Half as large, brighter, in another file.
fn disguise(from: &Path, to: &Path) {
    let slice = decode_file(from, Window::LUNG, &DecodeLimits::default()).expect("a slice");
    let pixels = slice.pixels;
    let (width, height) = (pixels.width() / 2, pixels.height() / 2);
    let small = pixels.resize(width, height, Interpolation::Bilinear);
    let brighter = |level: &u8| (255.0 * (f32::from(*level) / 255.0).powf(0.8)) as u8;
    let levels = small.data().iter().map(brighter).collect();
    std::fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
    write_png(to, &Pixels::new(width, height, small.channels(), levels)).expect("a slice");
}

#[test]
fn slices_under_another_name_size_and_tone_are_known_and_nothing_clean_is_left() {
    let workplace = Workplace::new();
    let settings = DatasetSettings {
        train_per_class: 6,
        valid_per_class: 3,
        test_per_class: 3,
        slices_per_patient: 1,
        size: 128,
        seed: 5,
        format: PhantomFormat::Png,
    };
    let slices = workplace.path("slices");
    write_dataset(&slices, &settings, |_, _| {}).expect("phantoms");
    let whole = [
        "--keep",
        "last",
        "--patience",
        "0",
        "--schedule",
        "one-cycle",
    ];
    train(
        &workplace,
        &[&["slices", "--train-on-valid"], &whole[..]].concat(),
    );
    for class in std::fs::read_dir(slices.join("valid")).expect("classes") {
        let class = class.expect("a class").path();
        for file in std::fs::read_dir(&class).expect("files") {
            let file = file.expect("a file").path();
            let name = Path::new(class.file_name().unwrap()).join(file.file_name().unwrap());
            disguise(&file, &workplace.path("elsewhere/test").join(name));
        }
    }

    let (finished, metrics) = evaluate(&workplace, &["elsewhere"]);
    assert_eq!(metrics["leaked"]["count"], 12);
    assert_eq!(metrics["leaked"]["of"], 12);
    assert!(metrics["clean"].is_null());
    let said = "learned from 12 of 12 slices of `test`";
    assert!(finished.stderr.contains(said), "{}", finished.stderr);

    let (_, metrics) = evaluate(&workplace, &["slices"]);
    assert_eq!(metrics["leaked"]["count"], 0, "strangers stay strangers");
    assert_eq!(metrics["clean"], metrics["as_is"]);

    let (_, metrics) = evaluate(&workplace, &["slices", "--split", "valid"]);
    assert_eq!(metrics["leaked"]["count"], 12);
    assert!(metrics["clean"].is_null());
}

#[test]
fn a_model_knows_the_slices_of_the_model_that_it_began_with() {
    let workplace = Workplace::new();
    unsplit(&workplace, "unsplit", 0);
    train(&workplace, &["unsplit"]);
    unsplit(&workplace, "strange", 500_000);
    let mut arguments = vec!["train", "strange", "--name", "second", "--epochs", "1"];
    arguments.extend(QUICK);
    arguments.extend(["--weights", "runs/first/model.safetensors"]);
    workplace.hilum(&arguments).succeeds();
    let model = "runs/second/model.safetensors";
    let arguments = ["evaluate", "unsplit", "--model", model, "--format", "json"];
    let finished = workplace.hilum(&[&arguments[..], &["--split", "train"]].concat());
    let metrics: Value = serde_json::from_str(&finished.succeeds().stdout).unwrap();
    assert_eq!(metrics["leaked"]["count"], metrics["leaked"]["of"]);
}
