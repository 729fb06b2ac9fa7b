//! `hilum import`.

use std::path::PathBuf;

use hilum_graph::NetworkName;
use hilum_weights::ModelFile;
use serde_json::Value;

use crate::workplace::{Finished, Workplace};

/// A file that Keras wrote, by the name that it has among the tests of `hilum-keras`.
fn keras(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let path = folder.join("../hilum-keras/tests/reference").join(name);
    path.to_str().expect("a path of letters").to_owned()
}

fn import(workplace: &Workplace, file: &str, more: &[&str]) -> Finished {
    let file = keras(file);
    let arguments = ["import", &file, "--out", "imported.safetensors"];
    workplace.hilum(&[&arguments[..], more].concat())
}

const CLASSES: [&str; 2] = ["--classes", "a,b,c,d"];

#[test]
fn a_keras_file_becomes_a_model_that_says_where_it_comes_from() {
    for file in [
        "notebook2.h5",
        "notebook2.keras",
        "notebook3.h5",
        "notebook3.keras",
    ] {
        let workplace = Workplace::new();
        let finished = import(&workplace, file, &CLASSES);
        assert_eq!(finished.succeeds().stdout, "imported.safetensors\n");
        for words in [
            "the optimiser `",
            "the metric `F1Score`",
            "pixels are taken as `unit`",
        ] {
            assert!(finished.stderr.contains(words), "{}", finished.stderr);
        }
        let model = ModelFile::read(&workplace.path("imported.safetensors")).unwrap();
        assert_eq!(model.architecture.name, NetworkName::Imported);
        assert_eq!((model.recipe.height, model.recipe.width), (22, 20));
        let source = model.training.imported.expect("a record of the import");
        assert_eq!(source.file, file);
        assert!(source.written_by.starts_with("Keras "), "{source:?}");
    }
}

#[test]
fn an_imported_model_predicts_and_is_judged() {
    let workplace = Workplace::new();
    workplace.slices();
    import(&workplace, "notebook3.keras", &CLASSES).succeeds();
    let predict = [
        "predict",
        "slices/test",
        "--model",
        "imported.safetensors",
        "--format",
        "json",
    ];
    let finished = workplace.hilum(&predict);
    let line = finished.succeeds().stdout.lines().next().unwrap();
    let answer: Value = serde_json::from_str(line).unwrap();
    let probabilities = answer["probabilities"].as_object().unwrap();
    let sum: f64 = probabilities.values().filter_map(Value::as_f64).sum();
    assert_eq!(probabilities.len(), 4);
    assert!((sum - 1.0).abs() < 1e-6, "{line}");
    let shown = workplace.hilum(&["card", "imported.safetensors"]);
    let source = "another program trained it: `notebook3.keras`, Keras 3";
    assert!(shown.succeeds().stdout.contains(source), "{}", shown.stdout);
    assert!(
        shown.succeeds().stdout.contains("imported for 4 classes"),
        "{}",
        shown.stdout
    );
}

#[test]
fn an_imported_network_goes_on_training_for_other_classes() {
    let workplace = Workplace::new();
    workplace.slices();
    import(&workplace, "notebook3.h5", &CLASSES).succeeds();
    let train = [
        "train",
        "slices",
        "--weights",
        "imported.safetensors",
        "--epochs",
        "2",
        "--batch",
        "4",
        "--name",
        "more",
    ];
    workplace.hilum(&train).succeeds();
    let path = workplace.path("runs/more/model.safetensors");
    let model = ModelFile::read(&path).unwrap();
    assert_eq!(model.architecture.name, NetworkName::Imported);
    assert_eq!(model.architecture.class_count, 3);
    assert_eq!((model.recipe.height, model.recipe.width), (22, 20));
    assert!(!model.training.is_imported());
    let evaluate = [
        "evaluate",
        "slices",
        "--model",
        "runs/more/model.safetensors",
    ];
    workplace.hilum(&evaluate).succeeds();
}

#[test]
fn classes_in_any_order_are_brought_into_that_of_the_alphabet() {
    let workplace = Workplace::new();
    workplace.slices();
    let predicted = |classes: &str| -> Vec<f64> {
        let more = ["--classes", classes, "--force"];
        import(&workplace, "notebook2.keras", &more).succeeds();
        let predict = [
            "predict",
            "slices/test/normal/0.png",
            "--model",
            "imported.safetensors",
            "--format",
            "json",
        ];
        let finished = workplace.hilum(&predict);
        let answer: Value = serde_json::from_str(finished.succeeds().stdout.trim()).unwrap();
        let of_class = |name: &str| answer["probabilities"][name].as_f64().unwrap();
        ["a", "b", "c", "d"].map(of_class).to_vec()
    };
    let [first, second, third, fourth] = predicted("a,b,c,d")[..] else {
        panic!("four classes")
    };
    assert_eq!(predicted("d,a,c,b"), [second, fourth, third, first]);
}

