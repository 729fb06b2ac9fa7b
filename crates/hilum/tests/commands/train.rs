//! `hilum train`.

use std::io::Write as _;

use hilum_graph::Tensor;
use hilum_imaging::{DecodeLimits, Window, decode_file};
use hilum_weights::{ModelFile, read_tensors, write_tensors};

use crate::workplace::{CLASSES, Finished, QUICK, Workplace, names_in};

fn train(workplace: &Workplace, more: &[&str]) -> Finished {
    let mut arguments = vec!["train", "slices", "--epochs", "1"];
    arguments.extend(QUICK);
    arguments.extend(more);
    workplace.hilum(&arguments)
}

#[test]
fn a_run_leaves_every_file_and_prints_its_model() {
    let workplace = Workplace::new();
    workplace.slices();
    let finished = train(&workplace, &["--name", "first"]);
    assert_eq!(finished.succeeds().stdout, "runs/first/model.safetensors\n");
    let names = names_in(&workplace.path("runs/first"));
    for name in [
        "checkpoint.safetensors",
        "curves.svg",
        "log.csv",
        "model.safetensors",
        "settings.toml",
    ] {
        assert!(
            names.iter().any(|found| found == name),
            "{name} in {names:?}"
        );
    }
    assert!(
        names.iter().any(|name| name.contains("tfevents")),
        "{names:?}"
    );
    let log = std::fs::read_to_string(workplace.path("runs/first/log.csv")).unwrap();
    assert_eq!(log.lines().count(), 2, "{log}");
}

#[test]
fn a_model_knows_its_classes_and_preprocessing() {
    let workplace = Workplace::new();
    let model = ModelFile::read(&workplace.model()).unwrap();
    let names: Vec<&str> = model
        .classes
        .names()
        .iter()
        .map(hilum_core::ClassName::as_str)
        .collect();
    assert_eq!(names, CLASSES);
    assert_eq!((model.recipe.height, model.recipe.width), (32, 32));
    assert!(
        model
            .training
            .data_fingerprint
            .unwrap()
            .starts_with("blake3:")
    );
}

#[test]
fn easy_classes_are_learnt() {
    let workplace = Workplace::new();
    workplace.slices();
    let finished = train(
        &workplace,
        &[
            "--epochs",
            "8",
            "--name",
            "first",
            "--learning-rate",
            "0.003",
        ],
    );
    finished.succeeds();
    let model = ModelFile::read(&workplace.path("runs/first/model.safetensors")).unwrap();
    let accuracy = model.validation.unwrap().scores.accuracy.unwrap();
    assert!(accuracy > 0.8, "{accuracy}: {}", finished.stderr);
}

#[test]
fn a_taken_name_gets_a_number_and_nothing_is_overwritten() {
    let workplace = Workplace::new();
    let first = workplace.model();
    let before = std::fs::read(&first).unwrap();
    let finished = train(&workplace, &["--name", "first", "--seed", "7"]);
    assert_eq!(
        finished.succeeds().stdout,
        "runs/first-2/model.safetensors\n"
    );
    assert_eq!(std::fs::read(&first).unwrap(), before);
}

#[test]
fn long_and_short_class_names_are_the_same_class_and_it_is_said() {
    let workplace = Workplace::new();
    workplace.slices();
    let long = "squamous.cell.carcinoma_left.hilum_T1_N2_M0_IIIa";
    let folder = workplace.path("slices/train");
    std::fs::rename(folder.join(CLASSES[2]), folder.join(long)).unwrap();
    let finished = train(&workplace, &[]);
    finished.succeeds();
    assert!(
        finished
            .stderr
            .contains(&format!("`{long}` is read as class")),
        "{}",
        finished.stderr
    );
}

#[test]
fn a_class_missing_from_train_stops_the_run() {
    let workplace = Workplace::new();
    workplace.slices();
    std::fs::remove_dir_all(workplace.path("slices/train").join(CLASSES[1])).unwrap();
    train(&workplace, &[]).refuses(&[
        "error: class `normal` has no images in `train`",
        "hint:",
        "--class-map",
    ]);
    assert!(
        !workplace.path("runs").exists(),
        "a run that cannot begin leaves no folder"
    );
}

