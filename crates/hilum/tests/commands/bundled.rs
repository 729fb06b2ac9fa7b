//! The model that comes with hilum: predictions, evaluations and trainings that name no file.

use hilum_imaging::{DatasetSettings, PhantomFormat, write_dataset};
use hilum_weights::ModelFile;
use serde_json::Value;

use crate::workplace::{Finished, Workplace};

const NAME: &str = "bundled:mobilenet-v2-chest-ct";

/// `phantoms/{train,valid,test}/CLASS/*`, of the bundled model's classes.
fn phantoms(workplace: &Workplace) {
    let settings = DatasetSettings {
        train_per_class: 2,
        valid_per_class: 1,
        test_per_class: 1,
        slices_per_patient: 1,
        size: 64,
        seed: 5,
        format: PhantomFormat::Png,
    };
    write_dataset(&workplace.path("phantoms"), &settings, |_, _| {}).expect("phantoms");
}

fn train(workplace: &Workplace, data: &str) -> Finished {
    let arguments = [
        "train",
        data,
        "--arch",
        "mobilenet-v2",
        "--weights",
        "bundled",
        "--epochs",
        "1",
        "--image-size",
        "32",
        "--batch",
        "4",
        "--augment",
        "none",
        "--name",
        "second",
    ];
    workplace.hilum(&arguments)
}

#[test]
fn a_slice_is_predicted_with_no_model_given() {
    let workplace = Workplace::new();
    workplace.write_slice("slice.png", 0, 1);
    let finished = workplace.hilum(&["predict", "slice.png", "--format", "json"]);
    let line: Value = serde_json::from_str(&finished.succeeds().stdout).unwrap();
    assert_eq!(line["model"], NAME);
    assert_eq!(line["probabilities"].as_object().unwrap().len(), 4);
    for words in [
        NAME,
        "mobilenet-v2, 4 classes",
        "data audited",
        "not a medical device",
    ] {
        assert!(
            finished.stderr.contains(words),
            "no `{words}` in {}",
            finished.stderr
        );
    }
    let csv = workplace.hilum(&["predict", "slice.png", "--format", "csv"]);
    assert!(csv.succeeds().stdout.contains(NAME));
}

#[test]
fn a_file_of_that_name_is_read_where_its_path_is_given() {
    let workplace = Workplace::new();
    workplace.write_slice("slice.png", 0, 1);
    let finished = workplace.hilum(&["predict", "slice.png", "--model", "./bundled"]);
    finished.refuses(&["./bundled"]);
}

#[test]
fn an_evaluation_of_the_bundled_model_lies_in_the_current_folder() {
    let workplace = Workplace::new();
    phantoms(&workplace);
    let finished = workplace.hilum(&["evaluate", "phantoms", "--format", "json"]);
    let metrics: Value = serde_json::from_str(&finished.succeeds().stdout).unwrap();
    assert_eq!(metrics["model"], NAME);
    assert!(workplace.path("evaluation/metrics.json").is_file());
}

#[test]
fn data_of_other_classes_is_not_judged_by_it() {
    let workplace = Workplace::new();
    workplace.slices();
    workplace
        .hilum(&["evaluate", "slices"])
        .refuses(&["other classes", "hint:"]);
}

#[test]
fn it_is_a_start_that_keeps_its_head_for_its_own_classes() {
    let workplace = Workplace::new();
    phantoms(&workplace);
    let finished = train(&workplace, "phantoms");
    finished.succeeds();
    let said = &finished.stderr;
    assert!(
        said.contains("weights of `bundled`") && !said.contains("afresh"),
        "{said}"
    );
    let settings = std::fs::read_to_string(workplace.path("runs/second/settings.toml")).unwrap();
    assert!(settings.contains("source = \"bundled\""), "{settings}");
}

#[test]
fn for_other_classes_its_head_starts_afresh() {
    let workplace = Workplace::new();
    workplace.slices();
    let finished = train(&workplace, "slices");
    finished.succeeds();
    assert!(
        finished.stderr.contains("the head starts afresh"),
        "{}",
        finished.stderr
    );
    let model = ModelFile::read(&workplace.path("runs/second/model.safetensors")).unwrap();
    assert_eq!(model.classes.len(), 3);
}
