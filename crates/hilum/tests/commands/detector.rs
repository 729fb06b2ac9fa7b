//! What is not like the training data gets no answer.

use std::path::Path;

use hilum_imaging::{
    DatasetSettings, Drawing, Misplacement, PhantomFormat, Pixels, draw, write_dataset, write_png,
};
use hilum_weights::ModelFile;
use serde_json::Value;

use crate::workplace::{Finished, Workplace};

const MODEL: &str = "runs/first/model.safetensors";

/// `slices/{train,valid,test}/CLASS/*` of four classes, a patient a slice.
fn phantoms(workplace: &Workplace, train_per_class: usize) {
    let settings = DatasetSettings {
        train_per_class,
        valid_per_class: 10,
        test_per_class: 10,
        slices_per_patient: 1,
        size: 96,
        seed: 5,
        format: PhantomFormat::Png,
    };
    write_dataset(&workplace.path("slices"), &settings, |_, _| {}).expect("phantoms");
}

fn train(workplace: &Workplace, more: &[&str]) -> Finished {
    let arguments = [
        &[
            "train",
            "slices",
            "--name",
            "first",
            "--arch",
            "compact-cnn",
        ][..],
        &["--image-size", "64", "--batch", "8", "--epochs", "3"],
        more,
    ];
    workplace.hilum(&arguments.concat())
}

/// Every answer of a folder, and those that are not like the training data.
fn predicted(workplace: &Workplace, folder: &str, more: &[&str]) -> (Vec<Value>, usize) {
    // The same counts on every machine: not all multiply in `bf16`.
    let arguments = [
        &["predict", folder, "--model", MODEL, "--format", "json"][..],
        &["--precision", "f32"],
        more,
    ];
    let finished = workplace.hilum(&arguments.concat());
    let parse = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
    let lines: Vec<Value> = finished.succeeds().stdout.lines().map(parse).collect();
    let unlike = lines
        .iter()
        .filter(|line| line["reason"] == "not like the training data");
    let count = unlike.count();
    (lines, count)
}

fn test_slices(workplace: &Workplace) -> Vec<Pixels> {
    let limits = hilum_imaging::DecodeLimits::default();
    let recipe = hilum_imaging::Recipe::reference();
    let classes = std::fs::read_dir(workplace.path("slices/test")).expect("a file of the test");
    let files = classes.flat_map(|class| {
        std::fs::read_dir(class.expect("a file of the test").path()).expect("a file of the test")
    });
    let mut paths: Vec<_> = files
        .map(|file| file.expect("a file of the test").path())
        .collect();
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let slice = hilum_imaging::decode_file(path, &recipe, &limits);
        slice.expect("a file of the test").pixels
    };
    paths.iter().map(read).collect()
}

fn write(workplace: &Workplace, folder: &str, pictures: impl IntoIterator<Item = Pixels>) {
    let folder = workplace.path(folder);
    std::fs::create_dir_all(&folder).expect("a file of the test");
    for (number, pixels) in pictures.into_iter().enumerate() {
        let path: &Path = &folder.join(format!("{number:03}.png"));
        write_png(path, &pixels).expect("a file of the test");
    }
}