#[test]
fn an_empty_folder_is_refused() {
    let workplace = Workplace::new();
    std::fs::create_dir(workplace.path("slices")).unwrap();
    train(&workplace, &[]).refuses(&["error:", "slices", "hint:"]);
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    train(&Workplace::new(), &[]).refuses(&["error:", "slices"]);
}

#[test]
fn an_unknown_architecture_names_the_nearest() {
    let workplace = Workplace::new();
    workplace.slices();
    let finished = workplace.hilum(&["train", "slices", "--arch", "resnet18"]);
    finished.refuses(&[
        "unknown architecture `resnet18`",
        "did you mean `resnet-18`?",
    ]);
}

#[test]
fn a_text_file_named_png_stops_the_run_unless_it_is_allowed() {
    let workplace = Workplace::new();
    workplace.slices();
    std::fs::write(
        workplace.path("slices/train/normal/notes.png"),
        "not a picture\n",
    )
    .unwrap();
    train(&workplace, &[]).refuses(&["notes.png", "--allow unreadable-file"]);
    let finished = train(&workplace, &["--allow", "unreadable-file"]);
    finished.succeeds();
    assert!(finished.stderr.contains("notes.png"), "{}", finished.stderr);
}

#[test]
fn a_truncated_png_stops_the_run() {
    let workplace = Workplace::new();
    workplace.slices();
    let path = workplace.path("slices/valid/normal/0.png");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    train(&workplace, &[]).refuses(&["0.png", "unreadable-file (1)", "truncated"]);
}

#[test]
fn a_header_of_nine_hundred_million_pixels_is_refused_before_it_is_read() {
    let workplace = Workplace::new();
    workplace.slices();
    let mut file = std::fs::File::create(workplace.path("slices/train/normal/huge.png")).unwrap();
    file.write_all(&png_header(30_000, 30_000)).unwrap();
    train(&workplace, &[]).refuses(&["huge.png", "30000", "--max-pixels"]);
}

/// The signature and the header chunk of an 8-bit grey PNG (PNG specification, 5.2 and 11.2.1).
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut chunk = b"IHDR".to_vec();
    chunk.extend(width.to_be_bytes());
    chunk.extend(height.to_be_bytes());
    chunk.extend([8, 0, 0, 0, 0]);
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    bytes.extend(13_u32.to_be_bytes());
    bytes.extend(&chunk);
    bytes.extend(crc32(&chunk).to_be_bytes());
    bytes
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                (crc >> 1) ^ 0xEDB8_8320
            } else {
                crc >> 1
            }
        })
    })
}

#[test]
fn a_run_folder_that_cannot_be_made_is_an_error_with_its_path() {
    let workplace = Workplace::new();
    workplace.slices();
    std::fs::write(workplace.path("occupied"), "a file").unwrap();
    let finished = train(&workplace, &["--runs", "occupied"]);
    assert_eq!(finished.code, 2, "{}", finished.stderr);
    assert!(finished.stderr.contains("occupied") && finished.stderr.contains("hint:"));
}

#[test]
fn weights_that_hold_nan_are_refused() {
    let workplace = Workplace::new();
    let model = workplace.model();
    let (mut parameters, _) = read_tensors(&model).unwrap();
    let name = parameters.iter().next().unwrap().0.to_owned();
    let tensor: &mut Tensor = parameters.get_mut(&name).unwrap();
    tensor.data[0] = f32::NAN;
    write_tensors(
        &workplace.path("nan.safetensors"),
        parameters.iter(),
        &[].into(),
    )
    .unwrap();
    train(&workplace, &["--weights", "nan.safetensors"]).refuses(&[
        "nan.safetensors",
        &name,
        "not finite",
    ]);
}

#[test]
fn weights_of_an_earlier_model_are_a_start() {
    let workplace = Workplace::new();
    workplace.model();
    let finished = train(&workplace, &["--weights", "runs/first/model.safetensors"]);
    finished.succeeds();
    assert!(
        finished.stderr.contains("tensors applied"),
        "{}",
        finished.stderr
    );
}

