//! `hilum export`.

use std::path::Path;

use hilum_imaging::{DecodeLimits, decode_file};
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
            rounding: whole.rounding.clone(),
            ..half.clone()
        },
        whole
    );
    assert_eq!(half.rounding, None, "it was of other weights");
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

/// Whether `words` stand anywhere in a file.
fn holds(bytes: &[u8], words: &str) -> bool {
    let words = words.as_bytes();
    bytes.windows(words.len()).any(|part| part == words)
}

#[test]
fn onnx_holds_the_model_with_all_that_is_known_of_it() {
    let workplace = Workplace::new();
    workplace.model();
    let export = ["export", "--model", MODEL, "--format", "onnx", "--out"];
    let whole = workplace.hilum(&[&export[..], &["whole.onnx", "--licence", "CC-BY-4.0"]].concat());
    assert_eq!(whole.succeeds().stdout, "whole.onnx\n");
    let bare = workplace.hilum(&[&export[..], &["bare.onnx", "--bare"]].concat());
    assert_eq!(bare.succeeds().stdout, "bare.onnx\n");
    for name in ["whole.onnx", "bare.onnx"] {
        let bytes = std::fs::read(workplace.path(name)).unwrap();
        for words in [
            "hilum.classes",
            "hilum.recipe",
            "hilum.audit",
            "hilum.card",
            "hilum.intended_use",
            "stem.conv.weight",
        ] {
            assert!(holds(&bytes, words), "`{words}` in {name}");
        }
    }
    let whole = std::fs::read(workplace.path("whole.onnx")).unwrap();
    assert!(holds(&whole, "CC-BY-4.0") && holds(&whole, "probabilities"));
    let again = workplace.hilum(&[&export[..], &["whole.onnx"]].concat());
    again.refuses(&["`--force`"]);
    let again = workplace.hilum(
        &[
            &export[..],
            &["whole.onnx", "--force", "--licence", "CC-BY-4.0"],
        ]
        .concat(),
    );
    again.succeeds();
    let bytes = std::fs::read(workplace.path("whole.onnx")).unwrap();
    assert!(bytes == whole, "the same model makes the same bytes");
}

#[test]
fn flags_of_another_format_and_names_of_another_format_are_refused() {
    let workplace = Workplace::new();
    workplace.model();
    for (flags, words) in [
        (vec!["--bare", "--out", "a.safetensors"], "`--bare`"),
        (
            vec!["--margin", "0.1", "--out", "a.safetensors"],
            "`--margin`",
        ),
        (
            vec![
                "--format",
                "onnx",
                "--bare",
                "--ood-share",
                "0.1",
                "--out",
                "a.onnx",
            ],
            "`--ood-share`",
        ),
        (
            vec!["--format", "onnx", "--precision", "f16", "--out", "a.onnx"],
            "`--precision`",
        ),
        (
            vec!["--format", "onnx", "--out", "a.safetensors"],
            "`a.onnx`",
        ),
        (vec!["--out", "a.onnx"], "`a.safetensors`"),
    ] {
        let arguments = [&["export", "--model", MODEL][..], &flags].concat();
        workplace.hilum(&arguments).refuses(&[words, "hint: "]);
    }
}

#[test]
fn what_the_network_reads_is_written_for_a_model_that_runs_elsewhere() {
    let workplace = Workplace::new();
    workplace.model();
    let predict = [
        "predict",
        "slices/test",
        "--model",
        MODEL,
        "--format",
        "json",
    ];
    let arguments = [&predict[..], &["--inputs-out", "inputs"]].concat();
    let finished = workplace.hilum(&arguments);
    let stdout = &finished.succeeds().stdout;
    let model = ModelFile::read(&workplace.path(MODEL)).unwrap();
    let recipe = &model.recipe;
    let mut count = 0;
    for line in stdout.lines() {
        let answer: serde_json::Value = serde_json::from_str(line).unwrap();
        let file = |kind: &str| {
            let name = answer["input"][kind].as_str().unwrap();
            workplace.path("inputs").join(name)
        };
        let [image, original] = [file("image"), answer["path"].as_str().unwrap().into()].map(
            |path: std::path::PathBuf| {
                let path = workplace.path(".").join(path);
                let slice = decode_file(&path, recipe, &DecodeLimits::default());
                slice.unwrap().pixels
            },
        );
        assert!(image == original, "nothing is framed");
        let values = std::fs::read(file("values")).unwrap();
        let (views, channels) = (recipe.views.count(), recipe.channels.count());
        let shape = format!("({views}, {channels}, {}, {})", recipe.height, recipe.width);
        assert!(holds(&values[..128], &shape), "{shape}");
        assert_eq!(values.len(), 128 + 4 * views * recipe.value_count());
        count += 1;
    }
    assert!(count > 0);
    let hint = "hint: choose another folder with `--inputs-out`";
    workplace.hilum(&arguments).refuses(&[hint]);
}