#[test]
fn pictures_that_are_no_slices_get_no_answer_and_test_slices_do() {
    let workplace = Workplace::new();
    phantoms(&workplace, 24);
    let said = train(&workplace, &[]).succeeds().stderr.replace('\n', " ");
    assert!(said.contains("its detector flags"), "{said}");

    for share in ["0.1", "0.3"] {
        let (_, unlike) = predicted(&workplace, "slices/test", &["--ood-share", share]);
        assert!(unlike <= 6, "{unlike} of 40 test slices");
    }
    let (lines, _) = predicted(&workplace, "slices/test", &[]);
    assert_eq!(lines.len(), 40);
    for line in &lines {
        let share = line["as_unlike"].as_f64().expect("a file of the test");
        assert!((0.0..=1.0).contains(&share), "{line}");
    }

    let slices = test_slices(&workplace);
    // What lies upside down is hard for a network of three epochs: a threshold closer to home.
    let close: &[&str] = &["--ood-share", "0.3"];
    for (how, more) in [
        (Misplacement::UpsideDown, close),
        (Misplacement::Inverted, &[]),
    ] {
        let folder = format!("{how:?}");
        write(
            &workplace,
            &folder,
            slices.iter().map(|slice| how.of(slice, 1)),
        );
        let (_, unlike) = predicted(&workplace, &folder, more);
        assert!(unlike >= 36, "{how:?}: {unlike} of 40");
    }
    // Seeds that the detector did not learn from.
    let seeds = 1_000_000..1_000_020;
    for drawing in Drawing::ALL {
        let folder = format!("{drawing:?}");
        write(
            &workplace,
            &folder,
            seeds.clone().map(|seed| draw(drawing, 128, seed)),
        );
        let (lines, unlike) = predicted(&workplace, &folder, &[]);
        assert!(unlike >= 19, "{drawing:?}: {unlike} of 20");
        for line in lines.iter().filter(|line| line["abstained"] == true) {
            assert_eq!(line["class"], Value::Null);
        }
        let (_, unlike) = predicted(&workplace, &folder, &["--abstain", "never"]);
        assert_eq!(unlike, 0, "nothing is abstained from where nobody wants it");
    }
}

#[test]
fn a_model_without_a_detector_says_so_and_is_given_one() {
    let workplace = Workplace::new();
    // So few that a training looks at all of them.
    phantoms(&workplace, 15);
    train(&workplace, &[]).succeeds();
    let path = workplace.path(MODEL);
    let trained = ModelFile::read(&path).expect("a file of the test");
    let expected = trained.detector.clone().expect("a file of the test");
    let before = ModelFile {
        detector: None,
        rounding: None,
        ..trained
    };
    before.write(&path).expect("a file of the test");
    write(&workplace, "pages", [draw(Drawing::Page, 128, 7)]);
    let arguments = ["predict", "pages", "--model", MODEL];
    let said = workplace.hilum(&arguments);
    let said = said.succeeds().stderr.replace('\n', " ");
    assert!(said.contains("no detector"), "{said}");
    let (lines, _) = predicted(&workplace, "pages", &[]);
    assert_eq!(lines[0]["as_unlike"], Value::Null);

    let export = ["export", "--model", MODEL, "--detector-from", "slices"];
    let out = [
        "--out",
        "given.safetensors",
        "--precision",
        "f16",
        "--card",
        "given.md",
    ];
    workplace.hilum(&[&export[..], &out].concat()).succeeds();
    let given = ModelFile::read(&workplace.path("given.safetensors")).expect("a file of the test");
    let detector = given.detector.expect("a file of the test");
    assert_eq!(detector.held_out_count(), expected.held_out_count());
    assert_eq!(detector, expected, "the same slices and weights");
    let card = std::fs::read_to_string(workplace.path("given.md")).expect("a file of the test");
    assert!(card.contains("Detector: flags what is less like"), "{card}");

    let nothing = ["export", "--model", MODEL, "--detector-from", "pages"];
    let refused = workplace.hilum(&[&nothing[..], &["--out", "x.safetensors"]].concat());
    assert_eq!(refused.code, 1, "{}", refused.stderr);
}

#[test]
fn where_nothing_was_kept_back_halves_of_the_training_slices_stand_in() {
    let workplace = Workplace::new();
    phantoms(&workplace, 24);
    let blind = ["--train-on-valid", "--keep", "last", "--patience", "0"];
    let blind = [&blind[..], &["--schedule", "constant"]].concat();
    let said = train(&workplace, &blind)
        .succeeds()
        .stderr
        .replace('\n', " ");
    assert!(said.contains("a detector of the other half"), "{said}");
}