#[test]
fn settings_out_of_range_are_named() {
    let workplace = Workplace::new();
    workplace.slices();
    train(&workplace, &["--learning-rate", "0"]).refuses(&["learning_rate", "hint:"]);
    train(&workplace, &["--rotation=-5"]).refuses(&["rotation"]);
}

#[test]
fn a_learning_rate_that_diverges_stops_with_a_hint() {
    let workplace = Workplace::new();
    workplace.slices();
    let finished = train(
        &workplace,
        &[
            "--optimizer",
            "sgd",
            "--learning-rate",
            "1e30",
            "--epochs",
            "3",
        ],
    );
    assert_eq!(finished.code, 2, "{}", finished.stderr);
    assert!(finished.stderr.contains("finite"), "{}", finished.stderr);
    assert!(
        finished.stderr.contains("lower the learning rate"),
        "{}",
        finished.stderr
    );
}

#[test]
fn a_preview_shows_every_class_and_trains_nothing() {
    let workplace = Workplace::new();
    workplace.slices();
    let arguments = [
        "train",
        "slices",
        "--image-size",
        "32",
        "--preview",
        "sheet.png",
    ];
    workplace.hilum(&arguments).succeeds();
    let sheet = decode_file(
        &workplace.path("sheet.png"),
        Window::LUNG,
        &DecodeLimits::default(),
    );
    // Two slices of each of three classes, each with its variations beside it.
    assert!(sheet.unwrap().pixels.height() > 6 * 160);
    assert!(!workplace.path("runs").exists());
}

#[test]
fn flags_beat_the_environment_which_beats_hilum_toml() {
    let workplace = Workplace::new();
    workplace.slices();
    let toml = "[train]\nepochs = 2\narch = \"compact-cnn\"\nimage-size = 32\naugment = \"none\"\nname = \"file\"\n";
    std::fs::write(workplace.path("hilum.toml"), toml).unwrap();
    assert_eq!(
        workplace.hilum(&["train", "slices"]).succeeds().stdout,
        "runs/file/model.safetensors\n"
    );
    let log = std::fs::read_to_string(workplace.path("runs/file/log.csv")).unwrap();
    assert_eq!(
        log.lines().count(),
        3,
        "two epochs from `hilum.toml`: {log}"
    );
    let finished = workplace.hilum(&["train", "slices", "--epochs", "1", "--name", "flag"]);
    assert_eq!(finished.succeeds().stdout, "runs/flag/model.safetensors\n");
    let log = std::fs::read_to_string(workplace.path("runs/flag/log.csv")).unwrap();
    assert_eq!(log.lines().count(), 2, "one epoch from the flag: {log}");
}

#[test]
fn a_key_of_hilum_toml_that_no_command_knows_is_refused() {
    let workplace = Workplace::new();
    std::fs::write(workplace.path("hilum.toml"), "[train]\nepoch = 2\n").unwrap();
    workplace
        .hilum(&["arch"])
        .refuses(&["`epoch`", "did you mean `epochs`?"]);
}

#[test]
fn out_names_the_folder_of_the_run_itself() {
    let workplace = Workplace::new();
    workplace.slices();
    let mut arguments = vec!["train", "slices", "--out", "there/mine", "--epochs", "1"];
    arguments.extend(QUICK);
    let finished = workplace.hilum(&arguments);
    let printed = finished.succeeds().stdout.trim();
    assert_eq!(printed, "there/mine/model.safetensors");
    assert!(workplace.path("there/mine/settings.toml").is_file());
    assert!(!workplace.path("runs").exists());

    workplace
        .hilum(&arguments)
        .refuses(&["`there/mine` holds a run already", "--resume"]);
    let resumed = workplace.hilum(&["train", "slices", "--out", "there/mine", "--resume"]);
    assert_eq!(resumed.succeeds().stdout.trim(), printed);
    workplace
        .hilum(&["train", "slices", "--out", "elsewhere", "--resume"])
        .refuses(&["there is no run in `elsewhere`"]);
}

