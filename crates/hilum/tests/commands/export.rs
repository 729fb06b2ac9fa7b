//! `hilum export`.

use std::path::Path;

use hilum_weights::{ModelFile, read_tensors, write_tensors};

use crate::workplace::Workplace;

const MODEL: &str = "runs/first/model.safetensors";

#[test]
fn a_model_in_half_precision_is_smaller_and_predicts_the_same() {
    let workplace = Workplace::new();
    let whole = workplace.model();
    let arguments = [
        "export",
        "--model",
        MODEL,
        "--precision",
        "f16",
        "--out",
        "half.safetensors",
    ];
    let finished = workplace.hilum(&arguments);
    assert_eq!(finished.succeeds().stdout, "half.safetensors\n");
    let size = |path| std::fs::metadata(path).unwrap().len();
    assert!(size(workplace.path("half.safetensors")) * 10 < size(whole.clone()) * 7);

    let half = ModelFile::read(&workplace.path("half.safetensors")).unwrap();
    let whole = ModelFile::read(&whole).unwrap();
    assert_eq!(
        ModelFile {
            parameters: whole.parameters.clone(),
            ..half
        },
        whole
    );
    let predict = |model: &str| {
        let finished = workplace.hilum(&["predict", "slices/test", "--model", model]);
        finished.succeeds();
        finished.stdout
    };
    let classes = |table: &str| -> Vec<String> {
        let second = |line: &str| line.split_whitespace().nth(1).map(str::to_owned);
        table.lines().filter_map(second).collect()
    };
    assert_eq!(
        classes(&predict("half.safetensors")),
        classes(&predict(MODEL))
    );
}

#[test]
fn a_licence_is_kept_and_a_card_tells_what_is_known() {
    let workplace = Workplace::new();
    workplace.model();
    std::fs::write(workplace.path("notes.md"), "## Groups\n\nNone are known.\n").unwrap();
    let finished = workplace.hilum(&[
        "export",
        "--model",
        MODEL,
        "--out",
        "mine.safetensors",
        "--licence",
        "CC-BY-4.0",
        "--card",
        "mine.md",
        "--command",
        "hilum train slices",
        "--notes",
        "notes.md",
    ]);
    finished.succeeds();
    let model = ModelFile::read(&workplace.path("mine.safetensors")).unwrap();
    assert_eq!(model.licence.as_deref(), Some("CC-BY-4.0"));
    let card = std::fs::read_to_string(workplace.path("mine.md")).unwrap();
    let fingerprint = model.training.data_fingerprint.as_deref().unwrap();
    for words in [
        "# mine\n",
        "compact-cnn for 3 classes",
        "- squamous.cell.carcinoma\n",
        fingerprint,
        "not a medical device",
        "| accuracy | ",
        "CC-BY-4.0",
        "drawn at random",
        "```sh\nhilum train slices\n```",
        "## Groups",
        "| training.epochs | 2 |",
        "| height | 32 |",
    ] {
        assert!(card.contains(words), "no `{words}` in:\n{card}");
    }
}

#[test]
fn a_weight_that_half_precision_cannot_hold_is_named_and_nothing_is_written() {
    let workplace = Workplace::new();
    let path = workplace.model();
    let (mut parameters, metadata) = read_tensors(&path).unwrap();
    let name = parameters.iter().next().unwrap().0.to_owned();
    parameters.get_mut(&name).unwrap().data[0] = 1e6;
    write_tensors(&path, parameters.iter(), &metadata).unwrap();
    let arguments = [
        "export",
        "--model",
        MODEL,
        "--precision",
        "f16",
        "--out",
        "half.safetensors",
    ];
    workplace
        .hilum(&arguments)
        .refuses(&[&name, "65504", "hint:"]);
    assert!(!workplace.path("half.safetensors").exists());
}

#[test]
fn the_bundled_model_can_be_written_to_a_file() {
    let workplace = Workplace::new();
    let arguments = [
        "export",
        "--model",
        "bundled",
        "--precision",
        "f16",
        "--out",
        "model.safetensors",
    ];
    workplace.hilum(&arguments).succeeds();
    let path = workplace.path("model.safetensors");
    let written = ModelFile::read(&path).unwrap();
    let bundled = ModelFile::from_bytes(Path::new("bundled"), hilum_models::bundled());
    assert!(written == bundled.unwrap(), "another model");
}

#[test]
fn a_card_is_asked_for_before_what_stands_on_it() {
    let arguments = [
        "export",
        "--model",
        MODEL,
        "--out",
        "a",
        "--command",
        "hilum",
    ];
    Workplace::new().hilum(&arguments).refuses(&["--card"]);
}