#[test]
fn classes_come_from_the_data_or_from_a_file() {
    let workplace = Workplace::new();
    for name in [
        "normal",
        "adenocarcinoma_left.lower.lobe_T2_N0_M0_Ib",
        "b",
        "c",
    ] {
        std::fs::create_dir_all(workplace.path("data/train").join(name)).unwrap();
    }
    let indices = r#"{"adenocarcinoma": 0, "normal": 3, "b": 1, "c": 2}"#;
    std::fs::write(workplace.path("indices.json"), indices).unwrap();
    std::fs::write(
        workplace.path("names.txt"),
        "adenocarcinoma\nb\nc\n\nnormal\n",
    )
    .unwrap();
    for from in ["data", "indices.json", "names.txt"] {
        let more = ["--classes-from", from, "--force", "--format", "json"];
        let finished = import(&workplace, "notebook3.h5", &more);
        let said: Value = serde_json::from_str(&finished.succeeds().stdout).unwrap();
        let names = serde_json::json!(["adenocarcinoma", "b", "c", "normal"]);
        assert_eq!(said["classes"], names, "{from}");
        assert_eq!(said["pixels"], "unit");
    }
}

#[test]
fn what_the_file_does_not_say_is_asked_for() {
    let workplace = Workplace::new();
    import(&workplace, "notebook3.h5", &[]).refuses(&["has 4 outputs", "--classes-from DATA"]);
    import(&workplace, "notebook3.h5", &["--classes", "a,b"])
        .refuses(&["4 outputs, and 2 classes", "`a`, `b`"]);
    import(&workplace, "notebook3.h5", &["--classes", "a,b,c,a"]).refuses(&["`a` is named twice"]);
    let more = [&CLASSES[..], &["--input-range", "caffe"]].concat();
    import(&workplace, "notebook3.h5", &more).refuses(&["three channels"]);
    let more = [&CLASSES[..], &["--image-size", "64"]].concat();
    import(&workplace, "notebook3.h5", &more).refuses(&["22 x 20 x 1", "leave `--image-size` out"]);
    assert!(!workplace.path("imported.safetensors").exists());
}

#[test]
fn a_file_that_is_there_is_replaced_on_request_alone() {
    let workplace = Workplace::new();
    std::fs::write(workplace.path("imported.safetensors"), "mine").unwrap();
    import(&workplace, "notebook3.h5", &CLASSES).refuses(&["is there already", "--force"]);
    let kept = std::fs::read(workplace.path("imported.safetensors")).unwrap();
    assert_eq!(kept, b"mine");
    let more = [&CLASSES[..], &["--force"]].concat();
    import(&workplace, "notebook3.h5", &more).succeeds();
}

#[test]
fn other_files_are_refused_by_what_they_are() {
    let workplace = Workplace::new();
    std::fs::write(workplace.path("text.h5"), "no model").unwrap();
    let whole = std::fs::read(keras("notebook3.h5")).unwrap();
    std::fs::write(workplace.path("half.h5"), &whole[..whole.len() / 2]).unwrap();
    std::fs::create_dir(workplace.path("saved_model")).unwrap();
    for (file, words) in [
        ("text.h5", "neither HDF5 nor a ZIP archive"),
        ("half.h5", "cannot import `half.h5`"),
        ("saved_model", "TensorFlow's SavedModel"),
        ("nowhere.keras", "cannot read `nowhere.keras`"),
    ] {
        let arguments = [
            "import",
            file,
            "--out",
            "out.safetensors",
            "--classes",
            "a,b",
        ];
        workplace.hilum(&arguments).refuses(&[words]);
    }
}

#[test]
fn an_imported_network_is_named_with_its_weights_alone() {
    let workplace = Workplace::new();
    workplace.slices();
    let train = ["train", "slices", "--arch", "imported", "--epochs", "1"];
    workplace
        .hilum(&train)
        .refuses(&["`imported` is the network of a model", "--weights FILE"]);
}

#[test]
fn a_file_of_keras_in_a_models_place_is_told_the_way() {
    let workplace = Workplace::new();
    workplace.slices();
    for file in ["notebook3.h5", "notebook3.keras"] {
        let file = keras(file);
        let predict = ["predict", "slices/test", "--model", &file];
        workplace
            .hilum(&predict)
            .refuses(&["is a model of Keras", "`hilum import "]);
        let train = [
            "train",
            "slices",
            "--arch",
            "reference-cnn",
            "--weights",
            &file,
        ];
        workplace
            .hilum(&train)
            .refuses(&["Keras", "`hilum import FILE"]);
    }
}