#[test]
fn a_setting_answers_to_every_name_in_every_place() {
    let workplace = Workplace::new();
    workplace.slices();
    let rotation = |run: &str| {
        let path = workplace.path(&format!("{run}/settings.toml"));
        let settings: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
        let augmentation = settings["training"]["augmentation"].clone();
        augmentation["rotation_range"].as_float().unwrap()
    };
    let train = |variables: &[(&str, &str)], out: &str, more: &[&str]| {
        let mut arguments = vec!["train", "slices", "--epochs", "1", "--out", out];
        arguments.extend(QUICK);
        arguments.extend(more);
        workplace.hilum_with(variables, &arguments).succeeds();
        rotation(out)
    };
    assert_eq!(train(&[], "a", &["--rotation", "7"]), 7.0);
    assert_eq!(
        train(&[], "b", &["--augmentation.rotation_range", "8"]),
        8.0
    );
    assert_eq!(train(&[("HILUM_ROTATION", "9")], "c", &[]), 9.0);
    assert_eq!(
        train(
            &[("HILUM_TRAINING_AUGMENTATION_ROTATION_RANGE", "10")],
            "d",
            &[]
        ),
        10.0
    );
    let file = workplace.path("hilum.toml");
    std::fs::write(&file, "[train]\naugmentation.rotation_range = 11\n").unwrap();
    assert_eq!(train(&[], "e", &[]), 11.0);
    assert_eq!(train(&[], "f", &["--rotation", "12"]), 12.0);
}

#[test]
fn validation_that_stays_far_below_training_is_said_once_with_the_likely_causes() {
    let workplace = Workplace::new();
    workplace.slices();
    // Every class of `valid` under the name of another.
    let valid = workplace.path("slices/valid");
    let name = |class: usize| valid.join(CLASSES[class]);
    std::fs::rename(name(0), valid.join("x")).unwrap();
    std::fs::rename(name(1), name(0)).unwrap();
    std::fs::rename(name(2), name(1)).unwrap();
    std::fs::rename(valid.join("x"), name(2)).unwrap();
    let finished = train(
        &workplace,
        &[
            "--epochs",
            "16",
            "--learning-rate",
            "0.003",
            "--patience",
            "0",
        ],
    );
    let said = "validation has stayed far below training for 6 epochs";
    let count = finished.succeeds().stderr.matches(said).count();
    assert_eq!(count, 1, "{}", finished.stderr);
}

#[test]
fn strong_noise_varies_from_slice_to_slice_and_still_teaches_what_clean_slices_show() {
    let workplace = Workplace::new();
    workplace.slices();
    let finished = train(
        &workplace,
        &[
            "--epochs",
            "12",
            "--learning-rate",
            "0.003",
            "--noise",
            "60",
            "--name",
            "first",
        ],
    );
    finished.succeeds();
    let model = ModelFile::read(&workplace.path("runs/first/model.safetensors")).unwrap();
    let accuracy = model.validation.unwrap().scores.accuracy.unwrap();
    assert!(accuracy > 0.8, "{accuracy}: {}", finished.stderr);
}

#[test]
fn data_without_valid_gets_one_from_train_and_it_is_said() {
    let workplace = Workplace::new();
    workplace.slices();
    let mut manifest = "path,class,split,group\n".to_owned();
    for (class, class_name) in CLASSES.iter().enumerate() {
        for number in 0..12 {
            let name = format!("slices/train/{class_name}/{number}.png");
            workplace.write_slice(&name, class, class * 1000 + number * 10);
            let patient = number / 2;
            let row = format!("{name},{class_name},train,{class}-{patient}\n");
            manifest.push_str(&row);
        }
        let row = format!("slices/test/{class_name}/0.png,{class_name},test,\n");
        manifest.push_str(&row);
    }
    std::fs::write(workplace.path("manifest.csv"), manifest).unwrap();
    let train = |more: &[&str]| {
        let mut arguments = vec!["train", "manifest.csv", "--epochs", "1"];
        arguments.extend(QUICK);
        arguments.extend(more);
        let finished = workplace.hilum(&arguments);
        finished.succeeds();
        finished
    };
    let first = train(&["--name", "first"]);
    // Two slices of each class: whole patients.
    for words in [
        "no `valid`",
        "6 of 36 `train` slices",
        "split seed 32",
        "training on 30 slices, validating on 6",
    ] {
        assert!(
            first.stderr.contains(words),
            "no `{words}` in {}",
            first.stderr
        );
    }
    train(&["--name", "second"]);
    let other = train(&["--name", "third", "--split-seed", "7"]);
    assert!(other.stderr.contains("split seed 7"), "{}", other.stderr);
    let model = |run: &str| {
        let path = workplace.path(&format!("runs/{run}/model.safetensors"));
        ModelFile::read(&path).unwrap()
    };
    assert!(model("first").parameters == model("second").parameters);
    let digest = |run| model(run).training.data_fingerprint;
    assert_eq!(digest("first"), digest("second"));
    assert_ne!(digest("first"), digest("third"));
    // A final model learns from all of it.
    let last = [
        "--keep",
        "last",
        "--patience",
        "0",
        "--schedule",
        "constant",
    ];
    let all = train(&[&last[..], &["--train-on-valid", "--name", "all"]].concat());
    let said = "training on 36 slices, validating on 0";
    assert!(all.stderr.contains(said), "{}", all.stderr);
    // Folds are made of what there is.
    let mut folds = vec![
        "cross-validate",
        "manifest.csv",
        "--epochs",
        "1",
        "--folds",
        "2",
    ];
    folds.extend(QUICK);
    let folds = workplace.hilum(&folds);
    let said = "36 slices of `train` in 2 folds";
    assert!(folds.succeeds().stdout.contains(said), "{}", folds.stdout);
}

#[test]
fn with_no_network_named_the_bundled_model_is_the_beginning_and_it_is_said() {
    let workplace = Workplace::new();
    workplace.slices();
    let arguments = [
        "train", "slices", "--epochs", "1", "--imgsz", "32", "--batch", "4",
    ];
    let finished = workplace.hilum(&arguments);
    assert_eq!(
        finished.succeeds().stdout,
        "runs/mobilenet-v2/model.safetensors\n"
    );
    for words in [
        "no network named",
        "comes with hilum",
        "--arch reference-cnn",
    ] {
        assert!(finished.stderr.contains(words), "{}", finished.stderr);
    }
    let model = ModelFile::read(&workplace.path("runs/mobilenet-v2/model.safetensors")).unwrap();
    let weights = model.training.settings.network.weights.expect("weights");
    assert_eq!(weights.source, "bundled");
    let reference = ["--arch", "reference-cnn", "--preview", "sheet.png"];
    let reference = workplace.hilum(&[&arguments[..2], &reference].concat());
    assert!(!reference.succeeds().stderr.contains("no network named"));
}

#[test]
fn a_model_names_no_place_on_this_machine() {
    let workplace = Workplace::new();
    let first = workplace.model();
    let slices = workplace.path("slices");
    let mut arguments = vec!["train", slices.to_str().unwrap(), "--epochs", "1"];
    arguments.extend(QUICK);
    let weights = ["--weights", first.to_str().unwrap(), "--name", "second"];
    arguments.extend(weights);
    workplace.hilum(&arguments).succeeds();
    let model = workplace.path("runs/second/model.safetensors");
    let home = workplace.path("").to_string_lossy().into_owned();
    let bytes = std::fs::read(&model).unwrap();
    assert!(!String::from_utf8_lossy(&bytes).contains(&home));
    let training = ModelFile::read(&model).unwrap().training.settings;
    assert_eq!(training.data.other["path"], "slices");
    assert_eq!(
        training.network.weights.unwrap().source,
        "model.safetensors"
    );
    // What a run needs to go on stays with the run.
    let settings = std::fs::read_to_string(workplace.path("runs/second/settings.toml")).unwrap();
    assert!(settings.contains(&home), "{settings}");
    let resumed = [
        "train",
        slices.to_str().unwrap(),
        "--resume",
        "--name",
        "second",
    ];
    workplace.hilum(&resumed).succeeds();
    let card = [
        "export",
        "--model",
        "runs/second/model.safetensors",
        "--out",
        "half.safetensors",
        "--card",
        "card.md",
    ];
    workplace.hilum(&card).succeeds();
    let card = std::fs::read_to_string(workplace.path("card.md")).unwrap();
    assert!(!card.contains(&home), "{card}");
}
